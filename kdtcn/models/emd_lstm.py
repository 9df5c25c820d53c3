"""Empirical mode decomposition, then an LSTM with attention (Jin, Yang & Liu 2020, doi 10.1007/s00521-019-04504-2).

The close is decomposed within each window: one decomposition of the whole series would mix later sessions in. The
paper's daily sentiment is that of investors' comments; here it is that of the session's headlines, pooled as all news is.
"""

from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from PyEMD import EMD
from torch import Tensor, nn

from kdtcn.features.dataset import PRICE_COLUMNS
from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel
from kdtcn.models.wavelet_lstm import Attentive

COMPONENTS = 3  # two oscillations, and what is left
_CLOSE = PRICE_COLUMNS.index("close")


def decompose(series: np.ndarray) -> np.ndarray:
    """(T,) -> (COMPONENTS, T) that sum to the series, the fastest oscillation first; a smooth series is all rest."""
    return _decomposed(np.ascontiguousarray(series, dtype=np.float64).tobytes()).copy()


@lru_cache(maxsize=16_384)  # every epoch asks for the same windows again
def _decomposed(raw: bytes) -> np.ndarray:
    series = np.frombuffer(raw)
    parts = np.zeros((COMPONENTS, len(series)))
    if np.ptp(series) > 0:
        sifter = EMD()
        sifter.emd(series, max_imf=COMPONENTS - 1)
        found, _ = sifter.get_imfs_and_residue()
        parts[: len(found)] = found
    parts[-1] = series - parts[:-1].sum(axis=0)
    return parts


class Decomposed(nn.Module):
    """(B, T, width) -> (B, channels): the attentive LSTM on prices and sentiment, the close replaced by its components."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.lstm = Attentive(width - 1 + COMPONENTS, channels)

    def forward(self, x: Tensor) -> Tensor:
        parts = np.stack([decompose(series).T for series in x[..., _CLOSE].detach().numpy()])
        rest = torch.cat([x[..., :_CLOSE], x[..., _CLOSE + 1 :]], dim=-1)
        y: Tensor = self.lstm(torch.cat([rest, torch.from_numpy(parts).to(x.dtype)], dim=-1))
        return y


class EmdLstm(NeuralModel):
    """An LSTM with attention on the close as oscillations, fast and slow apart, and on the headlines' sentiment by a lexicon."""

    family: ClassVar[str] = "emd-lstm"
    kind: ClassVar[str | None] = "sentiment"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Decomposed(width, channels)
