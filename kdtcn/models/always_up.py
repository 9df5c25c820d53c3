"""Always up: the base rates of the training sessions, and never a forecast of a fall.

The climatology of forecast verification (Murphy 1973, doi 10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2): what a
forecast must beat to have any skill.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch

from kdtcn.features.dataset import Dataset
from kdtcn.models.base import ClosedForm, History, logit, rate


class AlwaysUp(ClosedForm):
    """P(up) is the share of rises in training, and a hair above one half where falls were more frequent."""

    family: ClassVar[str] = "always-up"

    def fit(
        self, data: Dataset, train: np.ndarray, valid: np.ndarray, *, seed: int = 0, options: Mapping[str, Any] | None = None
    ) -> History:
        up, abrupt = max(rate(data.up, train), 0.501), rate(data.abrupt, train)
        self._state = {"logits": torch.tensor([logit(up), logit(abrupt)], dtype=torch.float64)}
        return History()

    def logits(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        return np.tile(self.array("logits"), (len(idx), 1))
