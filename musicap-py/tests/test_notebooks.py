"""The notebooks run from top to bottom, and a result looks as it should in a real browser."""

import ast
import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbclient
import nbformat
import pytest
from conftest import ROOT

NOTEBOOKS = ROOT / "examples" / "notebooks"
# The pictures in docs/ are made anew with MUSICAP_SCREENSHOTS=docs.
SCREENSHOTS = Path(os.environ["MUSICAP_SCREENSHOTS"]) if "MUSICAP_SCREENSHOTS" in os.environ else None


@pytest.mark.parametrize("name", sorted(path.name for path in NOTEBOOKS.glob("*.ipynb")))
def test_a_notebook_runs(name):
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "commit it without outputs"
    resources = {"metadata": {"path": str(NOTEBOOKS)}}
    client = nbclient.NotebookClient(notebook, timeout=600, resources=resources)
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kinds = {kind for output in shown for kind in output.get("data", {})}
    if name.startswith("1"):
        assert {"text/html", "image/png"} <= kinds
    if name.startswith("4"):
        # Recordings that were held out are told apart by words that were learnt.
        texts = [output["data"]["text/plain"] for output in shown if "data" in output]
        [counts] = [ast.literal_eval(text) for text in texts if text.startswith("[{'word'")]
        assert {word["word"] for word in counts} == {"siren", "clock"}
        for word in counts:
            assert word["true_before"] == word["false_after"] == 0, word
            assert word["true_after"] == word["positives"] > 0, word


@pytest.fixture(scope="module")
def page(result, tmp_path_factory):
    """A browser with the result in it, as a notebook shows it."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Debian's package chromium is needed"
    folder = tmp_path_factory.mktemp("page")
    head = '<!doctype html><meta charset="utf-8"><body style="margin: 24px">'
    (folder / "index.html").write_text(head + result._repr_html_(), encoding="utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as player:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        arguments = ["--autoplay-policy=no-user-gesture-required", "--no-sandbox"]
        browser = player.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": 960, "height": 560})
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        yield page
        browser.close()
        server.shutdown()


def test_the_row_follows_the_playback(page, result):
    page.wait_for_function("document.querySelector('audio').readyState >= 2")
    seconds = page.evaluate("document.querySelector('audio').duration")
    assert seconds == pytest.approx(result.duration_s, abs=0.5)
    assert page.locator("li.now").count() == 0
    page.locator("li button").nth(2).click()
    page.wait_for_selector("li.now")
    assert page.locator("li.now span").inner_text() == result[2].text
    page.evaluate("document.querySelector('audio').currentTime = 31")
    page.wait_for_function("document.querySelector('li.now')?.dataset.start === '30.0'")
    page.evaluate("document.querySelector('audio').pause()")
    if SCREENSHOTS:
        page.mouse.move(5, 5)
        page.screenshot(path=SCREENSHOTS / "python-notebook.png")
        result.plot().savefig(SCREENSHOTS / "python-plot.png", dpi=110)
