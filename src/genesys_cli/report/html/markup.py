"""Elements of HTML and SVG as text that is always escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from ...errors import plain


class Markup(str):
    """Text that is markup already."""


EMPTY = ("br", "col", "hr", "img", "meta")


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return an element.

    children: text, which is escaped; :class:`Markup`, which is not; lists of these; None is left out
    attributes: ``class_`` and ``stroke_width`` stand for ``class`` and ``stroke-width``; None and False are left out
    """
    pairs = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        text = "" if value is True else f'="{html.escape(plain(value))}"'
        pairs.append(f" {key.rstrip('_').replace('_', '-') if key != 'viewBox' else key}{text}")
    begin = f"<{name}{''.join(pairs)}>"
    return Markup(begin if name in EMPTY else f"{begin}{joined(children)}</{name}>")


def joined(children: Iterable[object]) -> Markup:
    """Return children in a row, without blanks between them."""
    return Markup("".join(map(_one, children)))


def _one(child: object) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, list | tuple):
        return joined(child)
    return html.escape(plain(child), quote=False)


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, numeric: Iterable[int] = (), stacked: bool = False
) -> Markup:
    """Return a table that scrolls by itself where it is too wide.

    numeric: columns that are set to the right; stacked: on a narrow page, the cells of a row stand below one another
    """
    right = set(numeric)
    sides = ["n" if k in right else None for k in range(len(header))]
    head = [tag("th", name, class_=side, scope="col") for name, side in zip(header, sides, strict=True)]
    body = [
        tag("tr", [tag("td", cell, class_=s, data_name=n) for cell, s, n in zip(row, sides, header, strict=True)])
        for row in rows
    ]
    whole = tag("table", tag("thead", tag("tr", head)), tag("tbody", body), class_="stacked" if stacked else None)
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=", ".join(header))
