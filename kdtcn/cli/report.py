"""Commands about the site of reports as it stands: open a page, print or mail it, make it anew and compare."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show
from kdtcn.cli.operate import report_app
from kdtcn.errors import InputError


@report_app.command("open")
def report_open(
    page: Annotated[
        str, typer.Argument(help="a session's page, e.g. 2016-06-24; default: the list of all", metavar="[PAGE]")
    ] = "",
    pdf: Annotated[Path | None, typer.Option("--pdf", help="print the page to this file instead (needs Chromium)")] = None,
    email: Annotated[
        Path | None, typer.Option("--email", help="write the page as an e-mail with its pictures to this .eml file instead")
    ] = None,
    address: Annotated[str, typer.Option("--to", help="whom the e-mail is for", metavar="ADDRESS")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
) -> None:
    """Open the report in the browser, or print or mail one page of it: the newest forecast where none is named.

    Examples:
        kdtcn report open --config configs/demo.yaml
        kdtcn report open 2016-06-24 --pdf referendum.pdf
        kdtcn report open --email morning.eml --to desk@example.org
    """
    settings, _ = open_lake(config, sets)
    home = settings.folder / "report"
    if not (home / "index.html").exists():
        raise InputError(f"{home / 'index.html'}: no report yet; run `kdtcn run --config {config}` first")
    if pdf is None and email is None:
        shown = _page(home, page) if page else home / "index.html"
        out.print(str(shown.resolve()))
        typer.launch(shown.resolve().as_uri())
        return
    from kdtcn.report import folder
    from kdtcn.report.verify import read_page

    index = folder.read_index(home)
    if not page:
        rows = [row for row in index["sessions"] if row["alignment"] == "forecast"] or index["sessions"]
        if not rows:
            raise InputError(f"{home}: no session has a page yet; run `kdtcn explain SESSION --config {config}` first")
        page = rows[0]["name"]
    html, told = read_page(_page(home, page))
    if pdf is not None:
        from kdtcn.report.chromium import print_pdf

        print_pdf(html, pdf)
        out.print(f"printed: {pdf}")
    if email is not None:
        from kdtcn.report.mail import message

        if not email.parent.is_dir():
            raise InputError(f"{email}: the folder {email.parent} is not there; make it first")
        email.write_bytes(message(html, told, index["meta"], address).as_bytes())
        out.print(f"e-mail: {email}")


@report_app.command("verify")
def report_verify(
    page: Annotated[str, typer.Argument(help="a session's page: its file, or its name in the report, e.g. 2016-06-24")],
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Make a page again from its data versions and its model, and say what differs; exit code 1 if anything does.

    Forecast and effects are computed anew by the stored model from the tables at the versions that the page names, its figures
    are put together from them, and the page is written again and compared.

    Examples:
        kdtcn report verify 2016-06-24 --config configs/djia.yaml
        kdtcn report verify var/djia/report/sessions/2016-06-24.html --config configs/djia.yaml
    """
    from kdtcn.report.verify import SHOWN, verify

    settings, lake = open_lake(config, sets)
    path = _page(settings.folder / "report", page)
    found = verify(path, lake, settings, str(config))
    wrong = [difference for difference in found if not difference.note]
    if json_:
        show([asdict(difference) for difference in found], True)
    else:
        if found:
            rows = [
                {"what": d.what, "page": d.page, "made again": d.made} for d in [*wrong[:SHOWN], *(d for d in found if d.note)]
            ]
            more = f", the first {SHOWN} shown" if len(wrong) > SHOWN else ""
            show(rows, False, f"{path.name}{more}")
        said = f"{len(wrong)} difference{'s' * (len(wrong) > 1)}" if wrong else "no difference"
        out.print(f"{path.name}: made again from its provenance, {said}")
    if wrong:
        raise typer.Exit(1)


def _page(home: Path, name: str) -> Path:
    """The file of a page that is named by its session or by its path."""
    given = Path(name)
    found = given if given.suffix in (".html", ".json") else home / "sessions" / f"{name}.html"
    if not found.is_file():
        pages = sorted((path.stem for path in (home / "sessions").glob("*.html")), reverse=True)
        there = f"there are {', '.join(pages[:3])}{', ...' if len(pages) > 3 else ''}" if pages else "no session has a page yet"
        raise InputError(f"{found}: no such page; {there}")
    return found
