"""When a night trains anew, and whether the new model takes over from the one in force."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.errors import InputError, ModelError, SourceError
from kdtcn.events.pending import extract_pending
from kdtcn.features.market import market
from kdtcn.lake import Lake, Run
from kdtcn.progress import say
from kdtcn.sessions import previous, sessions
from kdtcn.training import drift, store
from kdtcn.training.experiment import train_folds
from kdtcn.training.fold import Sight, usable_rows
from kdtcn.training.forecast import newest, outlook
from kg import build
from kg import load as load_graph
from kg.pending import link_pending

RETRAIN = "retrain "  # and the session: the command of a run that trains anew
GRAPH = ("entities", "same_as", "facts")
FEWEST = 10  # sessions below which two models are not compared
TIE = 1e-9  # log losses closer than this are equal


@dataclass(frozen=True)
class Succession:
    """What came of a night's policy: why it trained, the new model, both log losses on the last sessions, who is in force.

    `marks` say what it had to do without. All are empty where nothing was due.
    """

    reason: str = ""
    candidate: str = ""
    loss: float = float("nan")
    loss_live: float = float("nan")
    promoted: bool = False
    marks: tuple[str, ...] = ()


def due(lake: Lake, settings: Settings, session: pd.Timestamp) -> str:
    """Why a new model is due before this session, by `retrain.when`; '' where none is.

    A week counts as begun until a training of that week is done. After a training drift rests for `retrain.rest` sessions, for
    the next window still holds most of the old one's sessions.
    """
    when = settings.retrain.when
    if not when:
        return ""
    last = _last(lake, session)
    if "weekly" in when and (last is None or last.isocalendar()[:2] != session.isocalendar()[:2]):
        return "a week has begun"
    if last is not None and len(sessions(last, session)) <= settings.retrain.rest:
        return ""
    live = store.in_force(lake, session)
    if "calibration" in when and (found := drift.calibration(lake, settings, str(live["model_id"]), session)):
        return found
    if "inputs" in when:
        return drift.inputs(lake, settings, Sight.of(lake, settings), live["trained_until"], session)
    return ""


def succeed(lake: Lake, settings: Settings, session: pd.Timestamp) -> Succession:
    """Train anew where it is due, and put the new model in force unless it is worse than the one that is.

    The graph is asked for anew first; a source that does not answer leaves the last graph. The new model never saw the last
    `retrain.window` settled sessions, nor did the one in force (sessions that it was trained on do not count): on these the log
    loss of P(up) decides. At equal loss the new one takes over, since it knows more. Where there are too few such sessions to
    tell, the one in force stays. If it stays, so does its graph.
    """
    reason = due(lake, settings, session)
    if not reason:
        return Succession()
    say(f"training anew: {reason}")
    live = str(store.in_force(lake, session)["model_id"])
    with Run(lake, f"{RETRAIN}{session:%Y-%m-%d}", settings.fingerprint()) as run:
        window = _window(lake, settings, session)
        old = _forecasts(lake, settings, live, window)
        before = {name: lake.version(name) for name in GRAPH}
        marks = _refresh(lake, settings)
        candidate = _train(lake, settings, window[0])
        new = newest(lake, candidate).set_index("session")["p_up"]
        found = _judge(lake, settings, candidate, live, old, new, reason, marks)
        run.rows.update(candidate=candidate, live=live, loss=found.loss, loss_live=found.loss_live, promoted=found.promoted)
        if found.promoted:
            store.promote(lake, candidate)
        else:
            _restore(lake, before)
    say(
        f"{candidate} {'is in force' if found.promoted else 'stays behind'}: log loss {found.loss:.4f}, {live} {found.loss_live:.4f}"
    )
    return found


def rollback(lake: Lake) -> str:
    """Put the model back in force that was before the one that is, which is withdrawn; returns its id.

    It keeps the time of its promotion, and a second rollback goes one further back. ModelError where there is none.
    """
    rows = lake.read("models", where=ds.field("status").isin(["live", "retired"]) & (ds.field("alignment") == "forecast"))
    earlier = rows[rows["status"] == "retired"].sort_values("promoted_at")
    if earlier.empty:
        raise ModelError(f"{lake.url}: no model was in force before this one; `kdtcn models list` shows what can be promoted")
    back = earlier.index[-1]
    rows.loc[rows["status"] == "live", "status"] = "withdrawn"
    rows.loc[back, "status"] = "live"
    lake.upsert("models", rows.drop(columns="ingested_at"))
    return str(rows.loc[back, "model_id"])


def log_loss(p: np.ndarray, up: np.ndarray) -> float:
    """Mean log loss of probabilities (n,) of outcomes (n,) in {0, 1}."""
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return float(-np.where(up == 1, np.log(p), np.log1p(-p)).mean())


def _judge(
    lake: Lake,
    settings: Settings,
    candidate: str,
    live: str,
    old: pd.Series | None,
    new: pd.Series,
    reason: str,
    marks: tuple[str, ...],
) -> Succession:
    if old is None:  # the one in force cannot read the present graph, so it cannot forecast either
        return Succession(reason, candidate, promoted=True, marks=marks)
    prices = market(lake, settings)
    up = pd.Series(prices.up, index=prices.sessions)
    both = pd.DataFrame({"old": old, "new": new, "up": up[up >= 0]}).dropna()
    if candidate == live or len(both) < FEWEST:
        return Succession(reason, candidate, marks=marks)
    loss, loss_live = (log_loss(both[name].to_numpy(), both["up"].to_numpy()) for name in ("new", "old"))
    return Succession(reason, candidate, loss, loss_live, loss <= loss_live + TIE, marks)


def _last(lake: Lake, session: pd.Timestamp) -> pd.Timestamp | None:
    rows = lake.read("runs", columns=["command", "status"])
    rows = rows[rows["command"].str.startswith(RETRAIN) & (rows["status"] == "done")]
    done = pd.to_datetime(rows["command"].str.removeprefix(RETRAIN))
    done = done[done <= session]
    return done.max() if len(done) else None


def _window(lake: Lake, settings: Settings, session: pd.Timestamp) -> pd.DatetimeIndex:
    """The last `retrain.window` sessions before this one with full inputs and a label."""
    prices = market(lake, settings, last=previous(session))
    usable = usable_rows(prices, settings)
    if len(usable) == 0:
        raise InputError(f"{lake.url}: no session before {session:%Y-%m-%d} has inputs and a label; import prices first")
    return prices.sessions[usable[-settings.retrain.window :]]


def _forecasts(lake: Lake, settings: Settings, live: str, window: pd.DatetimeIndex) -> pd.Series | None:
    """P(up) of the model in force on those sessions that it was not trained on; None where it cannot read the graph."""
    rows = store.stored_models(lake)
    until = pd.Timestamp(rows.loc[rows["model_id"] == live, "trained_until"].iloc[0])
    mine = window[window > until]
    if len(mine) == 0:
        return pd.Series(dtype=float)
    try:
        view = outlook(lake, settings, Sight.of(lake, settings), live, mine)
    except ModelError as error:
        say(f"{live} cannot be asked any more: {error}")
        return None
    return view.predictions(mine, {}).set_index("session")["p_up"]


def _refresh(lake: Lake, settings: Settings) -> tuple[str, ...]:
    """The configured graph; the one that is there where a source cannot be read."""
    try:
        build(lake, settings.graph.sources, settings.graph.data)
    except (SourceError, InputError) as error:
        if lake.version("facts") < 0:
            raise
        return (f"the last graph stays: {error}",)
    return ()


def _train(lake: Lake, settings: Settings, test_from: pd.Timestamp) -> str:
    """Train the live model and its price-only companion, one seed, on all before `test_from`; the id of the live one."""
    extract_pending(lake, settings)
    link_pending(lake, load_graph(lake), threshold=settings.graph.threshold, folder=settings.folder / "index")
    live = settings.training.live
    names = list(dict.fromkeys([settings.serve.without_news, live]))
    mine = settings.model_copy(
        update={
            "training": settings.training.model_copy(update={"models": names, "seeds": 1, "workers": 1}),
            "evaluation": settings.evaluation.model_copy(update={"origin": "fixed", "test_from": test_from.date()}),
        }
    )
    trained = train_folds(lake, mine, "forecast", Sight.of(lake, mine))
    return next(name for name in trained if name.startswith(f"{live}-forecast-s0-"))


def _restore(lake: Lake, before: dict[str, int]) -> None:
    """The graph as it was: the model that stays in force reads that one."""
    for name, version in before.items():
        if version >= 0 and lake.version(name) != version:
            lake.replace(name, lake.read(name, version=version).drop(columns="ingested_at"))
