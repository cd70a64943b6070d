"""Threads, forks, workers and Ctrl-C."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy
import pytest
from conftest import SONG

import musicap


def texts_of(captioner):
    return [caption.text for caption in captioner.captions(SONG)]


def test_several_threads_share_a_captioner(captioner):
    expected = texts_of(captioner)
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(texts_of, [captioner] * 8):
            assert found == expected


def test_several_threads_share_an_iterator(captioner):
    expected = sorted(texts_of(captioner))
    stream = iter(captioner._captioner.captions(SONG, None, True, "keep", 0.0, 2, "off", "{}"))
    with ThreadPoolExecutor(3) as threads:
        found = [part.result() for part in [threads.submit(list, stream) for _ in range(3)]]
    assert sorted(row[3] for part in found for row in part) == expected


def test_python_goes_on_meanwhile(captioner):
    done = threading.Event()
    thread = threading.Thread(target=lambda: (texts_of(captioner), done.set()))
    count = 0
    thread.start()
    while not done.is_set():
        count += 1
        time.sleep(0.001)
    thread.join()
    assert count > 20, "the interpreter was held"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_goes_on_with_its_parents_captioner(captioner):
    expected = texts_of(captioner)
    expected_mel = musicap.log_mel(SONG)
    begun = captioner.captions(SONG)
    next(begun)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(60)
            assert texts_of(captioner) == expected
            assert numpy.array_equal(musicap.log_mel(SONG), expected_mel)
            assert texts_of(musicap.Captioner()) == expected
            try:
                next(begun)
            except ValueError as error:
                assert "fork" in str(error)
                code = 0
        except BaseException as error:
            os.write(writer, repr(error).encode())
        finally:
            os._exit(code)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    assert status == 0, os.read(reader, 10_000).decode()
    assert [caption.text for caption in begun] == expected[1:]


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_workers_of_a_pool(captioner, method):
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as workers:
        for found in workers.map(texts_of, [captioner] * 3, timeout=120):
            assert found == texts_of(captioner)


def test_captioners_are_pickled_by_their_names(captioner):
    again = pickle.loads(pickle.dumps(captioner))
    assert (again.name, again.threads) == (captioner.name, captioner.threads)
    assert texts_of(again) == texts_of(captioner)


# An hour of noise through a search that is far too thorough: minutes of work.
LONG = """
    import signal, sys, threading, numpy, musicap
    # Whoever started the tests may ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    captioner = musicap.Captioner()
    noise = numpy.random.default_rng(1).uniform(-1, 1, 16_000 * 3600).astype("f4")
    def ready():
        print("ready", flush=True)
    try:
        threading.Timer(0.3, ready).start()
        {work}
    except KeyboardInterrupt:
        print("stopped", flush=True)
        # And it still works.
        print(len(list(captioner.captions(noise[:160_000], sample_rate=16_000))), flush=True)
"""


@pytest.mark.parametrize(
    "work",
    [
        "captioner.caption(noise, sample_rate=16_000, num_beams=64, progress=False)",
        "list(captioner.captions(noise, sample_rate=16_000, num_beams=64, batch_size=16))",
        "list(captioner.caption_many([noise] * 9, sample_rate=16_000, num_beams=64, progress=False))",
        "list(captioner.caption_many((noise[:9] for _ in iter(int, 1)), sample_rate=16_000,"
        " progress=False))",
        "[musicap.log_mel(noise, sample_rate=16_000, hop_length=16) for _ in range(99)]",
        "list(captioner.live(sample_rate=16_000))",
        "musicap.log_mel(noise, sample_rate=16_000, n_fft=8192, hop_length=64)",
        "musicap.finetune([{'audio': sys.argv[1], 'caption': 'x'}] * 64, sys.argv[2], epochs=999,"
        " patience=999, progress=False)",
    ],
)
def test_ctrl_c_stops_the_work(work, tmp_path):
    code = textwrap.dedent(LONG).format(work=work)
    started = [sys.executable, "-c", code, str(SONG), str(tmp_path)]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        try:
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert out == "stopped\n1\n"


def test_memory_does_not_grow_with_captioning(captioner):
    resource = pytest.importorskip("resource")

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    texts_of(captioner)
    before = peak()
    for _ in range(10):
        texts_of(captioner)
    assert peak() - before < 20_000, "kilobytes"


def test_samples_are_not_copied_as_a_whole(tmp_path):
    # 1.2 GB of samples on disk, of which a process that may not take 700 MB hears all.
    code = """
        import resource, numpy, musicap
        samples = numpy.memmap("samples", "f4", "w+", shape=300_000_000)
        resource.setrlimit(resource.RLIMIT_DATA, (700 << 20, 700 << 20))
        mel = musicap.log_mel(samples, sample_rate=48_000, n_fft=16_384, hop_length=16_000, threads=1)
        print(mel.shape)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    )
    assert done.stdout == "(625, 128, 11)\n"


def test_importing_is_light():
    code = "import sys, musicap; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"numpy", "tqdm", "pandas", "matplotlib"} & set(done.stdout.split())
