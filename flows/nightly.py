"""The night before a session: settle the one that closed, forecast the one that comes, and say why.

What a night lacks it does without, and says so: no headline, a price-only forecast; no close of the session before, no forecast;
a provider that is down, the others.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pandas as pd
from prefect import flow

from flows import journal, tasks
from flows.guard import only_one
from flows.metrics import measured
from kdtcn.config import Settings, load
from kdtcn.errors import KdtcnError, SourceError
from kdtcn.features.news import months_of
from kdtcn.lake import Lake, Run, degradations, nights
from kdtcn.lake.runs import NIGHT
from kdtcn.progress import mask, say
from kdtcn.sessions import NEW_YORK, calendar, parse_session, previous, sessions

BACK = 20  # sessions that a night reaches back for headlines
LEFT_OUT, SILENT = "was left out", "no provider answered"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@flow(name="nightly", validate_parameters=False)
def nightly(
    session: str | None = None, config: str = "configs/live.yaml", sets: list[str] | None = None, now: datetime | None = None
) -> str:
    """Forecast `session`, or today's in New York after those whose nights were missed; returns the path of the report's index.

    `now` is another clock than the machine's, for what is fetched and for which session is today's.
    """
    settings = load(Path(config), sets or [])
    journal.begin(settings)
    lake = tasks.lake_of(settings)
    index, failed = "", None
    with only_one(settings.folder):
        due = [parse_session(session)] if session else missed(lake, settings, now)
        for day in due:
            try:
                index = night(lake, settings, config, day, now, late=day != due[-1])
            except KdtcnError as error:  # the nights after it do not wait for its repair
                failed = error
    if not due:
        say("no session today: nothing to forecast")
    if failed:
        raise failed
    return index


def night(lake: Lake, settings: Settings, config: str, day: pd.Timestamp, now: datetime | None, late: bool = False) -> str:
    """One night, from the sources to the report; returns the path of the report's index."""
    from kdtcn.training.forecast import standing
    from kdtcn.training.live import unsettled

    before = previous(day)
    months = months_of(before, day)
    coming = pd.DatetimeIndex([day])
    made, earlier = made_before(lake, day), list(degradations(lake, day))
    with reported(settings, day), measured(lake, settings), Run(lake, f"{NIGHT}{day:%Y-%m-%d}", settings.fingerprint()) as run:
        open_ = unsettled(lake, settings, day)
        marks = ["made after its time, for a night that was missed"] if late else []
        marks += pulled(settings, min(open_[0], unheard(lake, day)), day, now, run)
        run.rows.update(tasks.extract(settings, months))
        run.rows["links"] = tasks.link(settings, months)["links"]
        run.rows["settled"] = tasks.settle(settings, open_)

        marks += renewed(settings, day, run)
        choice = tasks.choose(settings, day)
        model, marks = choice.model_id, [*marks, *choice.marks]
        if made and len(standing(lake, settings, made, coming)):
            model, marks = made, earlier  # an earlier run of this night made the forecast that stands
        told = f"{day:%Y-%m-%d}: no forecast"
        if model:
            run.rows["learnt"] = tasks.learn(settings, model, coming)
            found = tasks.forecast(settings, model, coming).iloc[0]
            run.note(marks=marks, model=model)
            run.rows["explained"] = tasks.explain(settings, model, coming)
            told = f"{day:%Y-%m-%d}: P(up) {found['p_up']:.2f}, P(abrupt) {found['p_abrupt']:.2f} ({model})"
            if found["p_abrupt"] >= settings.serve.warn:
                tell(f"{settings.title}: abrupt change likely", told)
        run.note(marks=marks)
        say("; ".join([told, *marks]))
        # pages of sessions that were settled gain their outcome; those on all of history are renewed once a week
        new_week = day.isocalendar()[:2] != before.isocalendar()[:2]
        index = tasks.report(settings, config, choice.live, open_.union(coming), new_week)
        if marks:
            tell(f"{settings.title}: {day:%Y-%m-%d} with less than usual", "\n".join([told, *marks]))
        tasks.publish(day, run.rows, told, marks, index, return_state=True)  # what only shows a night does not fail it
        journal.note(settings.folder, "night", session=f"{day:%Y-%m-%d}", told=told, **run.rows)
        return index


def made_before(lake: Lake, day: pd.Timestamp) -> str:
    """The model that an earlier run of this night forecast with; '' where none did."""
    rows = nights(lake)
    rows = rows[(rows["session"] == day) & (rows["model"] != "")]
    return str(rows["model"].iloc[0]) if len(rows) else ""


def unheard(lake: Lake, day: pd.Timestamp) -> pd.Timestamp:
    """The session whose headlines a night begins with: the one before, or that before the first of the nights just gone in which
    somebody did not answer; feeds still show what was missed then. At most `BACK` sessions ago."""
    rows = nights(lake)
    rows = rows[rows["status"] == "done"]
    marks: dict[pd.Timestamp, tuple[str, ...]] = dict(zip(rows["session"], rows["marks"], strict=True))
    n = 1
    while n < BACK and any(LEFT_OUT in mark or SILENT in mark for mark in marks.get(previous(day, n), ())):
        n += 1
    return previous(day, n)


def pulled(settings: Settings, first: pd.Timestamp, last: pd.Timestamp, now: datetime | None, run: Run) -> list[str]:
    """Ask the providers, and count what came; what to mark where one, or all, did not answer."""
    ask = tasks.pull.with_options(retry_delay_seconds=settings.serve.pause)
    try:
        found = ask(settings, f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}", now)
    except (SourceError, TimeoutError) as error:
        return [mask(f"{SILENT}: {error}")]
    run.rows.update({f"{name}, {what}": getattr(c, what) for name, c in found.counts.items() for what in ("stored", "rejected")})
    return [mask(f"{name} {LEFT_OUT}: {why}") for name, why in found.failed.items()]


def renewed(settings: Settings, day: pd.Timestamp, run: Run) -> list[str]:
    """Train anew where that is due; what to mark. A training that fails leaves the model in force, and the night its forecast."""
    try:
        done = tasks.retrain(settings, day)
    except (KdtcnError, TimeoutError) as error:
        return [mask(f"training anew failed, the model in force stays: {error}")]
    if done.reason:
        run.rows.update(retrained=done.reason, candidate=done.candidate, promoted=done.promoted)
    return [mask(text) for text in done.marks]


def tell(title: str, body: str) -> None:
    """A notification; a service that does not take it fails its task, not the night."""
    tasks.tell(title, body, return_state=True)


@contextmanager
def reported(settings: Settings, day: pd.Timestamp) -> Iterator[None]:
    """A night that fails is told to people, and ends in one of our own errors where the disk is full, without a secret in it."""
    try:
        yield
    except Exception as error:
        text = mask(f"{day:%Y-%m-%d}: {error or type(error).__name__}")
        if getattr(error, "errno", None) in FULL or any(f"os error {number})" in text for number in FULL):
            text += (
                f"; the disk of {settings.folder} is full: free some space and run the night again, nothing half-written is left"
            )
        journal.note(settings.folder, "failed", session=f"{day:%Y-%m-%d}", error=text)
        tell(f"{settings.title}: the night failed", text)
        if isinstance(error, KdtcnError | OSError):
            raise KdtcnError(text) from None
        raise


def missed(lake: Lake, settings: Settings, now: datetime | None = None) -> list[pd.Timestamp]:
    """The sessions to forecast, oldest first: today's in New York if it is one, and before it those since the last night done.

    At most `serve.catch_up` missed ones, the latest; none before the first night of all.
    """
    clock = pd.Timestamp.now(NEW_YORK) if now is None else pd.Timestamp(now).tz_convert(NEW_YORK)
    today = clock.tz_localize(None).normalize()
    rows = nights(lake)
    done = rows.loc[(rows["status"] == "done") & (rows["session"] <= today), "session"].tolist()
    tonight = [today] if today in calendar().sessions else []
    if not done:
        return tonight
    since = [day for day in sessions(max(done) + pd.Timedelta(days=1), today) if day != today]
    return since[len(since) - min(len(since), settings.serve.catch_up) :] + tonight
