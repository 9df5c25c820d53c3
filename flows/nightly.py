"""The night before a session: settle the one that closed, forecast the one that comes, and say why."""

from pathlib import Path

import pandas as pd
from prefect import flow

from flows import tasks
from kdtcn.config import Settings, load
from kdtcn.features.news import months_of
from kdtcn.lake import Lake, Run
from kdtcn.progress import say
from kdtcn.sessions import NEW_YORK, calendar, parse_session, previous


@flow(name="nightly", validate_parameters=False)
def nightly(session: str | None = None, config: str = "configs/live.yaml", sets: list[str] | None = None) -> str:
    """Forecast `session` (default: today in New York, if it is one); returns the path of the report's index."""
    from kdtcn.training.store import in_force

    settings = load(Path(config), sets or [])
    day = tonight(session)
    if day is None:
        say("no session today: nothing to forecast")
        return ""
    lake = tasks.lake_of(settings)
    with Run(lake, f"nightly {day:%Y-%m-%d}", settings.fingerprint()) as run:
        before = previous(day)
        months = months_of(before, day)
        tasks.pull(settings, f"{before:%Y-%m-%d}", f"{day:%Y-%m-%d}")
        run.rows.update(tasks.extract(settings, months))
        run.rows["links"] = tasks.link(settings, months)["links"]
        tasks.settle(settings, pd.DatetimeIndex([before]))
        live = str(in_force(lake, day)["model_id"])
        run.rows["learnt"] = tasks.learn(settings, live, pd.DatetimeIndex([day]))
        found = tasks.forecast(settings, live, pd.DatetimeIndex([day])).iloc[0]
        tasks.explain(settings, live, pd.DatetimeIndex([day]))
        say(f"{day:%Y-%m-%d}: P(up) {found['p_up']:.2f}, P(abrupt) {found['p_abrupt']:.2f} ({live})")
        # the page of the session before gains its outcome
        return tasks.report(settings, config, live, explained(lake, settings, live, pd.DatetimeIndex([before, day])))


def explained(lake: Lake, settings: Settings, model_id: str, sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Those of the sessions that have effects of this model."""
    from kdtcn.explain.pending import newest_effects

    return sessions[sessions.isin(newest_effects(lake, model_id, settings.explain.method)["session"])]


def tonight(session: str | None) -> pd.Timestamp | None:
    """The session named, or today's in New York; None on a day without one."""
    if session is not None:
        return parse_session(session)
    today = pd.Timestamp.now(NEW_YORK).tz_localize(None).normalize()
    return today if today in calendar().sessions else None
