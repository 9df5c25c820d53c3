"""The scheduled nightly: our own loopback server, and a runner that starts the flow at the configured time."""

from pathlib import Path

from kdtcn.config import load
from kdtcn.progress import say
from kdtcn.sessions import NEW_YORK


def serve(config: Path, sets: list[str]) -> None:
    """Serve until interrupted; the schedule is that of `serve.at`, Monday to Friday, New York time."""
    from flows import server

    settings = load(config, sets)
    server.prepare(settings.folder)
    with server.running(settings.folder, settings.serve.port):
        from prefect.schedules import Cron

        from flows.nightly import nightly

        at = settings.serve.at
        say(f"nightly at {at:%H:%M} New York before each session; stop with Ctrl-C")
        nightly.serve(
            name=f"nightly-{settings.name}",
            parameters={"config": str(config), "sets": sets},
            # holidays are told apart by the flow itself: cron does not know the exchange's calendar
            schedules=[Cron(f"{at.minute} {at.hour} * * 1-5", timezone=NEW_YORK)],
            limit=1,
            print_starting_message=False,
        )
