"""KDEB-TCN: prices and event tuples as knowledge-graph vectors.

The graph alone (Deng et al. 2019, doi 10.1145/3308560.3317701): what a tuple's entities are, not how it is worded.
"""

from typing import ClassVar

from kdtcn.models.tcn import TcnModel


class KdebTcn(TcnModel):
    """The TCN on prices and event tuples as graph vectors."""

    family: ClassVar[str] = "kdeb-tcn"
    kind: ClassVar[str | None] = "graph"
