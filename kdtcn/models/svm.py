"""Support vector machine on selected price features (Lin, Guo & Hu 2013, doi 10.1109/IJCNN.2013.6706743).

Two parts, as there: a correlation filter whose ranking a linear SVM refines into weights, and a quasi-linear SVM on the
weighted features that are left. Everything is fitted on the training rows, the ranking included.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.svm import SVC, LinearSVC
from threadpoolctl import threadpool_limits

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.models import volatility
from kdtcn.models.base import ClosedForm, History, known
from kdtcn.models.logistic import windows

_KEPT = 12  # features
_ALIKE = 0.95  # a feature that correlates more than this with a better one adds nothing
_LOCAL = 4  # linear models that the quasi-linear kernel blends
_STRENGTH = 0.01  # C of both machines: strong regularisation, as in the logistic regression


class Svm(ClosedForm):
    """P(up) by a quasi-linear SVM on the best features of the window; its margin stands for the logit."""

    family: ClassVar[str] = "svm"

    def fit(
        self, data: Dataset, train: np.ndarray, valid: np.ndarray, *, seed: int = 0, options: Mapping[str, Any] | None = None
    ) -> History:
        rows = known(data.up, train)
        y = data.up[rows]
        if len(np.unique(y)) < 2:
            raise ModelError("svm: the training sessions are all rises or all falls; widen the training period")
        x = windows(data, rows)
        mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
        z = (x - mean) / scale
        kept = select(z, y)
        with threadpool_limits(1):  # sums in the same order on every machine
            ranked = LinearSVC(C=_STRENGTH, random_state=0).fit(z[:, kept], y)
            weights = np.abs(ranked.coef_[0]) / max(float(np.abs(ranked.coef_[0]).max()), 1e-9)
            z = z[:, kept] * weights
            centres = KMeans(min(_LOCAL, len(z)), n_init=4, random_state=0).fit(z).cluster_centers_
            width = np.maximum(np.median(((z[:, None] - centres) ** 2).sum(axis=-1)), 1e-9)
            machine = SVC(C=_STRENGTH, kernel="precomputed").fit(kernel(z, z, centres, float(width)), y)
        self._state = {
            "mean": torch.from_numpy(mean[kept]),
            "scale": torch.from_numpy(scale[kept]),
            "kept": torch.from_numpy(kept),
            "weights": torch.from_numpy(weights),
            "centres": torch.from_numpy(centres),
            "width": torch.tensor(float(width), dtype=torch.float64),
            "vectors": torch.from_numpy(z[machine.support_]),
            "duals": torch.from_numpy(machine.dual_coef_[0].copy()),
            "intercept": torch.from_numpy(machine.intercept_.copy()),
            "volatility": volatility.fit(data, train),
        }
        return History()

    def logits(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        x = windows(data, idx)[:, self.array("kept")]
        z = (x - self.array("mean")) / self.array("scale") * self.array("weights")
        near = kernel(z, self.array("vectors"), self.array("centres"), self.number("width"))
        up = near @ self.array("duals") + self.array("intercept")[0]
        return np.stack([up, volatility.logits(data, idx, self.array("volatility"))], axis=1)


def select(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Columns of (n, F) standardised features, best first: by |correlation| with the labels, near copies left out."""
    merit = np.abs(z.T @ (y - y.mean()))
    kept: list[int] = []
    for column in np.argsort(-merit, kind="stable"):
        if len(kept) < _KEPT and all(abs(float(z[:, column] @ z[:, other])) <= _ALIKE * len(z) for other in kept):
            kept.append(int(column))
    return np.array(kept, dtype=np.int64)


def kernel(a: np.ndarray, b: np.ndarray, centres: np.ndarray, width: float) -> np.ndarray:
    """(n, F) and (m, F) -> (n, m): a linear kernel, and one for each centre that counts near it alone."""
    near = [np.exp(-((part[:, None] - centres) ** 2).sum(axis=-1) / width) for part in (a, b)]
    blended: np.ndarray = (1 + a @ b.T) * (1 + near[0] @ near[1].T)
    return blended
