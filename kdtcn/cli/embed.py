"""`kdtcn kg embed`: train an embedding of the graph, or teach the model in force what a session names for the first time."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, show
from kdtcn.cli.graph import kg_app

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from kdtcn.config import Settings
    from kdtcn.lake import Lake
    from kg import Graph, Recipe

LOOKED_AT = 1000  # facts held out to decide when to stop, at most a twentieth


@kg_app.command()
def embed(
    model: Annotated[
        str, typer.Option("--model", help="transe, distmult, complex, rotate or tucker: its recipe in configs/kg/")
    ] = "",
    recipe: Annotated[Path | None, typer.Option("--recipe", help="a recipe of your own", metavar="FILE")] = None,
    dimensions: Annotated[int | None, typer.Option("--dimensions", help="instead of the recipe's")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="instead of the recipe's")] = None,
    as_of: Annotated[str, typer.Option("--as-of", help="facts and tuples known on this day", metavar="DATE")] = "",
    tuples: Annotated[bool, typer.Option("--tuples", help="train on the event tuples known by then too")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="default: HOME/embeddings/MODEL-DATE.safetensors")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="teach the model in force the entities that the session of --as-of names first")
    ] = False,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be done, and change nothing")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Train an embedding of the graph as it stood on a day, or update the one in force.

    Without --model and --recipe the settings decide (graph.model, graph.dim, graph.epochs). The file is safetensors and
    holds the map from ids to rows.

    Examples:

      kdtcn kg embed --as-of 2014-12-31 --dry-run

      kdtcn kg embed --model transe --dimensions 64 --epochs 10 --output /tmp/transe.safetensors

      kdtcn kg embed --update --as-of 2016-06-24 --config configs/djia.yaml
    """
    import pandas as pd

    from kdtcn.sessions import parse_day

    settings, lake = open_lake(config, sets)
    day = parse_day(as_of) if as_of else pd.Timestamp.now().normalize()
    if update:
        show(_updated(lake, settings, day, dry_run), json_, "update")
        return
    chosen = _recipe(settings, model, recipe, dimensions, epochs)
    where = output or settings.folder / "embeddings" / f"{chosen.model.lower()}-{day:%Y-%m-%d}.safetensors"
    show(_trained(lake, settings, chosen, day, tuples, where, seed, dry_run), json_, "embedding")


def _recipe(settings: "Settings", model: str, path: Path | None, dimensions: int | None, epochs: int | None) -> "Recipe":
    from kdtcn.errors import ConfigError
    from kg.embedding import MODELS, Recipe, read_recipe
    from kg.embedding.recipe import FOLDER

    changes = {key: value for key, value in (("dimensions", dimensions), ("epochs", epochs)) if value is not None}
    if path is None and not model:
        graph = settings.graph
        return Recipe.of(**{"model": graph.model, "dimensions": graph.dim, "epochs": graph.epochs, **changes})
    if path is None and model.lower() not in {name.lower() for name in MODELS}:
        raise ConfigError(f"--model {model!r}: unknown; known are {', '.join(name.lower() for name in MODELS)}")
    found = read_recipe(path or FOLDER / f"{model.lower()}.yaml")
    if path is not None and model and model.lower() != found.model.lower():
        raise ConfigError(f"--model {model!r}: {path} is a recipe of {found.model}; leave one of the two out")
    return found.but(**changes)


def _trained(
    lake: "Lake",
    settings: "Settings",
    recipe: "Recipe",
    day: "pd.Timestamp",
    tuples: bool,
    output: Path,
    seed: int,
    dry_run: bool,
) -> dict[str, Any]:
    """Train and write the file; returns what was done, or would be."""
    import numpy as np

    from kdtcn.progress import say
    from kg import embed as fit
    from kg import load, load_seed

    graph = load(lake) if lake.version("facts") >= 0 else load_seed()
    known = graph.as_of(day, undated=settings.graph.undated)
    facts = np.array([(h, r, t) for h, t, r in known.edges(keys=True)], dtype=str).reshape(-1, 3)
    told = _tuples(lake, settings, graph, day) if tuples or settings.graph.tuples == "joint" else facts[:0]
    rows = np.unique(np.vstack([facts, told]), axis=0)
    entities = len(np.unique(rows[:, [0, 2]]))
    about = {
        "recipe": recipe.model_dump(),
        "as of": f"{day:%Y-%m-%d}",
        "facts": len(facts),
        "event tuples": len(told),
        "entities with a vector": f"{entities} of {len(graph.entities)}",
        "output": str(output),
    }
    if dry_run:
        return {**about, "done": "nothing (--dry-run)"}
    held = np.zeros(len(rows), bool)
    if recipe.patience:
        held[np.random.default_rng(seed).choice(len(rows), min(LOOKED_AT, len(rows) // 20), replace=False)] = True
    began = spoken = time.monotonic()
    best = 0.0

    def report(epoch: int, loss: float, rank: float | None) -> None:
        nonlocal spoken, best
        best = max(best, rank or 0.0)
        if rank is not None or time.monotonic() - spoken > 10 or epoch == recipe.epochs:
            spoken = time.monotonic()
            say(f"epoch {epoch} of {recipe.epochs}: loss {loss:.4f}" + (f", MRR of held-out facts {rank:.3f}" if rank else ""))

    embedding = fit(rows[~held], recipe, seed=seed, valid=rows[held] if held.any() else None, told=report)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(embedding.save())
    ranked = {"MRR of held-out facts": round(best, 4)} if held.any() else {}
    return {**about, **ranked, "seconds": round(time.monotonic() - began, 1)}


def _tuples(lake: "Lake", settings: "Settings", graph: "Graph", day: "pd.Timestamp") -> "np.ndarray":
    """(n, 3) event tuples with both arguments linked, known at the end of the day."""
    import pandas as pd
    import pyarrow.dataset as ds

    from kdtcn.events.extractor import extractor_id
    from kdtcn.events.pipeline import load as load_pipeline
    from kdtcn.features.vectors import event_triples
    from kdtcn.sessions import day_end
    from kg.pending import linker_id

    by = ds.field("extractor") == extractor_id(load_pipeline(settings.nlp.model))
    end = day_end(pd.DatetimeIndex([day]))[0]
    events = lake.read("events", as_of=end, columns=["event_id", "event_type"], where=by)
    mine = (ds.field("linker") == linker_id(settings.graph.threshold)) & (ds.field("graph_version") == graph.version)
    links = lake.read("links", as_of=end, columns=["event_id", "role", "entity_id"], where=mine & (ds.field("entity_id") != ""))
    return event_triples(events, links)


def _updated(lake: "Lake", settings: "Settings", day: "pd.Timestamp", dry_run: bool) -> dict[str, Any]:
    """Renew the model in force for one session; returns what it learnt and how its entities are covered."""
    import pandas as pd

    from kdtcn.sessions import parse_session
    from kdtcn.training.fold import Sight
    from kdtcn.training.renewal import renew
    from kdtcn.training.store import in_force

    session = parse_session(f"{day:%Y-%m-%d}")
    live = str(in_force(lake, session)["model_id"])
    sight = Sight.of(lake, settings)
    done = renew(lake, settings, sight, live, pd.DatetimeIndex([session]), dry_run=dry_run)
    label = dict(zip(sight.graph.entities["id"], sight.graph.entities["label"], strict=True))
    return {
        "model": live,
        "session": f"{session:%Y-%m-%d}",
        "would learn" if dry_run else "learnt": [label.get(name, name) for name in done.learnt],
        **done.coverage,
    }
