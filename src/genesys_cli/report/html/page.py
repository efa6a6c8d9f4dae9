"""The page around sections: everything is inside it, and it has no script."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ... import __version__
from .markup import Markup, tag

STYLE = Path(__file__).with_name("style.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # nothing may be loaded from anywhere


def page(title: str, *body: object) -> str:
    """Return a document."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("title", title),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="generator", content=f"genesys {__version__}"),
        tag("style", Markup(STYLE.read_text(encoding="utf-8"))),
    )
    foot = tag("footer", f"Written by genesys {__version__}. Everything is in this file; it loads nothing.")
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', tag('main', *body, foot)), lang='en')}\n"


def section(title: str, *children: object, wide: bool = False, about: str = "", part: str = "") -> Markup:
    """Return a card. about: what has to be known to read it; part: of a page where the same title comes again"""
    words = tag("p", about, class_="about") if about else None
    name = "".join(letter if letter.isalnum() else "-" for letter in f"{part} {title}".strip().lower())
    return tag("section", tag("h2", title), words, *children, class_="wide" if wide else None, id=name)


def tile(name: str, value: object, about: object = "") -> Markup:
    words = tag("span", about, class_="about") if about else None
    return tag("div", tag("dt", name), tag("dd", value, words), class_="tile")


def tiles(found: Iterable[Markup]) -> Markup:
    return tag("dl", list(found), class_="tiles")


def facts(pairs: Iterable[tuple[str, object]]) -> Markup:
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs], class_="facts")


def note(*words: object) -> Markup:
    return tag("p", *words, class_="note")


def folded(title: str, *children: object) -> Markup:
    return tag("details", tag("summary", title), *children)
