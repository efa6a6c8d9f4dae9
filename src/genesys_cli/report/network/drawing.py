"""What a drawing of a network consists of: curves, discs and words, in the order in which they are painted.

Painters (``svg``, ``raster``) turn the list into a picture. It names tones, not colours, so that each painter can
have light and dark ones.

A still drawing shows the genome: width of a link is the size of its weight, tone its sign; the filling of a node is
its bias. A moment of a film shows values: filling of a node is its value, strength of a link what it carries.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .graph import Graph, Link, Node, functions_of, usual_functions
from .layout import Layout, bulge

POSITIVE, NEGATIVE, INK, FAINT, GROUND = "positive", "negative", "ink", "faint", "ground"
THIN, WIDE = 0.5, 5.0  # pixels
STEPS = 8  # strengths of a film
FOOT = 30.0  # pixels below the network, for the legend

Point = tuple[float, float]


class Curve(NamedTuple):
    """A cubic Bezier curve. strength: 0 to 1, from invisible to the full tone; arrow: whether its end has a head"""

    points: tuple[Point, Point, Point, Point]
    width: float
    tone: str
    strength: float
    dashed: bool = False
    arrow: bool = False
    title: str = ""


class Disc(NamedTuple):
    """A circle on the ground's tone, filled with another. strength: 0 to 1; faint: its line is"""

    x: float
    y: float
    radius: float
    tone: str
    strength: float
    faint: bool = False
    title: str = ""


class Words(NamedTuple):
    """A line of text whose middle is at `y`. anchor: ``start``, ``middle`` or ``end``, which is at `x`"""

    x: float
    y: float
    text: str
    size: float
    anchor: str
    tone: str = INK


Item = Curve | Disc | Words


class Drawing(NamedTuple):
    """A picture of `width` by `height` pixels. title: what it shows, in one sentence"""

    width: float
    height: float
    items: list[Item]
    title: str


class Activity(NamedTuple):
    """What a network did in one decision, V being inputs and node genes together.

    values: (V,) float32; read: (V,) float32, the values that links passed on: in a recurrent network a node's are those
        of the decision before
    value_scale, carried_scale: what counts as full strength, of each value and of what a link carries
    chosen: which value is that of the output that decides; None: all do
    """

    values: NDArray[np.float32]
    read: NDArray[np.float32]
    value_scale: NDArray[np.float32]
    carried_scale: float
    chosen: int | None = None


def describe(graph: Graph, of: str) -> str:
    """Return what a drawing shows, in one sentence. of: whose network it is"""
    counts = Counter(node.kind for node in graph.nodes)
    parts = (
        (counts["input"] + graph.left_out, "input"),
        (counts["hidden"], "hidden node"),
        (counts["output"], "output"),
        (sum(link.enabled for link in graph.links), "connection"),
    )
    return f"Network of {of}: " + ", ".join(f"{count} {name}{'s'[: count != 1]}" for count, name in parts)


def drawing_of(layout: Layout, title: str) -> Drawing:
    """Return the still drawing, with a legend."""
    graph = layout.graph
    largest, crowd = _largest(graph), _crowd(graph)
    biases = max((abs(node.bias) for node in graph.nodes), default=0.0) or 1.0
    usual = usual_functions(graph)
    legend = _legend(layout, largest, usual, any(node.bias for node in graph.nodes))
    width = max(layout.width, *map(_end, legend))
    layout = layout._replace(x=layout.x + (width - layout.width) / 2)
    items: list[Item] = []
    for link in sorted(graph.links, key=lambda link: (link.enabled, abs(link.weight))):
        share = min(abs(link.weight) / largest, 1.0)
        tone = (POSITIVE if link.weight >= 0 else NEGATIVE) if link.enabled else FAINT
        strength = (0.3 + 0.6 * share) * crowd + 0.1 if link.enabled else 0.6
        title_ = f"{named(graph, link.source)} to {named(graph, link.target)}: weight {link.weight:.4g}"
        items.append(
            Curve(
                curve(layout, link),
                _thickness(share, crowd) if link.enabled else THIN * 1.6,
                tone,
                strength,
                dashed=not link.enabled,
                arrow=link.back,
                title=title_ if link.enabled else f"{title_}, disabled",
            )
        )
    for k, node in enumerate(graph.nodes):
        items.append(
            Disc(
                float(layout.x[k]),
                float(layout.y[k]),
                layout.radius,
                POSITIVE if node.bias >= 0 else NEGATIVE,
                0.75 * abs(node.bias) / biases,
                faint=not node.used and node.kind != "output",
                title=_node_title(node),
            )
        )
        items += names_of(layout, k, functions_of(node, usual))
    return Drawing(width, layout.height + FOOT, items + legend, title)


def moment_of(layout: Layout, activity: Activity) -> Drawing:
    """Return what the network does in one decision, without a legend."""
    graph = layout.graph
    curves: list[Curve] = []
    largest, crowd = _largest(graph), _crowd(graph)
    for link in graph.links:
        if link.enabled:
            flow = float(link.weight * activity.read[graph.nodes[link.source].value_at]) / activity.carried_scale
            share = _stepped(abs(flow) ** 0.7)
            tone = (POSITIVE if flow >= 0 else NEGATIVE) if share else FAINT
            width = _thickness(abs(link.weight) / largest, crowd)
            curves.append(Curve(curve(layout, link), width, tone, 0.18 + 0.82 * share, arrow=link.back))
    curves.sort(key=lambda one: one.strength)
    items: list[Item] = [*curves]
    for k, node in enumerate(graph.nodes):
        value = float(activity.values[node.value_at] / activity.value_scale[node.value_at])
        tone = POSITIVE if value >= 0 else NEGATIVE
        place = (float(layout.x[k]), float(layout.y[k]), layout.radius)
        items.append(Disc(*place, tone, _stepped(abs(value)), faint=not node.used))
        lit = node.kind != "output" or activity.chosen is None or activity.chosen == node.value_at
        items += names_of(layout, k, "", tone=INK if lit else FAINT)
    return Drawing(layout.width, layout.height, items, "")


def _stepped(share: float) -> float:
    """Return a share of 0 to 1 as one of few, so that from picture to picture most of a film stays as it was."""
    return round(min(share, 1.0) * STEPS) / STEPS


def _largest(graph: Graph) -> float:
    return max((abs(link.weight) for link in graph.links if link.enabled), default=0.0) or 1.0


def _crowd(graph: Graph) -> float:
    """Return the share of width and tone that links keep where there are many."""
    return float(min(1.0, (60 / max(len(graph.links), 1)) ** 0.4))


def _thickness(share: float, crowd: float) -> float:
    """Return the width of a link in pixels. share: of its weight in the largest"""
    return (THIN + (WIDE - THIN) * share) * max(crowd, 0.35)


def curve(layout: Layout, link: Link) -> tuple[Point, Point, Point, Point]:
    """Return a link's way: an S to the right, or an arc above where it goes back."""
    r = layout.radius
    x0, y0 = float(layout.x[link.source]), float(layout.y[link.source])
    x1, y1 = float(layout.x[link.target]), float(layout.y[link.target])
    if not link.back:
        bend = 0.45 * (x1 - x0 - 2 * r)
        return (x0 + r, y0), (x0 + r + bend, y0), (x1 - r - bend, y1), (x1 - r, y1)
    rise = bulge(x1 - x0)
    if link.source == link.target:
        return (
            (x0 + 0.7 * r, y0 - 0.7 * r),
            (x0 + 2.6 * r, y0 - rise),
            (x0 - 2.6 * r, y0 - rise),
            (x1 - 0.7 * r, y1 - r),
        )
    if x0 == x1:  # beside the column
        side = r + 0.25 * abs(y1 - y0)
        return (x0 + r, y0), (x0 + r + side, y0), (x1 + r + side, y1), (x1 + r, y1)
    top = min(y0, y1) - rise
    return (x0, y0 - r), (x0, top), (x1, top), (x1, y1 - r)


def names_of(layout: Layout, k: int, functions: str, tone: str = INK) -> list[Item]:
    """Return the words beside a node. functions: named where they are not the usual ones"""
    node = layout.graph.nodes[k]
    font = layout.fonts[node.kind]
    if not font:
        return []
    x, y, away = float(layout.x[k]), float(layout.y[k]), layout.radius + 6
    small = font * 0.8
    tone = tone if node.used or node.kind == "output" else FAINT
    if node.kind == "input":
        return [Words(x - away, y, node.name, font, "end", tone)]
    if node.kind == "hidden":
        return [Words(x, y + layout.radius + small * 0.75, functions, small, "middle", FAINT)] if functions else []
    words: list[Item] = [Words(x + away, y, node.name, font, "start", tone)]
    if functions:
        words.append(Words(x + away, y + font * 1.05, functions, small, "start", FAINT))
    return words


def named(graph: Graph, k: int) -> str:
    node = graph.nodes[k]
    return node.name or f"node {node.id}"


def _node_title(node: Node) -> str:
    if node.kind == "input":
        return node.name
    title = f"{node.name or f'node {node.id}'}: {node.activation}, bias {node.bias:.4g}, response {node.response:.4g}"
    return title + (f", {node.aggregation}" if node.aggregation != "sum" else "")


def _legend(layout: Layout, largest: float, usual: tuple[str, str], biased: bool) -> list[Item]:
    """Return a line below the network that says what tones, widths and names mean."""
    graph = layout.graph
    size, y = 11.0, layout.height + FOOT / 2
    items: list[Item] = []
    x = 10.0

    def add(text: str) -> None:
        nonlocal x
        items.append(Words(x, y, text, size, "start", FAINT))
        x += len(text) * size * 0.49 + 16

    def sample(tone: str, width: float, strength: float, *, dashed: bool = False) -> None:
        nonlocal x
        items.append(Curve(((x, y), (x + 8, y), (x + 14, y), (x + 22, y)), width, tone, strength, dashed))
        x += 27

    enabled = [link for link in graph.links if link.enabled]
    for tone, text, there in (
        (POSITIVE, "positive weight", any(link.weight >= 0 for link in enabled)),
        (NEGATIVE, "negative", any(link.weight < 0 for link in enabled)),
    ):
        if there:
            sample(tone, 3.0, 0.9)
            add(text)
    if enabled:
        add(f"widest: {largest:.3g}")
    if len(enabled) < len(graph.links):
        sample(FAINT, 1.0, 1.0, dashed=True)
        add("disabled")
    if biased:
        add("fill: bias")
    add(f"nodes: {usual[0]}" + (f" of the {usual[1]}" if usual[1] != "sum" else ""))
    if graph.left_out:
        add(f"{graph.left_out} inputs without a connection are left out")
    return items


def _end(item: Item) -> float:
    """Return how far to the right an item of the legend reaches."""
    return item.x + len(item.text) * item.size * 0.58 + 8 if isinstance(item, Words) else 0.0
