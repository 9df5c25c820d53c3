"""The linkage graph as inline SVG: laid out by stress, labels of edges are laid out like nodes, so that none covers another."""

from dataclasses import dataclass

import networkx as nx
import numpy as np
from markupsafe import Markup, escape

from kdtcn.explain.linkage import Edge, Linkage, Node
from kdtcn.report.words import plain, short

WIDTH = 1000
EM = 7.1  # px a character at 12.5 px of a system font, on the generous side
LINE = 16
GAP = 14
NODE_CHARS, EDGE_CHARS, LINES = 24, 22, 2


@dataclass
class _Box:
    lines: list[str]
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


def linkage_svg(linkage: Linkage) -> Markup:
    """The picture of a linkage; empty where there is none."""
    if not linkage.edges:
        return Markup("")
    boxes: dict[object, _Box] = {node.id: _box(node.label, NODE_CHARS, 22) for node in linkage.nodes}
    graph = nx.Graph()
    graph.add_nodes_from(boxes)
    for n, edge in enumerate(linkage.edges):
        boxes[n] = _box(_edge_text(edge), EDGE_CHARS, 6, scale=0.88)
        graph.add_edges_from([(edge.head, n), (n, edge.tail)])
    height = _arrange(graph, boxes)
    width = WIDTH
    parts = [
        f'<svg class="linkage" id="linkage" viewBox="0 0 {width} {height:.0f}" role="img" aria-label="Linkage graph of {len(linkage.nodes)} entities and texts, '
        f'{len(linkage.edges)} tuples and facts; the sentences below say the same.">',
        '<defs><marker id="tip-event" class="f-event" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0.8L8,4L0,7.2Z"/></marker><marker id="tip-fact" class="f-fact" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0,0.8L8,4L0,7.2Z"/></marker></defs>',
    ]
    # a script that moves a node finds its edges by these numbers
    place = {node.id: n for n, node in enumerate(linkage.nodes)}
    lines, labels = zip(
        *(
            _edge_svg(edge, boxes[n], boxes[edge.head], boxes[edge.tail], (place[edge.head], place[edge.tail]))
            for n, edge in enumerate(linkage.edges)
        ),
        strict=True,
    )
    parts += [*lines, *labels, *(_node_svg(node, boxes[node.id]) for node in linkage.nodes), "</svg>"]
    return Markup("".join(parts))


def _edge_text(edge: Edge) -> str:
    return f"{edge.label} since {edge.since}" if edge.since else edge.label


def _box(text: str, chars: int, pad: float, scale: float = 1.0) -> _Box:
    lines = _wrap(plain(text), chars)
    return _Box(lines, max(len(line) for line in lines) * EM * scale + pad, len(lines) * LINE * scale + (8 if pad > 10 else 2))


def _wrap(text: str, chars: int) -> list[str]:
    """At most two lines of at most so many characters; what does not fit ends in an ellipsis."""
    lines: list[str] = [""]
    for word in text.split():
        word = word if len(word) <= chars else word[: chars - 1] + "…"
        if not lines[-1]:
            lines[-1] = word
        elif len(lines[-1]) + 1 + len(word) <= chars:
            lines[-1] += f" {word}"
        elif len(lines) < LINES:
            lines.append(word)
        else:
            lines[-1] = lines[-1][: chars - 1] + "…"
            break
    return lines


def _arrange(graph: nx.Graph, boxes: dict[object, _Box]) -> float:
    """Lay out each component, largest first, and put them on shelves; returns the height of the whole."""
    x = y = shelf = float(GAP)
    shelf = 0.0
    for component in sorted(nx.connected_components(graph), key=lambda c: (-len(c), str(min(map(str, c))))):
        names = sorted(component, key=str)
        wide, high = _place(graph.subgraph(names), names, boxes)
        if x > GAP and x + wide > WIDTH - GAP:
            x, y, shelf = float(GAP), y + shelf + 2 * GAP, 0.0
        for name in names:
            boxes[name].x += x
            boxes[name].y += y
        x += wide + 2 * GAP
        shelf = max(shelf, high)
    return y + shelf + GAP


def _place(graph: nx.Graph, names: list[object], boxes: dict[object, _Box]) -> tuple[float, float]:
    """Stress layout of one connected piece, boxes pushed apart and kept within the width; returns its size."""
    size = np.array([(boxes[name].width, boxes[name].height) for name in names])
    lengths = dict(nx.all_pairs_shortest_path_length(graph))
    hops = np.array([[lengths[a][b] for b in names] for a in names], dtype=float)
    at = _stress(hops) * np.array([112.0, 74.0])
    if np.ptp(at[:, 1]) * 2.2 > np.ptp(at[:, 0]) * 1.4 and len(names) > 3:  # lie rather than stand
        at = at[:, ::-1] * np.array([2.2, 1 / 2.2])
    room = WIDTH - 2 * GAP - size[:, 0].max()
    if np.ptp(at[:, 0]) > room:
        at[:, 0] *= room / np.ptp(at[:, 0])
    at = _part(at, size, room=WIDTH - 2 * GAP)
    corner = (at - size / 2).min(axis=0)
    far = (at + size / 2).max(axis=0)
    for name, (px, py) in zip(names, at - corner, strict=True):
        boxes[name].x, boxes[name].y = float(px), float(py)
    return float(far[0] - corner[0]), float(far[1] - corner[1])


def _stress(hops: np.ndarray, rounds: int = 120) -> np.ndarray:
    """Positions whose distances follow the hops (SMACOF; Gansner, Koren, North 2004), from a classical scaling."""
    n = len(hops)
    centre = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * centre @ hops**2 @ centre)
    at = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-9))
    at = (
        at[:, ::-1] + np.stack([np.cos(np.arange(n)), np.sin(np.arange(n))], axis=1) * 0.05
    )  # parts equal points, the same way each time
    weight = np.where(hops > 0, 1 / np.maximum(hops, 1) ** 2, 0.0)
    laplace = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(laplace)
    for _ in range(rounds):
        distance = np.linalg.norm(at[:, None] - at[None], axis=-1)
        ratio = np.where(distance > 1e-9, weight * hops / np.maximum(distance, 1e-9), 0.0)
        at = inverse @ ((np.diag(ratio.sum(axis=1)) - ratio) @ at)
    return np.asarray(at)


def _part(at: np.ndarray, size: np.ndarray, room: float, rounds: int = 400) -> np.ndarray:
    """Push boxes that overlap apart, along the axis where less is missing; sideways only within the room."""
    at = at.copy()
    need_x = (size[:, None, 0] + size[None, :, 0]) / 2 + GAP
    need_y = (size[:, None, 1] + size[None, :, 1]) / 2 + GAP * 0.6
    half = size[:, 0] / 2
    middle = at[:, 0].mean()
    for _ in range(rounds):
        dx, dy = at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1]
        short_x, short_y = need_x - np.abs(dx), need_y - np.abs(dy)
        hit = (short_x > 0.5) & (short_y > 0.5)
        np.fill_diagonal(hit, False)
        if not hit.any():
            break
        order = np.sign(np.arange(len(at))[:, None] - np.arange(len(at))[None, :])
        sideways = hit & (short_x < short_y)
        upright = hit & ~sideways
        way_x, way_y = np.where(dx == 0, order, np.sign(dx)), np.where(dy == 0, order, np.sign(dy))
        at[:, 0] += np.sum(np.where(sideways, way_x * short_x, 0.0), axis=1) * 0.3
        at[:, 1] += np.sum(np.where(upright, way_y * short_y, 0.0), axis=1) * 0.3
        at[:, 0] = np.clip(at[:, 0], middle - room / 2 + half, middle + room / 2 - half)
    return at


def _edge_svg(edge: Edge, label: _Box, head: _Box, tail: _Box, ends: tuple[int, int]) -> tuple[str, str]:
    """The line from head over the label to the tail, and the label's text."""
    start, end = _border(head, label), _border(tail, label)
    # a curve whose middle is the label: the control point lies twice as far out
    bend = 2 * label.x - (start[0] + end[0]) / 2, 2 * label.y - (start[1] + end[1]) / 2
    line = (
        f'<path class="edge {edge.kind}" data-ends="{ends[0]} {ends[1]}" d="M{start[0]:.0f},{start[1]:.0f}Q{bend[0]:.0f},{bend[1]:.0f} {end[0]:.0f},{end[1]:.0f}" '
        f'marker-end="url(#tip-{edge.kind})"/>'
    )
    backdrop = f'<g class="said"><rect class="veil" x="{label.x - label.width / 2:.0f}" y="{label.y - label.height / 2:.0f}" width="{label.width:.0f}" height="{label.height:.0f}"/>'
    return line, backdrop + _text(label, f"edge-label {edge.kind}", 14, _edge_text(edge)) + "</g>"


def _node_svg(node: Node, box: _Box) -> str:
    about = f"{node.label}: {node.description}" if node.description else node.label
    rect = (
        f'<rect x="{box.x - box.width / 2:.0f}" y="{box.y - box.height / 2:.0f}" width="{box.width:.0f}" height="{box.height:.0f}" '
        f'rx="{5 if node.kind == "entity" else 0}"/>'
    )
    name = escape(short(node.label))
    return f'<g class="node {node.kind}" data-name="{name}">{rect}{_text(box, "", LINE, about)}</g>'


def _text(box: _Box, css: str, leading: int, title: str) -> str:
    top = box.y - (len(box.lines) - 1) * leading / 2 + 4
    spans = "".join(
        f'<tspan x="{box.x:.0f}" y="{top + n * leading:.0f}">{escape(line)}</tspan>' for n, line in enumerate(box.lines)
    )
    named = f' class="{css}"' if css else ""
    whole = plain(title)
    told = "" if " ".join(box.lines) == whole else f"<title>{escape(whole)}</title>"
    return f"<text{named}>{told}{spans}</text>"


def _border(box: _Box, toward: _Box) -> tuple[float, float]:
    """Where the line from the middle of the box towards another leaves the box."""
    dx, dy = toward.x - box.x, toward.y - box.y
    if dx == 0 and dy == 0:
        return box.x, box.y
    reach = min(
        (box.width / 2 + 2) / abs(dx) if dx else np.inf,
        (box.height / 2 + 2) / abs(dy) if dy else np.inf,
    )
    return box.x + dx * min(reach, 1.0), box.y + dy * min(reach, 1.0)
