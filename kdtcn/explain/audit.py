"""The audit of effects: fidelity on sessions of the test period, judged finding by finding."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.explain.effects import COMPLETENESS
from kdtcn.explain.fidelity import fidelity
from kdtcn.explain.pending import item_ranks
from kdtcn.explain.resample import interval
from kdtcn.explain.seeds import siblings
from kdtcn.findings import Finding
from kdtcn.lake import Lake
from kdtcn.progress import track
from kdtcn.training.fold import Sight
from kdtcn.training.forecast import newest, outlook

SAME_SAMPLES = 0.9  # rank correlation that sampling must reach with itself
SAME_METHODS = 0.8  # and with integrated gradients, which share the game but not the average over orders
CHANGED = 0.5  # rank correlation with a network of shuffled weights that effects must stay below


def measure(lake: Lake, settings: Settings, sight: Sight, model_id: str, sessions: int) -> pd.DataFrame:
    """A row of `Fidelity` for each of so many sessions with events, spread over what the model has forecast."""
    made = newest(lake, model_id)["session"]
    made = made[made >= pd.Timestamp(settings.evaluation.test_from)]
    if made.empty:
        raise InputError(f"{lake.url}: model {model_id!r} has forecast no session of the test period yet; run `kdtcn train`")
    chosen = pd.DatetimeIndex(made.iloc[np.unique(np.linspace(0, len(made) - 1, sessions).round().astype(int))])
    view = outlook(lake, settings, sight, model_id, chosen)
    ranks, others = item_ranks(lake, view), list(siblings(lake, view).values())[1:]
    rows = [
        fidelity(
            view.model,
            view.data,
            view.data.position(session),
            samples=settings.explain.samples,
            popularity=ranks,
            siblings=others,
        )
        for session in track(chosen, "fidelity of effects", len(chosen))
    ]
    found = pd.DataFrame([row for row in rows if row is not None])
    if found.empty:
        raise InputError(
            f"{lake.url}: none of {len(chosen)} sessions has enough events for an audit of effects; extract events first"
        )
    return found


def judge(rows: pd.DataFrame) -> Iterator[Finding]:
    """What is promised of effects, from the rows of `measure`."""
    gap = float(rows["gap"].max())
    yield Finding(
        "effects add up to the logit minus the no-news logit", f"gap at most {gap:.1g}", f"{COMPLETENESS:g}", gap <= COMPLETENESS
    )
    for curve, what in (("deletion", "taking events away by effect"), ("insertion", "adding events by effect")):
        for other, words in (("random", "in random order"), ("popularity", "by popularity")):
            yield _more(rows[curve], rows[f"{curve}_{other}"], f"{curve}: {what} moves the logit sooner than {words}")
    yield _more(
        rows["comprehensiveness"],
        rows["comprehensiveness_random"],
        "comprehensiveness: without the top fifth the logit loses more than without as many at random",
    )
    yield _more(
        -rows["sufficiency"],
        -rows["sufficiency_random"],
        "sufficiency: the top fifth alone holds more of the logit than as many at random",
    )
    for name, what, least in (
        ("again", "the same effects under another sampling seed", SAME_SAMPLES),
        ("methods", "Shapley values and integrated gradients order events alike", SAME_METHODS),
    ):
        mean = float(rows[name].mean())
        yield Finding(what, f"rank correlation {_with_interval(rows[name])}", f"at least {least}", mean >= least)
    mean = float(rows["shuffled"].mean())
    yield Finding(
        "other effects when the weights are shuffled",
        f"rank correlation {_with_interval(rows['shuffled'])}",
        f"below {CHANGED} in size",
        abs(mean) < CHANGED,
    )
    if rows["seeds"].notna().any():
        yield Finding(
            "effects under other training seeds",
            f"rank correlation {_with_interval(rows['seeds'].dropna())}",
            "told, not judged",
            True,
        )


def _more(ours: pd.Series, theirs: pd.Series, what: str) -> Finding:
    low, high = interval((ours - theirs).to_numpy())
    value = f"{ours.mean():+.2g} against {theirs.mean():+.2g}, difference {low:+.2g} to {high:+.2g}"
    return Finding(what, value, "difference above 0", low > 0)


def _with_interval(values: pd.Series) -> str:
    low, high = interval(values.to_numpy())
    return f"{values.mean():.2f} ({low:.2f} to {high:.2f})"
