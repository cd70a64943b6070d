"""The log-mel spectrogram of LP-MusicCaps in torchaudio, and the same but for the real part in
librosa, which has no such option."""

import numpy as np
import torch

N_FFT, HOP, MELS, RATE = 1024, 160, 128, 16_000


def with_torchaudio(wave):
    import torchaudio.transforms as T

    spectrogram = T.Spectrogram(n_fft=N_FFT, hop_length=HOP, power=None)
    to_mel = T.MelScale(MELS, RATE, 0.0, RATE / 2, N_FFT // 2 + 1)
    to_decibels = T.AmplitudeToDB("power")
    wave = torch.from_numpy(wave)

    @torch.inference_mode()
    def work():
        return to_decibels(to_mel(spectrogram(wave).real.square())).numpy()

    return work


def with_librosa(wave):
    import librosa

    shape = dict(n_fft=N_FFT, hop_length=HOP, n_mels=MELS, fmin=0.0, fmax=RATE / 2)

    def work():
        options = dict(htk=True, norm=None, pad_mode="reflect", power=2.0)
        power = librosa.feature.melspectrogram(y=wave, sr=RATE, **shape, **options)
        return librosa.power_to_db(power, top_db=None)

    return work


class Maker:
    def __init__(self, files):
        self.files = files
        self.reference = None

    def make(self, request):
        # [chunks, samples], cut by run.py into chunks of ten seconds.
        wave = np.fromfile(self.files["wave"], "<f4").reshape(-1, 10 * RATE)[: request["chunks"]]
        torch.set_num_threads(request["threads"])
        return with_torchaudio(wave) if request["engine"] == "torchaudio" else with_librosa(wave)

    def describe(self, request, value):
        if request["engine"] == "librosa":
            return {}
        ours = np.load(self.files["mel"])[: request["chunks"]]
        return {"median_difference_db": float(np.median(np.abs(value - ours)))}
