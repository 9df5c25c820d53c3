"""Trained models and their forecasts as rows of the lake."""

import hashlib
import json
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Alignment, Settings
from kdtcn.errors import ModelError
from kdtcn.lake import Lake
from kdtcn.models import Model
from kdtcn.models import load as load_model
from kdtcn.training.calibration import probability
from kdtcn.training.fold import FoldRecord

ABOUT = [
    "model_id",
    "family",
    "alignment",
    "seed",
    "trained_until",
    "graph_cut",
    "config_hash",
    "config",
    "status",
    "promoted_at",
]


def model_id(fold: FoldRecord, settings: Settings, family: str, seed: int) -> str:
    """Equal inputs up to the last training or validation row, settings and seed give the same id.

    A run that was killed finds what it has trained by it; rows of the test period do not enter.
    """
    options = json.dumps(
        [settings.fingerprint("abrupt", "decision", "features"), settings.training.epochs, settings.training.options],
        sort_keys=True,
    )
    digest = hashlib.sha256(f"{family}|{fold.alignment}|{seed}|{fold.inputs}|{options}".encode())
    return f"{family}-{fold.alignment}-s{seed}-{digest.hexdigest()[:10]}"


def model_row(
    fold: FoldRecord, settings: Settings, identity: str, family: str, seed: int, config: dict, weights: bytes
) -> dict[str, object]:
    """One row of `models`; `config` gains what is needed to make the inputs again."""
    return {
        "model_id": identity,
        "family": family,
        "config_hash": settings.fingerprint(),
        "config": json.dumps({**config, "fitted_id": fold.fitted_id}),
        "alignment": fold.alignment,
        "trained_until": fold.trained_until,
        "graph_cut": fold.graph_cut,
        "seed": seed,
        "weights": weights,
        "status": "trained",
        "promoted_at": None,
        "available_at": pd.Timestamp.now("UTC"),
    }


def prediction_rows(
    identity: str, sessions: pd.DatetimeIndex, logits: np.ndarray, temperature: tuple[float, float], versions: dict[str, int]
) -> pd.DataFrame:
    """Rows of `predictions` from raw logits (n, 2); probabilities are calibrated, logits are not."""
    made = pd.Timestamp.now("UTC")
    p = np.column_stack([probability(logits[:, i], temperature[i]) for i in (0, 1)])
    return pd.DataFrame(
        {
            "session": sessions,
            "model_id": identity,
            "made_at": made,
            "available_at": made,
            "p_up": p[:, 0],
            "p_abrupt": p[:, 1],
            "logit_up": logits[:, 0],
            "logit_abrupt": logits[:, 1],
            "data_versions": json.dumps(versions),
        }
    )


def stored_models(lake: Lake) -> pd.DataFrame:
    """All forecasting models, newest first, without their weights."""
    rows = lake.read("models", columns=[*ABOUT, "available_at"], where=~ds.field("status").isin(["fitted"]))
    return rows.sort_values("available_at", ascending=False, kind="stable").reset_index(drop=True)


def load_stored(lake: Lake, identity: str) -> tuple[Model, dict]:
    """A model and its configuration by id. ModelError names the ids there are."""
    rows = lake.read("models", where=ds.field("model_id") == identity)
    if rows.empty:
        known = stored_models(lake)["model_id"].head(5).tolist()
        raise ModelError(
            f"model {identity!r} is not in {lake.url}; "
            + (f"there are {', '.join(known)}, ..." if known else "none is trained yet: run `kdtcn train`")
        )
    config = json.loads(rows["config"].iloc[0])
    return load_model(config, rows["weights"].iloc[0]), config


def promote(lake: Lake, identity: str) -> None:
    """Put a model in force; the one before it is retired, not deleted."""
    rows = lake.read("models", where=(ds.field("model_id") == identity) | (ds.field("status") == "live"))
    if identity not in set(rows["model_id"]):
        raise ModelError(f"model {identity!r} is not in {lake.url}; `kdtcn models list` shows what is")
    mine = rows["model_id"] == identity
    rows.loc[mine & (rows["status"] != "live"), "promoted_at"] = pd.Timestamp.now("UTC")
    alignment = rows.loc[mine, "alignment"].iloc[0]
    rows.loc[~mine & (rows["alignment"] == alignment), "status"] = "retired"
    rows.loc[mine, "status"] = "live"
    lake.upsert("models", rows.drop(columns="ingested_at"))


def live_model(lake: Lake) -> str:
    """The id of the model in force, empty when there is none."""
    rows = stored_models(lake)
    live = rows[(rows["status"] == "live") & (rows["alignment"] == "forecast")]
    return str(live["model_id"].iloc[0]) if len(live) else ""


def in_force(lake: Lake, session: pd.Timestamp, alignment: Alignment = "forecast") -> pd.Series:
    """The promoted model that a forecast of `session` may use: it was trained on sessions before that one only."""
    rows = stored_models(lake)
    rows = rows[(rows["alignment"] == alignment) & rows["status"].isin(["live", "retired"])]
    fit: Iterable[bool] = rows["trained_until"] < session
    usable = rows[fit]
    if usable.empty:
        what = (
            "no model is in force"
            if rows.empty
            else f"every model in force was trained on sessions up to {rows['trained_until'].min():%Y-%m-%d} or later"
        )
        raise ModelError(
            f"{lake.url}: {what}; a forecast of {session:%Y-%m-%d} needs one trained before it: run `kdtcn train` with evaluation.test_from at or before that day"
        )
    live = usable[usable["status"] == "live"]
    return (live if len(live) else usable.sort_values("promoted_at", ascending=False)).iloc[0]
