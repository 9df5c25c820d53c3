"""Wavelet denoising, then an LSTM with attention (Qiu, Wang & Zhou 2020, doi 10.1371/journal.pone.0227222).

coif3 on three levels, as there, but within each window: a transform of the whole series would mix later sessions in.
Price vectors are changes, of which the threshold leaves little in a window of ten sessions (docs/MODELS.md).
"""

import warnings
from typing import ClassVar

import numpy as np
import pywt
import torch
from torch import Tensor, nn
from torch.nn import functional

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel
from kdtcn.models.stacked_lstm import with_memory

_WAVELET, _LEVELS = "coif3", 3
_NORMAL = 0.6745  # median of |x| of a standard normal


class Denoiser(nn.Module):
    """(B, T, width) -> (B, T, width): details below the universal threshold are noise (Donoho & Johnstone 1994).

    The transform is linear, so for one length of window it is two matrices, made by PyWavelets.
    """

    def __init__(self, window: int) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a short window is mostly its own mirror image: meant so
            levels = pywt.wavedec(np.eye(window), _WAVELET, level=_LEVELS, axis=0)
            flat = np.concatenate(levels)
            units = np.split(np.eye(len(flat)), np.cumsum([len(level) for level in levels])[:-1])
            back = pywt.waverec(units, _WAVELET, axis=0)[:window]
        self.smooth, self.finest = len(levels[0]), len(levels[-1])
        self.register_buffer("analyse", torch.from_numpy(flat).float(), persistent=False)
        self.register_buffer("rebuild", torch.from_numpy(back).float(), persistent=False)

    analyse: Tensor
    rebuild: Tensor

    def forward(self, x: Tensor) -> Tensor:
        coefficients = torch.einsum("kt,btw->bkw", self.analyse, x)
        smooth, details = coefficients[:, : self.smooth], coefficients[:, self.smooth :]
        noise = details[:, -self.finest :].abs().median(dim=1, keepdim=True).values / _NORMAL
        threshold = noise * (2 * np.log(x.shape[1])) ** 0.5
        kept = details.sign() * functional.relu(details.abs() - threshold)
        return torch.einsum("tk,bkw->btw", self.rebuild, torch.cat([smooth, kept], dim=1))


def quality(noisy: np.ndarray, denoised: np.ndarray) -> dict[str, float]:
    """The paper's two measures of a denoising: signal-to-noise ratio in decibels, and the RMSE to the series as it was."""
    removed = float(np.mean((noisy - denoised) ** 2))
    return {"snr_db": float(10 * np.log10(np.mean(noisy**2) / max(removed, 1e-300))), "rmse": removed**0.5}


class Attentive(nn.Module):
    """(B, T, width) -> (B, channels): LSTM states of all sessions, weighted by learned attention."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.lstm = with_memory(nn.LSTM(width, channels, batch_first=True))
        self.score = nn.Sequential(nn.Linear(channels, channels), nn.Tanh(), nn.Linear(channels, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.lstm(x)
        weights = torch.softmax(self.score(states), dim=1)
        return (weights * states).sum(dim=1)


class Denoised(nn.Module):
    """(B, T, width) -> (B, channels): the attentive LSTM on the denoised window."""

    def __init__(self, width: int, channels: int, window: int) -> None:
        super().__init__()
        self.out = channels
        self.denoiser = Denoiser(window)
        self.lstm = Attentive(width, channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.lstm(self.denoiser(x))
        return y


class WaveletLstm(NeuralModel):
    """An LSTM with attention on prices whose noise is taken off window by window."""

    family: ClassVar[str] = "wavelet-lstm"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Denoised(width, channels, window)
