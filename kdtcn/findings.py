"""A finding: something measured, what was wanted of it, and whether that holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`value` and `wanted` are words for a reader; `holds` decides the exit code of the command that prints them."""

    what: str
    value: str
    wanted: str
    holds: bool
