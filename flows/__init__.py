"""Prefect flows: thin tasks over the library. The bodies read as the method does."""

import os

# no dependency reports home, also where a Prefect worker starts a flow and not our command line
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
