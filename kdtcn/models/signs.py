"""Previous sign and reversal: the session goes the way of yesterday, or the other way.

Persistence as a yardstick, and its opposite, after the reversals of short horizons (Jegadeesh 1990,
doi 10.1111/j.1540-6261.1990.tb05110.x).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.models.base import ClosedForm, History, known, logit, rate


class PreviousSign(ClosedForm):
    """Up after a session that closed at or above the one before it.

    The rule is fixed; how often it was right in training only sets how sure it is, never its direction.
    """

    family: ClassVar[str] = "previous-sign"
    direction: ClassVar[float] = 1.0

    def fit(
        self, data: Dataset, train: np.ndarray, valid: np.ndarray, *, seed: int = 0, options: Mapping[str, Any] | None = None
    ) -> History:
        rows = known(data.up, train)
        if not len(rows):
            raise ModelError(f"{self.family}: no training session has a known label; check the date range and the prices")
        hits = ((self._side(data, rows) > 0) == (data.up[rows] == 1)).astype(np.int8)
        sure = logit(max(rate(hits, np.arange(len(hits))), 0.501))
        self._state = {
            "sure": torch.tensor(sure, dtype=torch.float64),
            "abrupt": torch.tensor(logit(rate(data.abrupt, train)), dtype=torch.float64),
        }
        return History()

    def logits(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        idx = np.asarray(idx, dtype=np.int64)
        return np.stack([self.number("sure") * self._side(data, idx), np.full(len(idx), self.number("abrupt"))], axis=1)

    def _side(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        """+1 or -1: the rule applied to D_{i-1}, which is known at the decision time of i; an unknown one counts as a rise."""
        previous = np.where(idx > 0, data.d[np.maximum(idx - 1, 0)], np.nan)
        return self.direction * np.where(np.nan_to_num(previous) >= 0, 1.0, -1.0)


class Reversal(PreviousSign):
    """The opposite of yesterday: the row beside every score on abrupt sessions, since C_i = D_i - D_{i-1} favours it."""

    family: ClassVar[str] = "reversal"
    direction: ClassVar[float] = -1.0
