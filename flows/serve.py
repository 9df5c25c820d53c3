"""The scheduled nightly: our own loopback server, and a runner that starts the flow at the configured time."""

import asyncio
import contextlib
import signal
from pathlib import Path

from kdtcn.config import load
from kdtcn.progress import say
from kdtcn.sessions import NEW_YORK


def serve(config: Path, sets: list[str]) -> None:
    """Serve until interrupted: the nightly Monday to Friday at `serve.at`, New York time; the other flows on request."""
    from flows import server

    settings = load(config, sets)
    # a shell that starts us in the background has SIGINT ignored; an interrupt must end us all the same
    signal.signal(signal.SIGINT, signal.default_int_handler)
    server.prepare(settings.folder, level="INFO")
    with server.running(settings.folder, settings.serve.port):
        from prefect.runner import Runner
        from prefect.schedules import Cron

        from flows.backfill import backfill
        from flows.experiment import experiment
        from flows.nightly import nightly

        at = settings.serve.at
        where = {"config": str(config), "sets": sets}
        # holidays are told apart by the flow itself: cron does not know the exchange's calendar
        schedule = Cron(f"{at.minute} {at.hour} * * 1-5", timezone=NEW_YORK)
        runner = Runner(name=settings.name, limit=1, pause_on_shutdown=False)
        runner.add_flow(nightly, name=settings.name, parameters=where, schedule=schedule, concurrency_limit=1)
        runner.add_flow(backfill, name=settings.name, parameters=where)
        runner.add_flow(experiment, name=settings.name, parameters=where, concurrency_limit=1)
        say(f"nightly at {at:%H:%M} New York before each session; stop with Ctrl-C")
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(runner.start())
        say("stopped")
