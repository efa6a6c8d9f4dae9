"""Paints a network as SVG, written directly.

Colours are CSS variables of the drawing, in a light and a dark set that follows ``prefers-color-scheme``; a viewer
that knows no variables takes the light one from plain attributes. Hovering shows weights, biases and functions.
"""

from __future__ import annotations

from html import escape

from ...errors import plain
from ...files.champion import StoredChampion
from ...inspection.naming import names_in
from .drawing import FAINT, GROUND, INK, NEGATIVE, POSITIVE, Curve, Disc, Drawing, Words, describe, drawing_of
from .graph import graph_of
from .layout import layout_of

LIGHT = {POSITIVE: "#0072B2", NEGATIVE: "#D55E00", INK: "#222222", FAINT: "#6b6b6b", GROUND: "#ffffff"}
DARK = {POSITIVE: "#56B4E9", NEGATIVE: "#F28C38", INK: "#e8e8e8", FAINT: "#9a9a9a", GROUND: "#15181d"}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def network_svg(stored: StoredChampion, *, everything: bool = False, ground: bool = False) -> str:
    """Return a stored network as an ``<svg>`` element, which can stand in an HTML page or be a file of its own.

    It has the class ``genesys-network``, width and height in pixels, a view box, and shrinks with the page where a
    style says ``max-width: 100%; height: auto``. The page can set its variables ``--network-positive``,
    ``--network-negative``, ``--network-ink``, ``--network-faint`` and ``--network-ground``.

    everything: also disabled connections, dashed, and nodes that no output depends on
    ground: paint the ground, too, so that it can be read on any page
    """
    drawing = network_drawing(stored, everything=everything)
    return paint(drawing, ground=ground)


def network_drawing(stored: StoredChampion, *, everything: bool = False) -> Drawing:
    """Return a stored network's drawing, for any painter."""
    genome = stored.champion.genome
    graph = graph_of(genome, *names_in(stored.settings, genome), everything=everything)
    of = f"{stored.settings.environment.id}, generation {stored.champion.generation}"
    return drawing_of(layout_of(graph), describe(graph, of))


def paint(drawing: Drawing, *, ground: bool = False) -> str:
    """Return a drawing as an ``<svg>`` element. ground: paint the ground, too"""
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="genesys-network" role="img" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" aria-label="{_escaped(drawing.title)}">',
        f"<style>{_style()}</style>",
    ]
    if ground:
        lines.append(f'<rect class="ground" width="100%" height="100%" fill="{LIGHT[GROUND]}"/>')
    curves = [item for item in drawing.items if isinstance(item, Curve)]
    discs = [item for item in drawing.items if isinstance(item, Disc)]
    words = [item for item in drawing.items if isinstance(item, Words)]
    lines += ['<g class="links" fill="none">', *map(_curve, curves), "</g>"]
    lines += ['<g class="nodes">', *map(_disc, discs), "</g>"]
    lines += [f'<g class="words" font-family="{FONT}">', *map(_words, words), "</g>", "</svg>"]
    return "\n".join(lines) + "\n"


def _style() -> str:
    def variables(colours: dict[str, str]) -> str:
        return "".join(f"--{tone}:var(--network-{tone},{colour});" for tone, colour in colours.items())

    rules = [
        f".genesys-network{{{variables(LIGHT)}}}",
        f"@media(prefers-color-scheme:dark){{.genesys-network{{{variables(DARK)}}}}}",
    ]
    for tone in LIGHT:
        rules.append(f".genesys-network .{tone}{{fill:var(--{tone})}}")
        rules.append(f".genesys-network .line-{tone}{{stroke:var(--{tone})}}")
    rules.append(
        ".genesys-network text{stroke:var(--ground);stroke-width:3px;stroke-linejoin:round;paint-order:stroke}"
    )
    rules.append(".genesys-network .links path:hover{stroke-opacity:1;stroke-width:4}")
    return "".join(rules)


def _curve(item: Curve) -> str:
    (x0, y0), *further = item.points
    way = f"M{x0:.1f} {y0:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in further)
    if item.arrow:
        way += "".join(f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}" for a, b in head(item))
    dashes = ' stroke-dasharray="4 3"' if item.dashed else ""
    return (
        f'<path class="line-{item.tone}" d="{way}" stroke="{LIGHT[item.tone]}" stroke-width="{item.width:.2f}" '
        f'stroke-opacity="{item.strength:.2f}"{dashes}>{_title(item.title)}</path>'
    )


def head(item: Curve) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the two strokes of an arrow's head."""
    (x0, y0), (x1, y1) = item.points[2], item.points[3]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
    dx, dy = (x0 - x1) / length, (y0 - y1) / length
    size = 5.0 + item.width
    sides = ((dx - 0.5 * dy, dy + 0.5 * dx), (dx + 0.5 * dy, dy - 0.5 * dx))
    return [((x1 + size * u, y1 + size * v), (x1, y1)) for u, v in sides]


def _disc(item: Disc) -> str:
    place = f'cx="{item.x:.1f}" cy="{item.y:.1f}" r="{item.radius:.1f}"'
    line = FAINT if item.faint else INK
    dashes = ' stroke-dasharray="2 2"' if item.faint else ""
    parts = [f'<circle class="ground" {place} fill="{LIGHT[GROUND]}"/>']
    parts.append(
        f'<circle class="{item.tone} line-{line}" {place} fill="{LIGHT[item.tone]}" fill-opacity="{item.strength:.2f}" '
        f'stroke="{LIGHT[line]}" stroke-width="1.2"{dashes}>{_title(item.title)}</circle>'
    )
    return "".join(parts)


def _words(item: Words) -> str:
    return (
        f'<text class="{item.tone}" x="{item.x:.1f}" y="{item.y + 0.35 * item.size:.1f}" font-size="{item.size:.1f}" '
        f'text-anchor="{item.anchor}" fill="{LIGHT[item.tone]}">{_escaped(item.text)}</text>'
    )


def _escaped(text: str) -> str:
    return escape(plain(text))


def _title(text: str) -> str:
    return f"<title>{_escaped(text)}</title>" if text else ""
