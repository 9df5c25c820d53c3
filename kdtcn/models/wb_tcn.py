"""WB-TCN: prices and the word vectors of the headlines.

Headlines as they are, no event extracted (Deng et al. 2019, doi 10.1145/3308560.3317701): the ablation that asks whether
extraction helps.
"""

from typing import ClassVar

from kdtcn.models.tcn import TcnModel


class WbTcn(TcnModel):
    """The TCN on prices and headlines as word vectors."""

    family: ClassVar[str] = "wb-tcn"
    kind: ClassVar[str | None] = "word"
