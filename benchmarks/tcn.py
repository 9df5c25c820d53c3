"""Our TCN beside the package pytorch-tcn with the same weights: the largest difference of outputs, and seconds.

    python benchmarks/tcn.py                 # about a minute on an idle core
    python benchmarks/tcn.py --repeats 3     # rougher

The project reads the last step of a window; `last` compares that, `all` the outputs at every step. Both run in turn in one
process on one thread, without dropout; seconds are those of the processor, medians of the repeats. The ratio is theirs over ours.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from pytorch_tcn import TCN
from torch import Tensor, nn

from kdtcn.models.kdtcn import Kdtcn
from kdtcn.models.tcn import Tcn, TemporalConvolution, levels_for

ITEMS = 144  # width of an event's vector: text and graph, as the default options make them
SIZES = {  # batch, window, width, channels, kernel
    "tcn, default options": (128, 10, 5, Tcn().widths(0, 10)["channels"], 3),
    "kdtcn, default options": (128, 10, 13, Kdtcn().widths(ITEMS, 10)["channels"], 3),
    "window of 100": (32, 100, 5, 25, 3),
    "window of 1,000": (32, 1000, 5, 16, 3),
    "128 channels, window of 200": (32, 200, 64, 128, 3),
}
LEAST = 0.2  # seconds of a measurement


def pair(width: int, channels: int, kernel: int, levels: int) -> tuple[TemporalConvolution, TCN]:
    """Ours, drawn at random, and theirs with its weights."""
    torch.manual_seed(levels)
    ours = TemporalConvolution(width, channels, kernel, levels, dropout=0.0)
    theirs = TCN(width, [channels] * levels, kernel_size=kernel, dropout=0.0, input_shape="NLC")
    for mine, other in zip(ours.blocks, theirs.network, strict=True):
        for a, b in ((mine.first, other.conv1), (mine.second, other.conv2)):
            unknown = b.load_state_dict(a.state_dict(), strict=False).unexpected_keys
            assert not unknown, f"pytorch-tcn has no {unknown}"
        if isinstance(mine.match, nn.Linear):
            other.downsample.load_state_dict({"weight": mine.match.weight[..., None], "bias": mine.match.bias})
    return ours, theirs


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, for one call, over at least LEAST of them."""
    began, calls = time.process_time(), 0
    while time.process_time() - began < LEAST:
        work()
        calls += 1
    return (time.process_time() - began) / calls


def forward(net: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], object]:
    def work() -> None:
        with torch.no_grad():
            net(x)

    return work


def both(net: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], object]:
    return lambda: net(x).square().mean().backward()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print("| size | outputs | difference | forward, ms: ours, theirs, ratio | forward and backward, ms: ours, theirs, ratio |")
    print("|---|---|---:|---:|---:|")
    for size, (batch, window, width, channels, kernel) in SIZES.items():
        ours, theirs = pair(width, channels, kernel, levels_for(kernel, window))
        x = torch.randn(batch, window, width)
        ways = {"last": (ours, lambda x, theirs=theirs: theirs(x)[:, -1]), "all": (ours.steps, theirs)}
        for outputs, nets in ways.items():
            difference = float((nets[0](x) - nets[1](x)).detach().abs().max())
            cells = []
            for passes in (forward, both):
                works = [passes(net, x) for net in nets]
                for work in works:
                    work()
                taken = [[seconds(work) for work in works] for _ in range(asked.repeats)]
                a, b = (1e3 * statistics.median(times) for times in zip(*taken, strict=True))
                ratio = statistics.median(theirs / mine for mine, theirs in taken)
                cells.append(f"{a:.3g}, {b:.3g}, {ratio:.2f}")
            print(f"| {size} | {outputs} | {difference:.1e} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
