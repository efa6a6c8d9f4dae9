"""Hooks of the documentation's site: pages that lie in the repository's root, and links that lead out of ``docs/``."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from properdocs.structure.files import File

ROOT = Path(__file__).parents[1]
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Files of the root, by the names that they have in the site."""

FENCE = re.compile(r"^(```.*?^```)$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages of the root."""
    for name, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Let links that hold on a code host hold in the site, too."""
    source = {site: name for name, site in PAGES.items()}.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    parts = FENCE.split(markdown)
    # A fence may say more than its language; only that is for the site.
    parts[1::2] = [re.sub(r"\A```(\w+) .*", r"```\1", part) for part in parts[1::2]]
    parts[::2] = [LINK.sub(lambda link: _link(link, source), part) for part in parts[::2]]
    return "".join(parts)


def _link(link: re.Match[str], source: str) -> str:
    """Return a link as the site has it; where it leads to a file that is no page, only its text."""
    mark, text, target = link.groups()
    path, _, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", target):
        return link[0]
    there = os.path.normpath(PurePosixPath(source).parent / path)
    if there.startswith("docs/"):
        site = there.removeprefix("docs/")
    elif there in PAGES:
        site = PAGES[there]
    elif (ROOT / there).exists():
        return text
    else:
        return link[0]  # which the build then names as broken
    if text == path and there.endswith(".md") and (ROOT / there).exists():  # a page has a title
        text = (ROOT / there).read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
    return f"{mark}[{text}]({site}{'#' * bool(anchor)}{anchor})"
