"""A page as an e-mail: whole in itself, read by the standard library; and as a PDF, with a clear word where nothing can print."""

import dataclasses
import email
import re
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from kdtcn.errors import InputError
from kdtcn.report import chromium, folder, mail, write_site
from kdtcn.report.verify import read_page
from tests.report import made
from tests.report.test_browser import HOSTILE, LINKS


def _sent(html: Path) -> EmailMessage:
    """The message as a mail program reads it from the file."""
    page, told = read_page(html)
    raw = mail.message(page, told, folder.read_index(html.parent.parent)["meta"], "desk@example.org").as_bytes()
    return email.message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def sent(site: Path) -> EmailMessage:
    return _sent(site / "sessions" / "2016-06-24.html")


def test_the_message_has_text_html_and_pictures_inside(sent: EmailMessage) -> None:
    assert sent["Subject"].startswith("DJIA 2016-06-24: P(up) ")
    assert sent["To"] == "desk@example.org"
    assert sent.get_content_type() == "multipart/alternative"
    html = sent.get_body(("html",)).get_content()  # type: ignore[union-attr]
    pictures = {part["Content-ID"][1:-1]: part.get_content() for part in sent.walk() if part.get_content_type() == "image/png"}
    assert len(pictures) == 3
    assert all(picture.startswith(b"\x89PNG") and len(picture) > 2000 for picture in pictures.values())
    assert set(re.findall(r'src="cid:([^"]+)"', html)) == set(pictures)


def test_nothing_of_the_message_is_fetched(sent: EmailMessage) -> None:
    html = sent.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert re.findall(r'(?:src|srcset|background|poster)="(?!cid:)', html) == []
    assert not re.search(r"<(script|link|iframe|object|embed|form)\b|url\(|@import", html)


def test_the_text_alone_tells_the_forecast_the_record_and_the_largest_effects(sent: EmailMessage) -> None:
    text = sent.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.startswith("The model expects DJIA to ")
    assert "SYNTHETIC DATA" in text
    assert "always saying up was right in" in text
    assert "Island kingdom exiting from continental union" in text
    assert "&#" not in text
    assert "Not investment advice." in text


def test_hostile_headlines_are_text_in_the_message(tmp_path: Path) -> None:
    rows = tuple(
        dataclasses.replace(
            made.events(1)[0], event_id=f"e{n}", headline=text, subject=text, url=LINKS[n % len(LINKS)], effect=-1.0 - n
        )
        for n, text in enumerate(HOSTILE)
    )
    index = write_site(tmp_path / "site", [made.page(events=rows)], None, None, made.META)
    found = _sent(index.parent / "sessions" / "2016-06-24.html")
    html = found.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "&lt;script&gt;" in html
    assert not re.search(r"<script|<img src=(?!\"cid:)|<iframe|javascript:[^<]*\">", html)
    assert "\u202e" not in html
    assert len(html) < 60_000
    assert all(href.startswith("https://") for href in re.findall(r'href="([^"]*)"', html))


def test_a_picture_has_the_light_colours_and_no_variable_of_the_page(site: Path) -> None:
    html = (site / "sessions" / "2016-06-24.html").read_text(encoding="utf-8")
    drawn = mail.standalone(re.search(r'<svg class="chart wide".*?</svg>', html, re.DOTALL)[0])  # type: ignore[index]
    assert "var(" not in drawn
    assert "#1c5fa8" in drawn  # what raises P(up)
    assert "<a " not in drawn


@pytest.mark.browser
def test_a_page_is_printed_with_chromium(site: Path, tmp_path: Path) -> None:
    chromium.print_pdf(site / "sessions" / "2016-06-24.html", tmp_path / "page.pdf")
    pdf = (tmp_path / "page.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2


def test_without_chromium_the_remedy_is_told(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = site / "sessions" / "2016-06-24.html"
    monkeypatch.delenv("KDTCN_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"KDTCN_CHROMIUM; or open .* in any browser"):
        chromium.print_pdf(page, tmp_path / "page.pdf")
    monkeypatch.setenv("KDTCN_CHROMIUM", "/bin/false")
    with pytest.raises(InputError, match="printed nothing"):
        chromium.print_pdf(page, tmp_path / "page.pdf")
    with pytest.raises(InputError, match=r"folder .* is not there"):
        chromium.print_pdf(page, tmp_path / "no" / "page.pdf")
