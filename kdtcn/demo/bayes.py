"""What the best possible forecaster of the synthetic world would score: it knows every planted effect, not the noise."""

import numpy as np
from scipy import stats

from kdtcn.demo.market import DOF, DRIFT


def p_up(effects: np.ndarray) -> np.ndarray:
    """P(return > 0) given the planted effects (in sigma): the noise is a unit-variance Student t, whatever sigma is."""
    scale = np.sqrt((DOF - 2) / DOF)
    return np.asarray(stats.t.sf(-(DRIFT + effects), DOF, scale=scale))


def accuracy(effects: np.ndarray) -> float:
    """Expected accuracy of the Bayes rule (up where p_up >= 1/2) over these sessions."""
    p = p_up(effects)
    return float(np.mean(np.maximum(p, 1 - p)))


def scores(effects: np.ndarray, seen: np.ndarray, up: np.ndarray) -> dict[str, dict[str, float]]:
    """Expected and realised accuracy of the Bayes rule, overall and by what drives the session.

    `seen` (n,) int: 1 the cause's entity caused before the test period, 0 it did not, -1 no cause. `up` (n,) 0 or 1.
    """
    groups = {"all": seen >= -1, "seen": seen == 1, "unseen": seen == 0, "none": seen == -1}
    right = (p_up(effects) >= 0.5) == (up == 1)
    return {
        name: {
            "n": int(rows.sum()),
            "bayes": accuracy(effects[rows]),
            "realised": float(right[rows].mean()),
            "always_up": float(up[rows].mean()),
        }
        for name, rows in groups.items()
        if rows.any()
    }
