"""The same model trained from other seeds: do its effects stay what they are?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kdtcn.explain.effects import event_effects
from kdtcn.explain.fidelity import agreement
from kdtcn.lake import Lake
from kdtcn.training.forecast import Outlook
from kdtcn.training.store import load_stored, stored_models

METHOD = "integrated-gradients"  # the method without sampling error, and a tenth of a second a model
FEWEST = 3  # events below which a correlation of ranks says nothing


def sibling_ids(lake: Lake, model_id: str) -> list[str]:
    """Models of the same family, alignment and training period in the same vector spaces, the model itself first."""
    rows = stored_models(lake)
    mine = rows[rows["model_id"] == model_id].iloc[0]
    same = ["family", "alignment", "trained_until", "graph_cut", "config_hash"]
    rows = rows[(rows[same] == mine[same]).all(axis=1)].drop_duplicates("seed").sort_values("seed")
    return [model_id, *rows.loc[rows["seed"] != mine["seed"], "model_id"]]


def siblings(lake: Lake, view: Outlook) -> dict[str, Any]:
    """The models of `sibling_ids` by id, the one of the view first; those fitted in other vector spaces left out."""
    found = {view.model_id: view.model}
    for name in sibling_ids(lake, view.model_id)[1:]:
        model, config = load_stored(lake, name)
        if config["fitted_id"] == view.fitted.fitted_id:
            found[name] = model
    return found


def seed_effects(models: Mapping[str, Any], view: Outlook, session: pd.Timestamp) -> pd.DataFrame:
    """model_id, event_id and effect of the session's events on each model, by integrated gradients."""
    i = view.data.position(session)
    parts = []
    for name, model in models.items():
        found = event_effects(model, view.data, i, method=METHOD, placebo=0)
        parts.append(pd.DataFrame({"model_id": name, "event_id": list(found.event_ids), "effect": found.effects}))
    return pd.concat(parts, ignore_index=True)


def stability(effects: Sequence[np.ndarray]) -> float | None:
    """Mean rank correlation between seeds of one session's effects; None where there is too little to compare."""
    if len(effects) < 2 or len(effects[0]) < FEWEST:
        return None
    return agreement(effects)
