"""KDTCN: prices and event tuples as [text; graph] vectors.

Deng et al. (2019), "Knowledge-Driven Stock Trend Prediction and Explanation via Temporal Convolutional Network",
WWW 2019 Companion, doi 10.1145/3308560.3317701.
"""

from typing import ClassVar

from kdtcn.models.tcn import TcnModel


class Kdtcn(TcnModel):
    """The TCN on prices and event tuples as text and graph vectors."""

    family: ClassVar[str] = "kdtcn"
    kind: ClassVar[str | None] = "text+graph"
