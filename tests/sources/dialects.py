"""How each service writes an answer: the same content in its own form, whole, changed and damaged."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from kdtcn.sources import Provider, create

from .conftest import Reply, Service

DAY = date(2016, 6, 24)
MORNING = datetime(2016, 6, 24, 8, tzinfo=UTC)
Item = tuple[str, datetime]  # a title and when the service says it was published


@dataclass(frozen=True)
class Dialect:
    """A service: how its provider is made, the path that is asked for data, and how it writes titles (for prices: closes)."""

    name: str
    path: str
    make: Callable[[Service, float], Provider]
    write: Callable[..., Reply]  # of items; `field` is the name of the column that holds the title

    def serve(self, service: Service, *replies: Reply, timeout: float = 5.0) -> Provider:
        provider = self.make(service, timeout)
        service.on(self.path, *replies)
        return provider


# -- reddit ---------------------------------------------------------------------------------------------------


def _reddit(service: Service, timeout: float) -> Provider:
    service.on("/api/v1/access_token", Reply(json.dumps({"access_token": "t0k"})))
    return create("news", "reddit", {"api": service.url, "site": service.url})


def _listing(items: list[Item], field: str = "title") -> Reply:
    posts = [{"kind": "t3", "data": {field: title, "score": 10, "created_utc": when.timestamp()}} for title, when in items]
    body = json.dumps({"data": {"children": posts, "after": None}}, ensure_ascii=False)
    return Reply(body, headers={"Content-Type": "application/json"})


# -- feeds ----------------------------------------------------------------------------------------------------


def _rss(service: Service, timeout: float) -> Provider:
    return create("news", "rss", {"feeds": [service.url + "/feed"]})


def _feed(items: list[Item], field: str = "title") -> Reply:
    parts = [
        f"<item><{field}>{escape(title)}</{field}><pubDate>{format_datetime(when, usegmt=True)}</pubDate></item>"
        for title, when in items
    ]
    return Reply(
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>x</title>{"".join(parts)}</channel></rss>'
    )


def _atom(items: list[Item], field: str = "title") -> Reply:
    parts = [
        f"<entry><{field}>{escape(title)}</{field}><published>{when.isoformat()}</published></entry>" for title, when in items
    ]
    return Reply(
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{"".join(parts)}</feed>'
    )


# -- gdelt ----------------------------------------------------------------------------------------------------


def _gdelt(service: Service, timeout: float) -> Provider:
    return create("news", "gdelt", {"api": service.url + "/doc"})


def _articles(items: list[Item], field: str = "title") -> Reply:
    articles = [{"url": "https://example.org/1", field: title, "seendate": f"{when:%Y%m%dT%H%M%SZ}"} for title, when in items]
    body = json.dumps({"articles": articles} if articles else {}, ensure_ascii=False)
    return Reply(body, headers={"Content-Type": "application/json"})


NEWEST = "20160624040000"  # the first file of the day in New York, so that a day has one file


def _gdelt_files(service: Service, timeout: float) -> Provider:
    names = "".join(f"1 0 {service.url}/{NEWEST}.{kind}.zip\n" for kind in ("export.CSV", "mentions.CSV", "gkg.csv"))
    service.on("/lastupdate.txt", Reply(names))
    return create("news", "gdelt-files", {"site": service.url})


def gkg(lines: list[str]) -> Reply:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{NEWEST}.gkg.csv", b"".join(line.encode("utf-8", "surrogateescape") + b"\n" for line in lines))
    return Reply(packed.getvalue(), headers={"Content-Type": "application/zip"})


def gkg_line(title: str, stamp: str, field: str = "PAGE_TITLE", site: str = "example.org", themes: str = "") -> str:
    cells = [""] * 27
    cells[1], cells[3], cells[4], cells[7] = stamp, site, f"https://{site}/1", themes
    cells[26] = f"<PAGE_LINKS>x</PAGE_LINKS><{field}>{title}</{field}>"
    return "\t".join(cells)


def _gkg(items: list[Item], field: str = "PAGE_TITLE") -> Reply:
    field = "PAGE_HEAD" if field == "heading" else "PAGE_TITLE"
    return gkg([gkg_line(title, f"{when:%Y%m%d%H%M%S}", field) for title, when in items])


# -- yahoo ----------------------------------------------------------------------------------------------------


def _yahoo(service: Service, timeout: float) -> Provider:
    service.on("/", Reply(""))
    service.on("/v1/test/getcrumb", Reply("crumb"))
    return create("prices", "yahoo", {"symbol": "^DJI", "base_url": service.url, "timeout": timeout})


def chart(closes: list[tuple[date, float | None]], volume: str = "volume", **meta: Any) -> Reply:
    stamps = [int(datetime(day.year, day.month, day.day, 13, 30, tzinfo=UTC).timestamp()) for day, _ in closes]
    values = [close for _, close in closes]
    quote: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close"), values)
    quote[volume] = [1000 for _ in closes]
    meta = {
        "currency": "USD", "symbol": "^DJI", "exchangeName": "DJI", "instrumentType": "INDEX", "firstTradeDate": 475857000,
        "regularMarketTime": stamps[-1] if stamps else 0, "gmtoffset": -14400, "timezone": "EDT", "exchangeTimezoneName": "America/New_York",
        "regularMarketPrice": 1.0, "chartPreviousClose": 1.0, "priceHint": 2, "dataGranularity": "1d", "range": "", "validRanges": ["1d", "max"], **meta,
    }  # fmt: skip
    result = {"meta": meta, "timestamp": stamps, "indicators": {"quote": [quote], "adjclose": [{"adjclose": values}]}}
    if not closes:
        result = {"meta": meta, "indicators": {"quote": [{}], "adjclose": [{}]}}
    body = json.dumps({"chart": {"result": [result], "error": None}}, ensure_ascii=False)
    return Reply(body, headers={"Content-Type": "application/json"})


def _chart(items: list[Item], field: str = "volume") -> Reply:
    """A session an item, from the 22nd on; a long or broken title goes where Yahoo has names."""
    days = [date(2016, 6, 22), date(2016, 6, 23)]
    odd = [title for title, _ in items if title not in ("Oil falls", "Rates rise")]
    plain = [days[("Oil falls", "Rates rise").index(title)] for title, _ in items if title not in odd]
    return chart([(day, 17000.0 + day.day) for day in plain], field, **({"longName": odd[0]} if odd else {}))


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect("yahoo", "/v8/finance/chart/%5EDJI", _yahoo, _chart),
        Dialect("reddit", "/r/worldnews/top", _reddit, _listing),
        Dialect("reddit feed", "/r/worldnews/top/.rss", _reddit, _atom),
        Dialect("rss", "/feed", _rss, _feed),
        Dialect("gdelt", "/doc", _gdelt, _articles),
        Dialect("gdelt files", f"/{NEWEST}.gkg.csv.zip", _gdelt_files, _gkg),
    )
}
