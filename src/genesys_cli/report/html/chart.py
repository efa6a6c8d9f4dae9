"""Charts as inline SVG: data stretch with the page, letters do not, colours are classes that ``style.css`` fills in.

The plot is as wide as its place. What has a size of its own (letters, ticks) stands at percentages of it; curves lie in
an SVG inside that is stretched both ways, and whose strokes do not scale. So no chart needs a script or a second size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from .markup import Markup, joined, tag

SIDE = 1000  # of the stretched square that curves lie in
POINTS = 400  # at most so many of a curve are drawn
DOTTED = 12  # curves of at most so many points get dots
DOT = "dot"  # begins the class of what is a point
HOVERS = 150  # at most so many columns tell their numbers under the pointer

Point = tuple[float, float]


class Line(NamedTuple):
    """A curve. style: its class; points: x and y, where a y that is NaN parts the curve; listed: in the legend"""

    name: str
    style: str
    points: Sequence[Point]
    listed: bool = True


class Dots(NamedTuple):
    """Points that no line joins. style: its class"""

    name: str
    style: str
    points: Sequence[Point]


class Area(NamedTuple):
    """What lies between two curves. points: x, low and high; about: said under the pointer"""

    name: str
    style: str
    points: Sequence[tuple[float, float, float]]
    about: str = ""
    listed: bool = True


class Span(NamedTuple):
    """A part of the x axis, or where both ends are the same a line across it."""

    name: str
    style: str
    begin: float
    end: float


class Level(NamedTuple):
    """A height that is marked."""

    name: str
    y: float


Mark = Line | Dots | Area | Span | Level


class Axes(NamedTuple):
    """The range of both axes, and what they are called. whole: there is nothing between whole numbers of x"""

    x: tuple[float, float]
    y: tuple[float, float]
    across: str = "generation"
    up: str = ""
    whole: bool = True


def chart(
    title: str,
    axes: Axes,
    marks: Iterable[Mark],
    hovers: Sequence[tuple[float, str]] = (),
    *,
    height: int = 240,
) -> Markup:
    """Return a figure. title: for those who do not see it; hovers: what is said under the pointer around each x"""
    marks = list(marks)
    place = _Place(axes)
    data = [place.drawn(mark) for order in (Span, Area, Line) for mark in marks if isinstance(mark, order)]
    data += [place.dots(mark) for mark in marks if isinstance(mark, Dots)]
    data += [place.level(mark) for mark in marks if isinstance(mark, Level)]
    names = tag("text", axes.across, class_="axis", x="100%", y="100%", dy="31", text_anchor="end")
    inner = tag(
        "svg",
        data,
        place.hovers(hovers),
        class_="data",
        viewBox=f"0 0 {SIDE} {SIDE}",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )
    parts = [place.grid(), inner, names]
    if axes.up:
        parts.append(tag("text", axes.up, class_="axis", x="0", y="0", dx="-44", dy="-12"))
    drawing = tag("svg", parts, class_="plot", role="img", aria_label=title, width="100%", height="100%")
    frame = tag("div", drawing, class_="frame", style=f"height:{height}px")
    return tag("figure", _legend(marks), frame, class_="chart")


def legend(entries: Iterable[tuple[str, str, bool]]) -> Markup:
    """Return what stands above a chart. entries: name, class, and whether it is an area"""
    items = []
    for name, style, area in entries:
        if area:
            sample = tag("rect", class_=style, width="16", height="10", y="1", rx="2")
        else:
            sample = tag("path", class_=f"line {style}", d="M11 6h0" if style.startswith(DOT) else "M1 6h20")
        width = 16 if area else 22
        key = tag("svg", sample, width=width, height="12", viewBox=f"0 0 {width} 12", aria_hidden="true")
        items.append(tag("li", key, name))
    return tag("ul", items, class_="legend") if items else Markup("")


def _legend(marks: Iterable[Mark]) -> Markup:
    named: dict[str, tuple[str, bool]] = {}
    for mark in marks:
        if mark.name and getattr(mark, "listed", True):
            style = "c-level" if isinstance(mark, Level) else mark.style
            style = f"{DOT} {style}" if isinstance(mark, Dots) else style
            named.setdefault(mark.name, (style, isinstance(mark, Area | Span)))
    return legend((name, style, area) for name, (style, area) in named.items())


class _Place:
    """Where numbers lie in the plot."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def across(self, x: float) -> float:
        """Return a share of the width."""
        low, high = self.axes.x
        return (x - low) / (high - low)

    def down(self, y: float) -> float:
        """Return a share of the height, from above."""
        low, high = self.axes.y
        return 1 - (y - low) / (high - low)

    def point(self, x: float, y: float) -> str:
        return f"{_digits(self.across(x) * SIDE)} {_digits(self.down(y) * SIDE)}"

    def drawn(self, mark: Line | Area | Span) -> Markup:
        if isinstance(mark, Line):
            return self._line(mark)
        if isinstance(mark, Area):
            return self._area(mark)
        begin, end = (self.across(x) * SIDE for x in (mark.begin, mark.end))
        if begin == end:
            return tag("path", class_=f"line {mark.style}", d=f"M{_digits(begin)} 0v{SIDE}")
        return tag("rect", class_=mark.style, x=_digits(begin), y=0, width=_digits(end - begin), height=SIDE)

    def _line(self, line: Line) -> Markup:
        parts: list[list[Point]] = [[]]
        for point in line.points:
            if math.isnan(point[1]):
                parts.append([])
            else:
                parts[-1].append(point)
        drawn = [thinned(part) for part in parts if part]
        d = "".join("M" + "L".join(self.point(x, y) for x, y in part) for part in drawn)
        if not d:
            return Markup("")
        path = tag("path", class_=f"line {line.style}", d=d)
        count = sum(map(len, drawn))
        if count <= DOTTED:  # a line of no length with round ends is a round dot, however its place is stretched
            dots = "".join(f"M{self.point(x, y)}h0" for part in drawn for x, y in part)
            return joined([path, tag("path", class_=f"line dot {line.style}", d=dots)])
        return path

    def dots(self, dots: Dots) -> Markup:
        d = "".join(f"M{self.point(x, y)}h0" for x, y in dots.points)
        return tag("path", class_=f"line dot {dots.style}", d=d)

    def _area(self, area: Area) -> Markup:
        points = area.points[:: math.ceil(len(area.points) / POINTS) or 1]
        if points and points[-1] != area.points[-1]:
            points = [*points, area.points[-1]]
        if not points:
            return Markup("")
        high = "L".join(self.point(x, top) for x, _, top in points)
        low = "L".join(self.point(x, bottom) for x, bottom, _ in reversed(points))
        about = tag("title", area.about) if area.about else None
        return tag("path", about, class_=f"area {area.style}", d=f"M{high}L{low}Z")

    def level(self, level: Level) -> Markup:
        return tag("path", class_="line c-level", d=f"M0 {_digits(self.down(level.y) * SIDE)}h{SIDE}")

    def grid(self) -> Markup:
        parts = []
        for y in ticks(*self.axes.y, 4):
            at = _percent(self.down(y))
            parts.append(tag("line", class_="grid", x1="0", x2="100%", y1=at, y2=at))
            parts.append(tag("text", short(y), class_="tick", x="-8", y=at, dy="4", text_anchor="end"))
        for x in ticks(*self.axes.x, 5, whole=self.axes.whole):
            at = _percent(self.across(x))
            parts.append(tag("text", short(x), class_="tick", x=at, y="100%", dy="17", text_anchor="middle"))
        return tag("g", parts)

    def hovers(self, hovers: Sequence[tuple[float, str]]) -> Markup:
        """Return columns that say something under the pointer; half way between two x the next one begins."""
        if not hovers:
            return Markup("")
        chosen = hovers[:: math.ceil(len(hovers) / HOVERS) or 1]
        middles = [(a[0] + b[0]) / 2 for a, b in pairwise(chosen)]
        edges = [self.axes.x[0], *middles, self.axes.x[1]]
        columns = []
        for (_, words), ends in zip(chosen, pairwise(edges), strict=True):
            left, right = (self.across(x) * SIDE for x in ends)
            place = {"x": _digits(left), "width": _digits(right - left), "y": 0, "height": SIDE}
            columns.append(tag("rect", tag("title", words), class_="hover", **place))
        return joined(columns)


def thinned(points: Sequence[Point], limit: int = POINTS) -> list[Point]:
    """Return the lowest and the highest point of each part of a curve, so that no peak is lost."""
    if len(points) <= limit:
        return list(points)
    size = math.ceil(len(points) / (limit // 2))
    found: list[Point] = []
    for k in range(0, len(points), size):
        part = points[k : k + size]
        found += sorted({min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])})
    return sorted({points[0], *found, points[-1]})


def extent(values: Iterable[float], *, zero: bool = False, room: float = 0.06) -> tuple[float, float]:
    """Return a range that holds all finite values, with some room. zero: it begins there"""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = (0.0 if zero else min(known)), max(known)
    if high <= low:
        pad = abs(low) * 0.1 or 1.0
        return (low if zero else low - pad), high + pad
    pad = (high - low) * room
    return (low if zero else low - pad), high + pad


def ticks(low: float, high: float, count: int, *, whole: bool = False) -> list[float]:
    """Return about `count` round numbers of a range. whole: no fractions"""
    rough = (high - low) / count
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough * 0.999)
    if whole:
        step = max(1.0, step)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def short(value: float) -> str:
    """Return a number for an axis: −20, 0.5, 12k, 3M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e4)):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):g}{unit}".replace("-", "−")
    return f"{value:.6g}".replace("-", "−") if abs(value) > 1e-12 else "0"


def _digits(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _percent(share: float) -> str:
    return f"{share * 100:.2f}%"
