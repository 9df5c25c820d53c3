"""The whole chain, from prices and headlines to the evaluation table and the explanation report."""

from pathlib import Path

from prefect import flow

from flows import tasks
from flows.metrics import measured
from kdtcn.config import load
from kdtcn.lake import Run
from kdtcn.progress import say


@flow(name="experiment", validate_parameters=False)
def experiment(config: str = "configs/demo.yaml", sets: list[str] | None = None) -> str:
    """Pull, extract, link, train, evaluate, explain, report; returns the path of the report's index."""
    from kdtcn.report.build import sessions_to_show

    settings = load(Path(config), sets or [])
    lake = tasks.lake_of(settings)
    with measured(lake, settings), Run(lake, "run", settings.fingerprint()) as run:
        say("1/7 prices and headlines")
        tasks.pull(settings)
        say("2/7 knowledge graph")
        run.rows.update(tasks.build_graph(settings))
        say("3/7 event tuples")
        run.rows.update(tasks.extract(settings))
        say("4/7 entity links")
        run.rows["links"] = tasks.link(settings)["links"]
        say("5/7 models")
        trained = tasks.train(settings)
        live = tasks.promote(settings, trained)
        run.note(model_ids=trained)
        say("6/7 event effects")
        sessions = sessions_to_show(lake, settings, live)
        tasks.settle(settings, sessions)
        run.rows["explained"] = tasks.explain(settings, live, sessions)
        say("7/7 report")
        return tasks.report(settings, config, live)
