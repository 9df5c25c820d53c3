"""`kdtcn kg ...`: build, look into and check the knowledge graph."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show

if TYPE_CHECKING:
    import networkx as nx

    from kg import Graph

kg_app = typer.Typer(help="The knowledge graph: build it, look into it, link a text.", no_args_is_help=True)
app.add_typer(kg_app, name="kg")

AsOf = Annotated[
    str, typer.Option("--as-of", help="the graph as it stood on this day (ISO date); default: today's knowledge", metavar="DATE")
]


@kg_app.command()
def build(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """Store the graph that `graph.sources` names: the seed that ships, and sub-graphs of Freebase and Wikidata.

    Example: kdtcn kg build --config configs/djia.yaml --set graph.sources=[seed,codex,freebase]
    """
    from kg import build as build_graph

    settings, lake = open_lake(config, sets)
    show(build_graph(lake, settings.graph.sources, settings.graph.data), json_, "knowledge graph")


@kg_app.command()
def stats(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """Entities, facts, relations and types of the lake's graph (or of the seed, where none is built).

    Example: kdtcn kg stats
    """
    graph = _graph(config, sets)
    counts = {
        "version": graph.version,
        "entities": len(graph.entities),
        "facts": len(graph.facts),
        "relations": int(graph.facts["relation"].nunique()),
    }
    if json_:
        show({**counts, "by_relation": graph.facts["relation"].value_counts().to_dict()}, True)
        return
    show(counts, False, "knowledge graph")
    show(graph.facts["relation"].value_counts().rename_axis("relation").reset_index(name="facts"), False, "facts by relation")


@kg_app.command("show")
def show_entity(
    name: Annotated[str, typer.Argument(help="an entity id or a name")],
    as_of: AsOf = "",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """One entity and what was true of it on a day.

    Example: kdtcn kg show Britain --as-of 2016-06-24
    """
    graph = _graph(config, sets)
    known = _known(graph, as_of, config, sets)
    entity = find_entity(graph, name, as_of, _index(config, sets))
    rows = [
        {
            "head": known.nodes[h]["label"],
            "relation": r,
            "tail": known.nodes[t]["label"],
            "from": d.get("valid_from"),
            "to": d.get("valid_to"),
            "source": d.get("source"),
        }
        for h, t, r, d in [*known.out_edges(entity, keys=True, data=True), *known.in_edges(entity, keys=True, data=True)]
    ]
    about = graph.entities.set_index("id").loc[entity]
    if json_:
        show(
            {"id": entity, "label": about["label"], "types": about["types"], "description": about["description"], "facts": rows},
            True,
        )
        return
    show(
        {
            "id": entity,
            "label": about["label"],
            "types": about["types"],
            "aliases": about["aliases"],
            "description": about["description"],
        },
        False,
    )
    show(rows, False, f"facts{' on ' + as_of if as_of else ''}")


@kg_app.command()
def neighbours(
    name: Annotated[str, typer.Argument(help="an entity id or a name")],
    as_of: AsOf = "",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """The entities that one fact joins to this one.

    Example: kdtcn kg neighbours "European Union" --as-of 2016-06-24
    """
    graph = _graph(config, sets)
    known = _known(graph, as_of, config, sets)
    entity = find_entity(graph, name, as_of, _index(config, sets))
    near = sorted({*known.successors(entity), *known.predecessors(entity)}, key=lambda e: known.nodes[e]["label"])
    show([{"id": e, "label": known.nodes[e]["label"], "types": known.nodes[e]["types"]} for e in near], json_, name)


@kg_app.command()
def path(
    left: Annotated[str, typer.Argument(help="an entity id or a name")],
    right: Annotated[str, typer.Argument(help="another one")],
    as_of: AsOf = "",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """The shortest telling paths between two entities.

    Example: kdtcn kg path "J. K. Rowling" "European Union"
    """
    from kg import paths

    graph = _graph(config, sets)
    known = _known(graph, as_of, config, sets)
    start = find_entity(graph, left, as_of, _index(config, sets))
    found = paths(known, start, find_entity(graph, right, as_of, _index(config, sets)))
    if json_:
        show([[list(step) for step in steps] for steps in found], True)
        return
    for steps in found:
        out.print(_in_words(known, start, steps), markup=False)
    if not found:
        out.print(f"no path between {left} and {right} on that day", markup=False)


def _in_words(known: "nx.MultiDiGraph", start: str, steps: list[tuple[str, str, str]]) -> str:
    """A path as a line; a fact that is walked against its direction has its arrow turned."""
    from kg.graph import relations

    here, words = start, [known.nodes[start]["label"]]
    for head, relation, tail in steps:
        label = relations()[relation].label if relation in relations() else relation
        arrow = f"— {label} →" if head == here else f"← {label} —"
        here = tail if head == here else head
        words += [arrow, known.nodes[here]["label"]]
    return " ".join(words)


@kg_app.command()
def link(
    text: Annotated[str, typer.Argument(help="a phrase or a headline")],
    as_of: AsOf = "",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """The entities that a text names, with their scores.

    Example: kdtcn kg link "the Fed raises rates" --as-of 2015-12-16
    """
    from kdtcn.sessions import parse_day
    from kg import Linker

    settings, _ = open_lake(config, sets)
    linker = Linker(_graph(config, sets), threshold=settings.graph.threshold, folder=settings.folder / "index")
    found = linker.link(text, day=parse_day(as_of) if as_of else None, context=text)
    show([{"surface": e.surface, "id": e.entity_id, "label": e.label, "score": round(e.score, 3)} for e in found], json_, text)


@kg_app.command()
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="the file to write")],
    form: Annotated[str, typer.Option("--format", help="graphml, ntriples or cytoscape (JSON)", metavar="FORMAT")] = "graphml",
    as_of: AsOf = "",
    around: Annotated[str, typer.Option("--around", help="only what surrounds this entity (id or name)", metavar="ENTITY")] = "",
    hops: Annotated[
        int, typer.Option("--hops", help="with --around: facts between it and the furthest entity", min=1, max=5)
    ] = 1,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Write the graph as of a day, or the part around an entity, for other programs.

    Example: kdtcn kg export -o brexit.graphml --around "European Union" --hops 1 --as-of 2016-06-24
    """
    from kdtcn.errors import InputError
    from kg import export as exports

    if form not in exports.FORMATS:
        raise InputError(f"--format {form!r}: choose {', '.join(exports.FORMATS)}")
    graph = _graph(config, sets)
    view = _known(graph, as_of, config, sets)
    if around:
        view = exports.around(view, find_entity(graph, around, as_of, _index(config, sets)), hops)
    try:
        exports.write(view, output, form)
    except OSError as error:
        raise InputError(f"--output {output}: cannot be written ({error.strerror})") from None
    show({"file": str(output), "format": form, "entities": len(view), "facts": view.number_of_edges()}, json_, "exported")


@kg_app.command()
def verify(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """Look for what is wrong with the graph: dangling ids, reversed dates, duplicates, unknown relations, conflicts, circles.

    Ends with status 1 where it finds any. Example: kdtcn kg verify --set graph.sources=[seed]
    """
    from kg.check import problems

    found = [problem._asdict() for problem in problems(_graph(config, sets))]
    if found or json_:
        show(found, json_, "problems")
    else:
        out.print("nothing wrong found", markup=False)
    if found:
        raise typer.Exit(1)


def _graph(config: Path, sets: list[str]) -> "Graph":
    from kg import load, load_seed

    _, lake = open_lake(config, sets)
    return load(lake) if lake.version("facts") >= 0 else load_seed()


def _index(config: Path, sets: list[str]) -> Path:
    """Where the linker keeps its names."""
    return open_lake(config, sets)[0].folder / "index"


def _known(graph: "Graph", as_of: str, config: Path, sets: list[str]) -> "nx.MultiDiGraph":
    import pandas as pd

    from kdtcn.sessions import parse_day

    day = parse_day(as_of) if as_of else pd.Timestamp.now().normalize()
    return graph.as_of(day, open_lake(config, sets)[0].graph.undated)


def find_entity(graph: "Graph", name: str, as_of: str = "", folder: Path | None = None) -> str:
    """The id of an entity given by id or name; InputError where nothing bears the name on that day. `folder` keeps the linker's names."""
    from kdtcn.errors import InputError
    from kdtcn.sessions import parse_day
    from kg import Linker

    if name in set(graph.entities["id"]):
        return name
    found = Linker(graph, threshold=0.0, folder=folder).link(name, day=parse_day(as_of) if as_of else None)
    if not found:
        raise InputError(f"no entity is called {name!r}; try `kdtcn kg link {name!r}` or another spelling")
    return str(max(found, key=lambda e: (e.end - e.start, e.score)).entity_id)
