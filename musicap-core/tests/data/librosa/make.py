"""Makes power1.npy and power2.npy with librosa 0.11: decibels [40, 63] of two seconds of the parity
kit's tune, by librosa's own mel scale and norm.

    pip install librosa && python make.py
"""

import wave
from pathlib import Path

import librosa
import numpy

HERE = Path(__file__).parent

with wave.open(str(HERE.parent / "parity" / "tune-16k.wav")) as file:
    samples = numpy.frombuffer(file.readframes(32_000), "<i2") / numpy.float32(32_768)
for power in [1, 2]:
    mel = librosa.feature.melspectrogram(
        y=samples, sr=16_000, n_fft=1024, hop_length=512, n_mels=40, power=power, pad_mode="reflect"
    )
    to_db = {1: librosa.amplitude_to_db, 2: librosa.power_to_db}[power]
    decibels = to_db(mel, ref=1.0, amin={1: 1e-5, 2: 1e-10}[power], top_db=None)
    numpy.save(HERE / f"power{power}.npy", decibels.astype("f4"))
