"""How many configurations were ever tried: the count that searches note in the lake."""

import json

from kdtcn.lake import Lake

COMMAND = "search"  # in `runs`; a search notes there the name of its study and how many it has scored


def tried(lake: Lake) -> int:
    """How many configurations were ever scored on this lake, by any search: what a score must be corrected for."""
    rows = lake.read("runs", columns=["command", "row_counts"])
    most: dict[str, int] = {}
    for counts in rows.loc[rows["command"] == COMMAND, "row_counts"]:
        noted = json.loads(counts)
        if "study" in noted:  # a search that was taken up again counts once
            most[noted["study"]] = max(most.get(noted["study"], 0), int(noted["tried"]))
    return sum(most.values())
