"""P(abrupt) from yesterday's change and the trailing volatility: what the closed-form models say about abrupt sessions."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from kdtcn.features.dataset import Dataset
from kdtcn.models.base import known, logit, rate


def inputs(data: Dataset, idx: np.ndarray) -> np.ndarray:
    """(n, 2): log trailing sigma and |D_{i-1}|, both known at the decision time of i.

    C_i = D_i - D_{i-1} is large when volatility is high or yesterday's change was, so these two carry most of what
    prices can say about it.
    """
    idx = np.asarray(idx, dtype=np.int64)
    previous = np.where(idx > 0, np.abs(data.d[np.maximum(idx - 1, 0)]), np.nan)
    sigma = np.log(np.maximum(np.asarray(data.sigma, dtype=np.float64)[idx], 1e-6))
    return np.stack([np.nan_to_num(sigma, nan=-5.0), np.nan_to_num(previous, nan=0.0)], axis=1)


def fit(data: Dataset, train: np.ndarray) -> torch.Tensor:
    """(7,): mean and scale of both inputs, their coefficients and the intercept."""
    rows = known(data.abrupt, train)
    x, y = inputs(data, rows), data.abrupt[rows]
    if len(np.unique(y)) < 2:
        return torch.tensor([0.0, 0.0, 1.0, 1.0, 0.0, 0.0, float(logit(rate(data.abrupt, train)))], dtype=torch.float64)
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    model = LogisticRegression(C=1.0, max_iter=1000).fit((x - mean) / scale, y)
    return torch.from_numpy(np.concatenate([mean, scale, model.coef_[0], model.intercept_]))


def logits(data: Dataset, idx: np.ndarray, state: np.ndarray) -> np.ndarray:
    """(n,) raw logits of P(abrupt)."""
    return (inputs(data, idx) - state[0:2]) / state[2:4] @ state[4:6] + state[6]
