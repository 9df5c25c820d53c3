"""Where prices and headlines come from: one file a provider behind one interface."""

from kdtcn.sources.base import Context, Counts, Price, Provider, Record, Reject
from kdtcn.sources.registry import available, configured, create
from kdtcn.sources.store import collect, store_news, store_prices

__all__ = [
    "Context",
    "Counts",
    "Price",
    "Provider",
    "Record",
    "Reject",
    "available",
    "collect",
    "configured",
    "create",
    "store_news",
    "store_prices",
]
