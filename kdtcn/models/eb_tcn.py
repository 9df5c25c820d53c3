"""EB-TCN: prices and event tuples as text vectors.

Structured events after Ding et al. (2014), EMNLP, without the knowledge graph.
"""

from typing import ClassVar

from kdtcn.models.tcn import TcnModel


class EbTcn(TcnModel):
    """The TCN on prices and event tuples as text."""

    family: ClassVar[str] = "eb-tcn"
    kind: ClassVar[str | None] = "text"
