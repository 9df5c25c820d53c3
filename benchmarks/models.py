"""What a longer window costs each kind of network, and what a receptive field too short for its task costs the TCN.

    python benchmarks/models.py                                       # both, about ten minutes on two idle cores
    python benchmarks/models.py --parts cost --windows 10 100 --repeats 1
    python benchmarks/models.py --parts field --batches 300           # MSE of the adding problem by its length
    python benchmarks/models.py --svg docs/models-cost.svg            # and the picture

Every measurement is a process of its own, on one thread: it warms up on two sessions, then takes the processor's seconds of a
step (the median of some) and by how much it pushes the peak of its resident memory up, as the kernel counts it. Repeats come in
turn, so that what else the machine does falls on all alike. A step is forward, backward and the optimiser on a batch of windows of price vectors;
evaluation the forward pass alone. All networks are those of `kdtcn.models`, of about as many parameters; the places that the
transformers learn, one a session, come on top. `kept` is what a network must keep of the past to go on to the next session.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import altair as alt
import pandas as pd
import torch
import vl_convert
from sanity import TASKS, floor, learn, learner

from kdtcn import models
from kdtcn.models.descent import optimiser
from kdtcn.models.network import N_PRICES, Network
from kdtcn.models.neural import NeuralModel
from kdtcn.models.options import Options
from kdtcn.models.tcn import levels_for, receptive_field
from kdtcn.progress import track

NAMES = ("tcn", "lstm", "gru", "sru", "linear-transformer", "gpt")
WINDOWS = (10, 32, 100, 316, 1000)
BATCH, BUDGET = 32, Options().parameters
WARM, LEAST, FEWEST = 2, 0.3, 3  # window of the warm-up; seconds and steps of which a median is taken
LEVELS = 3  # of the TCN whose receptive field is held: that of the default options at ten sessions
LENGTHS = (20, 30, 40, 60, 80, 120)
MIB = 2**20


def network(name: str, window: int) -> Network:
    """The model's network for windows of prices, with the channels whose number of parameters comes nearest to the budget."""
    model = models.create(name)
    assert isinstance(model, NeuralModel)

    def made(channels: int) -> Network:
        return model.build({"item": 0, "window": window, "channels": channels, "hidden": 0})

    def count(one: Network) -> int:
        return sum(p.numel() for part, p in one.named_parameters() if not part.endswith("places"))

    return min((made(channels) for channels in range(4, 100, 4)), key=lambda one: abs(count(one) - BUDGET))


def kept(name: str, net: Network, window: int) -> int:
    """Numbers that a network keeps between two sessions: the raw window, or a state."""
    channels = int(net.backbone.out)  # type: ignore[arg-type]
    match name:
        case "lstm" | "sru":
            return 2 * channels  # hidden and cell; a cell in either layer
        case "gru":
            return channels
        case "linear-transformer":
            heads = net.backbone.blocks[0].attention.heads  # type: ignore[union-attr,index]
            return 2 * channels * (channels // heads + 1)  # in either block the sums of keys times values and of keys
        case _:
            return window * N_PRICES


def peak() -> int:
    """The most resident memory since it was last reset, in bytes."""
    status = Path("/proc/self/status").read_text("ascii")
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def measure(name: str, window: int, mode: str) -> dict[str, object]:
    """Seconds of a step on BATCH windows, and the growth of the peak of resident memory in MiB."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    _steps(network(name, WARM), WARM, mode, least=0.0)
    net = network(name, window)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from what is resident now
    before = peak()
    seconds = _steps(net, window, mode, least=LEAST)
    return {
        "model": name,
        "window": window,
        "mode": mode,
        "seconds": seconds,
        "MiB": (peak() - before) / MIB,
        "parameters": sum(p.numel() for p in net.parameters()),
        "kept": kept(name, net, window),
    }


def _steps(net: Network, window: int, mode: str, least: float) -> float:
    mover = optimiser(net, Options())
    sessions = torch.randn(BATCH * window, N_PRICES)
    windows = torch.arange(BATCH * window).reshape(BATCH, window)
    net.train(mode == "training")

    def step() -> None:
        if mode == "training":
            mover.zero_grad(set_to_none=True)
            net.head(sessions, None, windows).square().mean().backward()
            mover.step()
        else:
            with torch.no_grad():
                net.head(sessions, None, windows)

    step()
    taken: list[float] = []
    while len(taken) < FEWEST or sum(taken) < least:
        began = time.process_time()
        step()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def short(length: int, covered: bool, batches: int, seed: int) -> dict[str, object]:
    """The loss of a TCN on the adding problem of this length, with a receptive field that covers it or with that of LEVELS."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    kernel = Options().kernel
    levels = max(LEVELS, levels_for(kernel, length)) if covered else LEVELS
    net = learner("tcn", TASKS["adding"], length, levels, kernel=kernel)
    losses = [row["loss"] for row in learn(net, TASKS["adding"], length, batches, 3e-3, seed)]
    field = receptive_field(kernel, levels)
    return {"length": length, "covered": covered, "field": field, "mse": losses[-1], "floor": floor(length, field)}


def alone(work: Callable[..., dict[str, object]], jobs: list[tuple[object, ...]], label: str) -> pd.DataFrame:
    """Each job in a process of its own, one after the other."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["torch", "kdtcn.models.neural"])
    rows = []
    for job in track(jobs, label, len(jobs)):
        with context.Pool(1) as pool:
            rows.append(pool.apply(work, job))
    return pd.DataFrame(rows)


def cost_table(found: pd.DataFrame) -> str:
    """Medians over the repeats as Markdown, a row a model; in brackets how many times as much as the TCN in the same run."""
    lines = []
    middle = found.groupby(["mode", "model", "window"])[["seconds", "MiB"]].median()
    for mode, (column, scale, unit) in product(("training", "evaluation"), (("seconds", 1e3, "ms a step"), ("MiB", 1, "MiB"))):
        windows = sorted(found["window"].unique())
        lines += [
            f"\n{mode}, {unit}\n",
            f"| model | {' | '.join(str(w) for w in windows)} |",
            "|---" + "|---:" * len(windows) + "|",
        ]
        for name in found["model"].unique():
            ours = [middle.loc[(mode, "tcn", w), column] for w in windows]
            its = [middle.loc[(mode, name, w), column] for w in windows]
            cells = [
                f"{scale * b:.3g}" + ("" if name == "tcn" else f" ({b / max(a, 1e-9):.2g})")
                for a, b in zip(ours, its, strict=True)
            ]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    first = found.drop_duplicates(["model", "window"]).set_index(["model", "window"])
    lines += [
        f"\nparameters, and numbers kept\n\n| model | {' | '.join(str(w) for w in windows)} |",
        "|---" + "|---:" * len(windows) + "|",
    ]
    for name in found["model"].unique():
        cells = [f"{first.loc[(name, w), 'parameters']:,}, {first.loc[(name, w), 'kept']:,}" for w in windows]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def field_table(found: pd.DataFrame) -> str:
    lines = ["| length | receptive field | MSE | best possible | covering field | MSE |", "|---:|---:|---:|---:|---:|---:|"]
    for length, rows in found.groupby("length"):
        held, whole = rows[~rows["covered"]], rows[rows["covered"]]
        lines.append(
            f"| {length} | {held['field'].iloc[0]} | {held['mse'].median():.4f} | {held['floor'].iloc[0]:.4f} "
            f"| {whole['field'].iloc[0]} | {whole['mse'].median():.4f} |"
        )
    return "\n".join(lines)


def picture(cost: pd.DataFrame | None, field: pd.DataFrame | None) -> alt.VConcatChart:
    parts: list[alt.VConcatChart | alt.LayerChart] = []
    if cost is not None:
        middle = cost.groupby(["mode", "model", "window"], as_index=False)[["seconds", "MiB", "kept"]].median()
        middle["MiB"] = middle["MiB"].clip(lower=0.1)  # a page or two, or none: below what a logarithm shows
        rows = [
            alt.hconcat(_line(of, "seconds", f"seconds of a step, {mode}"), _line(of, "MiB", f"peak memory, MiB, {mode}"))
            for mode, of in middle.groupby("mode", sort=False)
        ]
        parts.append(alt.vconcat(*rows[::-1], _line(middle, "kept", "numbers kept between two sessions")))
    if field is not None:
        parts.append(_fields(field))
    return alt.vconcat(*parts).resolve_scale(color="independent").properties(background="white")


def _line(rows: pd.DataFrame, column: str, title: str) -> alt.Chart:
    x = alt.X("window:Q", title="sessions in a window", scale=alt.Scale(type="log"), axis=alt.Axis(values=list(WINDOWS)))
    y = alt.Y(f"{column}:Q", title=title, scale=alt.Scale(type="log"))
    colour = alt.Color("model:N", sort=list(NAMES), title=None)
    return alt.Chart(rows).encode(x=x, y=y, color=colour).mark_line(point=True).properties(width=300, height=200)


def _fields(field: pd.DataFrame) -> alt.Chart:
    held = field.loc[~field["covered"], "field"].iloc[0]
    names = {False: f"receptive field of {held}", True: "receptive field that covers the sequence"}
    middle = field.groupby(["covered", "length"], as_index=False)[["mse", "floor"]].median()
    best = middle[~middle["covered"]].assign(what=f"best possible with {held}", mse=lambda rows: rows["floor"])
    lines = pd.concat([middle.assign(what=middle["covered"].map(names)), best])[["length", "mse", "what"]]
    x = alt.X("length:Q", title="steps of the adding problem")
    y = alt.Y("mse:Q", title="mean squared error")
    colour = alt.Color("what:N", title=None, legend=alt.Legend(labelLimit=300))
    return alt.Chart(lines).encode(x=x, y=y, color=colour).mark_line(point=True).properties(width=300, height=200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=["cost", "field"], default=["cost", "field"])
    parser.add_argument("--models", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--windows", type=int, nargs="+", default=list(WINDOWS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batches", type=int, default=1000, help="of the adding problem")
    parser.add_argument("--svg", type=Path, help="write the picture to this file")
    asked = parser.parse_args()
    cost = field = None
    if "cost" in asked.parts:
        names = [name for name in NAMES if name == "tcn" or name in asked.models]
        jobs = [(n, w, mode) for _, w, n, mode in product(range(asked.repeats), asked.windows, names, ("training", "evaluation"))]
        cost = alone(measure, jobs, "seconds and memory")
        print(cost_table(cost), flush=True)
    if "field" in asked.parts:
        jobs = [
            (length, covered, asked.batches, seed)
            for seed in range(asked.repeats)
            for length in LENGTHS
            for covered in (False, True)
        ]
        field = alone(short, jobs, "receptive fields")
        print("\n" + field_table(field), flush=True)
    if asked.svg:
        asked.svg.parent.mkdir(parents=True, exist_ok=True)
        asked.svg.write_text(vl_convert.vegalite_to_svg(picture(cost, field).to_dict()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
