"""A seed ensemble: one forecast from the stored seeds of a model, by the mean of their logits; nothing is trained again.

Lakshminarayanan et al. (2017), "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles",
arXiv:1612.01474: seeds differ in their start and their order of batches, and errors that they do not share cancel.
"""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

SUFFIX = "-ensemble"
_SURE = 1e-12  # a probability is taken to be at least so far from certain


def with_ensemble(predictions: pd.DataFrame, model: str) -> pd.DataFrame:
    """The forecasts and, after them, those of `model` as an ensemble, named MODEL-ensemble with seed 0.

    predictions: columns session, model, seed, alignment, p_up and p_abrupt, others are equal for all seeds of a session. The
    mean is that of calibrated logits. A session that a seed has not forecast is left out; with one seed there is no ensemble.
    """
    rows = predictions[predictions["model"] == model]
    parts = []
    for _, part in rows.groupby("alignment", sort=False):
        seeds = part["seed"].nunique()
        full = part[part.groupby("session")["seed"].transform("nunique") == seeds]
        if seeds > 1 and len(full):
            one = full.drop_duplicates("session")
            means = {name: _mean(full, name).reindex(one["session"]).to_numpy() for name in ("p_up", "p_abrupt")}
            parts.append(one.assign(model=model + SUFFIX, seed=0, **means))
    return pd.concat([predictions, *parts], ignore_index=True)


def _mean(rows: pd.DataFrame, name: str) -> pd.Series:
    logits = pd.Series(logit(np.clip(rows[name], _SURE, 1 - _SURE)), index=rows.index)
    return logits.groupby(rows["session"]).mean().map(expit)
