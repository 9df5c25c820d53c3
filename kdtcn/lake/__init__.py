"""The tables, and the only way to them."""

from kdtcn.lake.lake import Lake, Written
from kdtcn.lake.runs import Run, audits, degradations, nights

__all__ = ["Lake", "Run", "Written", "audits", "degradations", "nights"]
