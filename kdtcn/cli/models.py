"""Commands about models and what they say: train, predict, explain, abrupt, models."""

from typing import TYPE_CHECKING, Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show

if TYPE_CHECKING:
    import pandas as pd

    from kdtcn.lake import Lake

models_app = typer.Typer(help="Trained models: list them, put one in force, go back.", no_args_is_help=True)
app.add_typer(models_app, name="models")

ModelOption = Annotated[
    str, typer.Option("--model", help="id of a stored model; default: the one in force before the session", metavar="ID")
]
ForceOption = Annotated[bool, typer.Option("--force", help="make it again even if it is there")]
SessionArgument = Annotated[str, typer.Argument(help="an NYSE session, as an ISO date")]


@app.command()
def train(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """Train the configured models and seeds on what the lake holds; what is trained already is skipped.

    Example: kdtcn train --config configs/djia.yaml --set training.seeds=3
    """
    from kdtcn.lake import Run
    from kdtcn.models import family
    from kdtcn.training import store
    from kdtcn.training.experiment import train_configured
    from kdtcn.training.fold import Sight

    settings, lake = open_lake(config, sets)
    for name in settings.training.models:
        family(name)
    lake.require("prices", f"import some first, for example `kdtcn import djia FOLDER --config {config}`")
    lake.require(
        "extractions",
        f"`kdtcn run --config {config}` extracts events and trains; so does `kdtcn backfill --stages extract --stages link` before training",
    )
    with Run(lake, "train", settings.fingerprint()) as run:
        trained = train_configured(lake, settings, Sight.of(lake, settings))
        live = [name for name in trained if name.startswith(f"{settings.training.live}-forecast-s0-")]
        if live:
            store.promote(lake, live[-1])
        run.note(model_ids=trained)
    show({"models": len(trained), "in force": live[-1] if live else "none"}, json_)


@app.command()
def predict(
    session: SessionArgument,
    model: ModelOption = "",
    force: ForceOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Forecast one session from what was known at its decision time; a forecast of one to come is sealed in the ledger.

    Example: kdtcn predict 2016-06-24 --config configs/djia.yaml
    """
    from kdtcn.evaluation.ledger import seal
    from kdtcn.training.fold import Sight
    from kdtcn.training.forecast import forecast

    settings, lake = open_lake(config, sets)
    days, name = _asked(lake, session, model)
    rows = forecast(lake, settings, Sight.of(lake, settings), name, days, force=force)
    seal(lake, settings, rows)
    show(rows[["session", "model_id", "p_up", "p_abrupt", "logit_up", "made_at"]], json_)


@app.command()
def explain(
    session: SessionArgument,
    model: ModelOption = "",
    force: ForceOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Event effects of one session, and its page in the report.

    Example: kdtcn explain 2016-06-24 --config configs/djia.yaml
    """
    from kdtcn.evaluation.ledger import seal
    from kdtcn.explain.pending import explain_pending
    from kdtcn.report.assemble import Assembler
    from kdtcn.report.build import build_site
    from kdtcn.report.page import as_json
    from kdtcn.training.fold import Sight
    from kdtcn.training.forecast import forecast

    settings, lake = open_lake(config, sets)
    days, name = _asked(lake, session, model)
    sight = Sight.of(lake, settings)
    seal(lake, settings, forecast(lake, settings, sight, name, days, force=force))
    explain_pending(lake, settings, sight, name, days, force=force)
    page = Assembler(lake, settings, sight, name, str(config)).page(days[0])
    index = build_site(lake, settings, str(config), name, days)
    if json_:
        show(as_json(page), True)
        return
    rows = [
        {
            "rank": e.popularity,
            "event": e.words,
            "effect": e.effect,
            "placebo": "" if e.low is None else f"{e.low:+.3f} .. {e.high:+.3f}",
            "outside": "*" if e.outside else "",
        }
        for e in page.events
    ]
    show(rows, False, f"{session}: P(up) {page.p_up:.3f}, no-news logit {page.base:+.3f}, logit {page.logit:+.3f}")
    out.print(f"page: {index.parent / 'sessions' / (page.name + '.html')}")


def _asked(lake: "Lake", session: str, model: str) -> "tuple[pd.DatetimeIndex, str]":
    """The session, and the model named or else the one in force before it."""
    import pandas as pd

    from kdtcn.sessions import parse_session
    from kdtcn.training.store import in_force

    day = parse_session(session)
    return pd.DatetimeIndex([day]), model or str(in_force(lake, day)["model_id"])


@app.command()
def abrupt(
    first: Annotated[str, typer.Option("--from", help="first day", metavar="DATE")] = "",
    last: Annotated[str, typer.Option("--to", help="last day", metavar="DATE")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Abrupt changes: sessions with |C| above the threshold, neighbouring ones as one interval.

    Example: kdtcn abrupt --from 2015-08-01 --to 2015-09-30 --config configs/djia.yaml
    """
    from kdtcn.explain.abrupt import intervals, points
    from kdtcn.features.market import market
    from kdtcn.sessions import parse_day

    settings, lake = open_lake(config, sets)
    series = points(market(lake, settings), settings.abrupt.threshold)
    series = [p for p in series if (not first or p.session >= parse_day(first)) and (not last or p.session <= parse_day(last))]
    found = [
        {
            "first": i.first,
            "last": i.last,
            "sessions": len(i.sessions),
            "return": f"{i.cumulative:+.2%}",
            "largest C": f"{i.largest_c:+.2%}",
            "on": i.largest_session,
        }
        for i in intervals(series)
    ]
    show(
        found,
        json_,
        f"|C| > {settings.abrupt.threshold:.1%}: {sum(len(i.sessions) for i in intervals(series))} of {len(series)} sessions",
    )


@models_app.command("available")
def models_available(json_: JsonOption = False) -> None:
    """Every model by its short name, with the paper it comes from and what it reads.

    Example: kdtcn models available
    """
    from kdtcn.models import available, family, paper

    rows = [
        {
            "model": name,
            "paper": paper(name),
            "takes": f"prices, {family(name).kind} items" if family(name).kind else "prices",
            "idea": (family(name).__doc__ or "").splitlines()[0],
        }
        for name in available()
    ]
    show(rows, json_)


@models_app.command("list")
def models_list(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """The trained models of a lake, newest first.

    Example: kdtcn models list --config configs/djia.yaml
    """
    from kdtcn.training.store import stored_models

    _, lake = open_lake(config, sets)
    show(stored_models(lake).drop(columns="config"), json_, lake.url)


@models_app.command()
def promote(
    model_id: Annotated[str, typer.Argument(help="id of a stored model")],
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
) -> None:
    """Put a model in force; the one before it stays stored and can be promoted again.

    Example: kdtcn models promote kdtcn-forecast-s1-0123456789
    """
    from kdtcn.training.store import promote as put_in_force

    _, lake = open_lake(config, sets)
    put_in_force(lake, model_id)
    out.print(f"in force: {model_id}")


@models_app.command("compare")
def models_compare(
    one: Annotated[str, typer.Argument(help="id of a stored model")],
    other: Annotated[str, typer.Argument(help="id of another")],
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Two models on the sessions that both have forecast: accuracy, log loss, and the difference with its 95 % interval.

    Example: kdtcn models compare kdtcn-forecast-s0-0123456789 tcn-forecast-s0-0123456789
    """
    from kdtcn.evaluation.pair import compare

    settings, lake = open_lake(config, sets)
    show(compare(lake, settings, one, other), json_, f"{one} and {other}")


@models_app.command("rollback")
def models_rollback(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = []) -> None:
    """Put the model back in force that was before the one that is; that one is withdrawn, and can be promoted again.

    Example: kdtcn models rollback --config configs/live.yaml
    """
    from kdtcn.training.succession import rollback

    _, lake = open_lake(config, sets)
    out.print(f"in force: {rollback(lake)}")
