"""Which stored model a forecast of a past session uses: the one that was live then, or would have been."""

import pandas as pd

from kdtcn.config import Settings
from kdtcn.errors import ModelError
from kdtcn.lake import Lake
from kdtcn.sessions import decision_times
from kdtcn.training.store import stored_models

AS_OF = "as-of"


def models_for(lake: Lake, settings: Settings, sessions: pd.DatetimeIndex, model: str = AS_OF) -> pd.Series:
    """The id of the model of each session, "" where there was none; `model` names one for all of them.

    As of a session, the model in force at its decision time counts: of those promoted by then, the one promoted last. Before
    the first promotion it is the model that would have been live, had the chain run then: of the models of `training.live`
    and of those ever promoted, the one trained last before the session. Either was trained on earlier sessions only.

    ModelError for a named model that is not stored, that reads news of the same day, or that was trained on one of the sessions.
    """
    rows = stored_models(lake)
    if model != AS_OF:
        _check(lake, rows, model, sessions)
        return pd.Series(model, index=sessions)
    rows = rows[rows["alignment"] == "forecast"]
    ever = rows["status"].isin(["live", "retired"])
    rows = rows[ever | (rows["family"] == settings.training.live)].assign(ever=ever)
    # the best comes last: trained latest; of equals a promoted one, then the first seed, then the newest
    rows = rows.sort_values(
        ["trained_until", "ever", "seed", "promoted_at", "available_at"], ascending=[True, True, False, True, True], kind="stable"
    )
    promoted = rows.dropna(subset=["promoted_at"]).sort_values("promoted_at", kind="stable")
    found = []
    for session, decided in zip(sessions, decision_times(sessions, settings.decision.at), strict=True):
        was = promoted[(promoted["promoted_at"] <= decided) & (promoted["trained_until"] < session)]
        would = rows[rows["trained_until"] < session]
        best = was if len(was) else would
        found.append(str(best["model_id"].iloc[-1]) if len(best) else "")
    return pd.Series(found, index=sessions, dtype=object)


def require_models(lake: Lake, chosen: pd.Series) -> None:
    """ModelError with the remedies where not one of the sessions has a model."""
    if (chosen != "").any():
        return
    rows = stored_models(lake)
    rows = rows[rows["alignment"] == "forecast"]
    what = (
        "no model is stored"
        if rows.empty
        else f"every stored model was trained on sessions up to {rows['trained_until'].min():%Y-%m-%d} or later"
    )
    raise ModelError(
        f"{lake.url}: {what}, and a forecast of {chosen.index[-1]:%Y-%m-%d} needs one trained before it: run `kdtcn train` with"
        " evaluation.test_from at or before that day, name a model with --model, or ask for --stages fetch,extract,link,settle"
    )


def _check(lake: Lake, rows: pd.DataFrame, model: str, sessions: pd.DatetimeIndex) -> None:
    about = rows[rows["model_id"] == model]
    if about.empty:
        raise ModelError(f"model {model!r} is not in {lake.url}; `kdtcn models list` shows what is, and `as-of` chooses by date")
    row = about.iloc[0]
    if row["alignment"] != "forecast":
        raise ModelError(f"model {model!r} explains the same day and cannot forecast; choose one of the alignment forecast")
    if row["trained_until"] >= sessions[0]:
        raise ModelError(
            f"model {model!r} was trained on sessions up to {row['trained_until']:%Y-%m-%d}, so {sessions[0]:%Y-%m-%d} is no forecast"
            " for it; choose a later range, an earlier model, or `as-of`"
        )
