"""Where the nodes of a drawn network lie: columns from left to right, few crossings, sizes that fit their number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .graph import Graph, functions_of, usual_functions

LETTER = 0.53  # width of a letter, as a share of the size of the font: a little more than most have
ROOMY, TIGHT = 46.0, 9.0  # distance of two rows, in pixels, of few nodes and of many
TALL = 560.0  # height that a drawing keeps to until its rows are as close as they may be
SMALLEST = 6.0  # size of letters below which names are left out
FULL = 48  # hidden nodes in a column; more of them are staggered
NARROW = 56.0  # least distance of two columns, in pixels
SWEEPS = 12
COMPARED = 1500  # links; with more, crossings are not counted


class Layout(NamedTuple):
    """Places in pixels, y downwards.

    x, y: (N,) float64, of ``graph.nodes``
    radius: of a node; fonts: size of names, by kind of node, 0: there is no room for any
    width, height: of the whole
    """

    graph: Graph
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    radius: float
    fonts: dict[str, float]
    width: float
    height: float


def layout_of(graph: Graph, box: tuple[float, float] | None = None) -> Layout:
    """Return where everything lies. Inputs and outputs keep their order; hidden nodes go where links cross least.

    box: width and height to fill; a network that needs more than these, and letters of its size, gets a larger layout
    """
    columns = [np.flatnonzero([node.column == c for node in graph.nodes]) for c in range(graph.columns)]
    staggers = [1 if c in (0, graph.columns - 1) else -(-len(column) // FULL) for c, column in enumerate(columns)]
    rows = max(-(-len(column) // max(k, 1)) for column, k in zip(columns, staggers, strict=True))
    gap = min(max(TALL / rows, TIGHT), ROOMY)
    radius = min(max(gap * 0.27, 2.2), 11.0)
    span = gap * rows

    y = np.zeros(len(graph.nodes))
    fonts = {"hidden": _font(gap)}
    for kind, ends, most in (("input", columns[0], 1.0), ("output", columns[-1], 2.2)):
        if len(ends):
            step = min(span / len(ends), ROOMY * most)
            fonts[kind] = _font(step)
            y[ends] = (np.arange(len(ends)) - (len(ends) - 1) / 2) * step
    _place_hidden(graph, columns, y, [gap / max(k, 1) for k in staggers])

    usual = usual_functions(graph)

    def room(kind: str) -> float:
        named = [node for node in graph.nodes if node.kind == kind]
        longest = max((max(len(node.name), 0.8 * len(functions_of(node, usual))) for node in named), default=0)
        return radius + 14 + longest * fonts.get(kind, 0.0) * LETTER

    between = max(190.0 - 18 * graph.columns, 64.0) if graph.columns > 2 else 300.0
    between = max(between, min(0.6 * span, 460.0) / (graph.columns - 1))
    left = room("input")
    x = np.array([left + between * node.column for node in graph.nodes])
    for column, k in zip(columns, staggers, strict=True):
        ranks = np.argsort(np.argsort(y[column]))
        x[column] += (ranks % max(k, 1) - (k - 1) / 2) * min(0.6 * between / max(k, 1), 3.5 * radius)
    above, below = _bulges(graph, x, y)
    top = radius + 8
    lowest = float(y.min(initial=0.0))
    first = max(top - min(lowest, above), 0.0)
    height = first + max(float(y.max(initial=0.0)), below) + top
    width = left + between * (graph.columns - 1) + max(room("output"), radius + 14)
    layout = Layout(graph, x, y + first, radius, fonts, width, height)
    return layout if box is None else _fitted(layout, *box)


def _fitted(layout: Layout, width: float, height: float) -> Layout:
    """Return a layout with other distances; its names, nodes and letters stay as large as they are."""
    x, y = layout.x, layout.y
    left, right = float(x.min()), layout.width - float(x.max())
    across = max(width - left - right, NARROW * (layout.graph.columns - 1))
    x = left + (x - left) * across / (float(x.max()) - left or 1.0)
    above, below = float(y.min()), layout.height - float(y.max())
    rows = float(y.max()) - above
    down = min(max(height - above - below, rows), 1.6 * rows)
    y = above + (y - above) * down / (rows or 1.0)
    return layout._replace(x=x, y=y, width=left + across + right, height=above + down + below)


def _font(step: float) -> float:
    """Return the size of letters in rows of a distance, 0: it would be too small."""
    size = min(step * 0.8, 13.0)
    return size if size >= SMALLEST else 0.0


def bulge(distance: float) -> float:
    """Return how far above its ends a link that goes back rises, in pixels; distance: of the ends, along x"""
    return 24.0 + 0.22 * abs(distance)


def _bulges(graph: Graph, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Return the highest and the lowest place that links going back reach."""
    heights = [
        min(y[link.source], y[link.target]) - 0.75 * bulge(x[link.source] - x[link.target])
        for link in graph.links
        if link.back
    ]
    return (float(min(heights)), 0.0) if heights else (0.0, 0.0)


def _place_hidden(graph: Graph, columns: list[NDArray[np.int64]], y: NDArray[np.float64], gaps: list[float]) -> None:
    """Write y of hidden nodes: barycentres of what they are linked with, in sweeps; the one with fewest crossings."""
    hidden = [(column, gap) for column, gap in zip(columns[1:-1], gaps[1:-1], strict=True) if len(column)]
    if not hidden:
        return
    linked: list[list[int]] = [[] for _ in graph.nodes]
    for link in graph.links:
        if link.source != link.target:
            linked[link.source].append(link.target)
            linked[link.target].append(link.source)
    lines = np.array([(link.source, link.target) for link in graph.links if not link.back], np.int64).reshape(-1, 2)
    x = np.array([float(node.column) for node in graph.nodes])
    column_of = x.astype(int)
    best, fewest = y.copy(), -1
    for sweep in range(SWEEPS):
        for column, gap in hidden if sweep % 2 == 0 else hidden[::-1]:
            wanted = np.zeros(len(column))
            for k, node in enumerate(column):
                # At first from the left alone, since what lies to the right has no place yet.
                near = [m for m in linked[node] if sweep > 0 or column_of[m] < column_of[node]]
                wanted[k] = np.mean(y[near]) if near else 0.0
            order = np.argsort(wanted, kind="stable")
            y[column[order]] = apart(wanted[order], gap)
        crossings = _crossings(x, y, lines) if len(lines) <= COMPARED else 0
        if fewest < 0 or crossings <= fewest:
            best, fewest = y.copy(), crossings
    y[:] = best


def apart(wanted: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Return places as near to the wanted ones, ascending, as a distance of `gap` allows (least squares)."""
    # With k gaps taken off place k the condition is that places ascend, and pooling neighbours solves that.
    steps = gap * np.arange(len(wanted))
    pools: list[tuple[float, int]] = []
    for value in wanted - steps:
        mean, count = float(value), 1
        while pools and pools[-1][0] >= mean:
            other, size = pools.pop()
            mean, count = (mean * count + other * size) / (count + size), count + size
        pools.append((mean, count))
    places: NDArray[np.float64] = np.concatenate([np.full(count, mean) for mean, count in pools]) + steps
    return places


def _crossings(x: NDArray[np.float64], y: NDArray[np.float64], lines: NDArray[np.int64]) -> int:
    """Return how many pairs of straight lines cross. lines: (L, 2), nodes at their ends, the left one first"""
    if len(lines) < 2:
        return 0
    a, b = lines[:, 0], lines[:, 1]
    begin, end = np.maximum.outer(x[a], x[a]), np.minimum.outer(x[b], x[b])
    slope = (y[b] - y[a]) / (x[b] - x[a])

    first, last = (y[a][:, None] + slope[:, None] * (at - x[a][:, None]) for at in (begin, end))
    over = (first - first.T) * (last - last.T) < -1e-9
    return int(np.sum(over & (begin < end))) // 2
