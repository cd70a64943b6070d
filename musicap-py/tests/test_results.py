"""Results are plain data: frozen, comparable, and written in the usual forms."""

import base64
import copy
import dataclasses
import html
import http.server
import io
import json
import pickle
import re
import subprocess
import threading
import typing
import wave
import weakref

import numpy
import pandas
import pytest
from conftest import SONG

import musicap


def test_results_are_frozen_and_a_sequence(result):
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.summary = "another"
    with pytest.raises(dataclasses.FrozenInstanceError):
        result[0].text = "another"
    assert len(result) == len(list(result)) == 5
    assert result[-1] == result.captions[-1]
    part = result[1:3]
    assert isinstance(part, musicap.Captions) and part.captions == result.captions[1:3]
    assert part.file == result.file and part.summary is None
    assert part.to_srt().count("-->") == 2
    assert result.text.splitlines() == [caption.text for caption in result]
    assert "three-scenes.ogg" in repr(result)


def test_results_go_through_pickle_copy_dict_and_json(result):
    # A number that is no short decimal.
    uneven = dataclasses.replace(result, duration_s=0.0384 / 192)
    assert musicap.Captions.from_json(uneven.to_json()).duration_s == uneven.duration_s
    for again in [
        pickle.loads(pickle.dumps(result)),
        copy.deepcopy(result),
        musicap.Captions.from_dict(result.to_dict()),
        musicap.Captions.from_json(result.to_json()),
    ]:
        assert again == result
    assert result.with_summary(None) != result
    with pytest.raises(musicap.errors.InvalidCaptionsError, match="captions"):
        musicap.Captions.from_dict({"file": None})


def test_text_and_subtitles(result, tmp_path):
    assert str(result).splitlines()[0].startswith("0:00–0:10 ")
    assert result.to_text().splitlines()[0] == str(result[0])
    assert result.to_srt().startswith("1\n00:00:00,000 --> 00:00:10,000\n")
    assert result.to_vtt().startswith("WEBVTT\n")
    for ending, text in [("srt", result.to_srt()), ("json", result.to_json())]:
        result.save(tmp_path / f"song.{ending}")
        assert (tmp_path / f"song.{ending}").read_text(encoding="utf-8") == text
    assert musicap.Captions.load(tmp_path / "song.json") == result
    with pytest.raises(ValueError, match=r"\.vtt"):
        result.save(tmp_path / "song.doc")
    marked = tmp_path / "marked.json"
    marked.write_text("\ufeff" + result.to_json(), encoding="utf-8")
    assert musicap.Captions.load(marked) == result


def test_a_table(result):
    table = result.to_pandas()
    assert isinstance(table, pandas.DataFrame)
    assert list(table.columns) == ["start_s", "end_s", "text", "score", "confidence"]
    assert list(table["text"]) == [caption.text for caption in result]
    empty = musicap.Captions(file=None, duration_s=0.0, model="m", captions=())
    assert list(empty.to_pandas().columns) == ["start_s", "end_s", "text", "score"]


def test_html_shows_what_was_heard_and_escapes_it(result):
    shown = result._repr_html_()
    assert shown.count("<li ") == 5
    assert "data:audio/ogg;base64," in shown
    assert html.escape(result[0].text) in shown
    caption = dataclasses.replace(result[0], text="<script>alert(1)</script>")
    shown = dataclasses.replace(result, captions=(caption,))._repr_html_()
    assert "<script>alert" not in shown
    without = pickle.loads(pickle.dumps(result))._repr_html_()
    assert "<audio" not in without and "disabled" in without


def test_results_keep_no_recording_alive(captioner, tmp_path):
    samples = numpy.zeros(200_000, "f4")
    gone = weakref.ref(samples)
    kept = captioner.caption(samples, sample_rate=16_000, progress=False)
    with open(SONG, "rb") as file:
        file.seek(7)
        of_file = captioner.caption(file, progress=False, summary=None)
        place = file.tell()
        assert "<audio" in of_file._repr_html_()
        assert file.tell() == place
    assert "<audio" not in of_file._repr_html_()
    del samples
    assert gone() is None
    assert "not available" in kept._repr_html_()
    with pytest.raises(ValueError, match="not available"):
        kept.plot()
    assert "_source" not in dataclasses.asdict(of_file)
    assert typing.get_type_hints(musicap.Captions) and typing.get_type_hints(musicap.caption)


@pytest.mark.parametrize("seconds", [0.5, 3.0, 11.9, 21.0, 45.0])
def test_plots_are_in_time(captioner, seconds):
    # Silence, and a click at two thirds.
    samples = numpy.zeros(int(16_000 * seconds), "f4")
    samples[int(len(samples) * 2 / 3)] = 0.9
    result = captioner.caption(samples, sample_rate=16_000, progress=False, overlap=5.0)
    figure = result.with_summary("It costs $5, or 5$.").plot()
    image = figure.axes[0].images[0]
    left, right, _, _ = image.get_extent()
    loudest = numpy.asarray(image.get_array()).mean(axis=0)
    at = left + (loudest.argmax() + 0.5) / len(loudest) * (right - left)
    assert at == pytest.approx(seconds * 2 / 3, abs=0.1)
    assert figure.axes[0].get_xlim() == (0.0, pytest.approx(seconds))
    figure.savefig(io.BytesIO())


def test_html_of_samples_has_a_player(captioner):
    sine = numpy.sin(numpy.arange(48_000 * 12) * 0.05).astype("f4")
    shown = captioner.caption(sine, sample_rate=48_000, progress=False)._repr_html_()
    assert "data:audio/ogg;base64," in shown


def test_the_player_is_compressed_and_its_size_an_option(captioner, tmp_path):
    # Stereo of CD quality: 21 MB in a minute and a half.
    rng = numpy.random.default_rng(1)
    samples = rng.normal(0, 0.05, (2, 44_100 * 120)).astype("f4")
    path = tmp_path / "cd.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        file.writeframes((samples.T * 32_767).astype("<i2").tobytes())
    of_file = captioner.caption(path, progress=False, num_beams=1)
    of_samples = captioner.caption(samples, sample_rate=44_100, progress=False, num_beams=1)
    for result in [of_file, of_samples]:
        shown = result._repr_html_()
        [url] = re.findall(r"data:audio/ogg;base64,([^\"]+)", shown)
        data = base64.b64decode(url)
        assert 0.4e6 < len(data) < 2e6
        # What ffmpeg, and so a browser, makes of it: all of the recording.
        (tmp_path / "player.ogg").write_bytes(data)
        arguments = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
        probed = subprocess.run([*arguments, str(tmp_path / "player.ogg")], capture_output=True)
        assert float(probed.stdout) == pytest.approx(120.0, abs=0.1)
        assert "<audio" not in result.to_html(player_mb=0.1)
        assert "<audio" not in result.to_html(player_mb=0)


def test_plots_have_each_caption_once(result, captioner, tmp_path):
    figure = result.plot()
    shown = " ".join(text.get_text() for axis in figure.axes for text in axis.texts)
    for caption in result:
        assert " ".join(shown.split()).count(caption.text) >= 1
    figure.savefig(tmp_path / "plot.png")
    # So long that captions are a list, and from samples.
    long = numpy.tile(numpy.sin(numpy.arange(16_000) * 0.05).astype("f4"), 400)
    many = captioner.caption(long, sample_rate=16_000, progress=False, num_beams=1)
    assert len(many.plot().axes[1].texts) == len(many) == 40
    with pytest.raises(ValueError, match="not available"):
        pickle.loads(pickle.dumps(many)).plot()


def test_summaries(result, captioner):
    assert result.summary == musicap.summarize(result)
    short = musicap.summarize(result, length="short")
    assert len(short.split()) <= 30
    assert musicap.summarize(result, style="lines").replace("\n", " ") == result.summary
    german = musicap.summarize(result, language="de")
    assert "Klavier" in german and german != result.summary
    for wrong in [{"language": "Klingon"}, {"length": "huge"}, {"backend": "magic"}]:
        with pytest.raises(musicap.errors.InvalidOptionError):
            musicap.summarize(result, **wrong)
    assert captioner.caption(SONG, summary=None, progress=False).summary is None
    assert json.loads(result.to_json())["summary"] == result.summary


def test_sections(result, captioner):
    first, *_, last = result.sections
    assert first.start_s == 0 and "piano" in first.title.lower()
    assert 25 <= last.start_s <= 35 and "piano" not in last.title.lower()
    assert result.to_dict()["sections"][0] == {"start_s": 0.0, "end_s": first.end_s, "title": first.title}
    assert musicap.Captions.from_json(result.to_json()) == result
    assert "klavier" in result.find_sections("German")[0].title.lower()
    assert result[:1].sections == () and result[:1].find_sections()[0].start_s == 0
    assert captioner.caption(SONG, summary=None, progress=False).sections == ()


class Chat(http.server.BaseHTTPRequestHandler):
    """A server that speaks OpenAI's chat completions: it fails once, then answers."""

    asked: list[dict] = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({**body, "key": self.headers["Authorization"]})
        if len(self.asked) == 1:
            self.send_response(503)
            self.send_header("Retry-After", "0")
            self.end_headers()
            return
        answer = {"choices": [{"message": {"content": "静かなピアノ曲。"}, "finish_reason": "stop"}]}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


def test_a_language_model_summarises(result):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chat) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        with pytest.warns(UserWarning, match="trying again"):
            summary = musicap.summarize(
                result, backend="openai", language="ja", base_url=url, api_key="sk-1", model="m"
            )
        server.shutdown()
    assert summary == "静かなピアノ曲。"
    assert Chat.asked[-1]["key"] == "Bearer sk-1" and Chat.asked[-1]["model"] == "m"
    assert result[0].text in json.dumps(Chat.asked[-1]["messages"])


def test_captions_are_translated(result, captioner):
    german = captioner.caption(SONG, language="German", progress=False)
    assert german.language == "de" and result.language is None
    # What was composed: a piano plays from the beginning, and slowly.
    assert "Klavier" in german[0].text and "langsam" in german[0].text
    assert "Klavier" in german.summary
    assert [caption.score for caption in german] == [caption.score for caption in result]
    assert german.sections[0].title == "Klavier"
    assert german.captions == result.translated("de").captions
    assert german.sections == result.find_sections("Deutsch") == result.translated("de").sections
    assert result[0].translated("de") == german[0]
    untouched = captioner.caption(SONG, language="de", summary=None, progress=False)
    assert untouched.summary is None and untouched.captions == german.captions

    # What has no translation is marked.
    odd = musicap.Captions.from_json(result.to_json().replace("piano", "theorbo"))
    assert odd.translated("fr")[0].text.startswith("[en] ")
    with pytest.raises(musicap.errors.InvalidCaptionsError, match="another language"):
        musicap.summarize(german)
    with pytest.raises(musicap.errors.InvalidOptionError, match="Hindi"):
        result.translated("Klingon")
    assert musicap.LANGUAGES["hi"] == "Hindi" and len(musicap.LANGUAGES) == 10

    again = musicap.Captions.from_json(german.to_json())
    assert again == german
    assert list(json.loads(german.to_json())).index("language") == 3


def test_sections_are_chapters_and_buttons(result, tmp_path):
    titles = ["Piano", "Distorted guitar, bass and drums"]
    assert [section.title for section in result.sections] == titles
    assert result.sections == result.find_sections()
    assert result.sections[-1].end_s == result[-1].end_s
    chapters = result.to_chapters()
    result.save(tmp_path / "chapters.vtt", format="chapters")
    assert (tmp_path / "chapters.vtt").read_text(encoding="utf-8") == chapters
    assert chapters.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert chapters.count("-->") == len(result.sections)
    shown = result.to_html()
    nav = shown[shown.index("<nav") : shown.index("</nav>")]
    assert nav.count("<button") == len(result.sections) > 1
    assert "0:00 Piano<" in nav
    # A part has no sections of the whole.
    assert result[1:3].sections == () and "<nav" not in result[1:3].to_html()
