"""What the documents tell a reader to type: found by itself, so that nothing new in them goes untested."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FORMATS = ("genesys champion", "genesys checkpoint", "genesys start")  # what files call themselves
SHELLS = ("sh", "bash", "shell", "console")


class Block(NamedTuple):
    """A fenced block. page: name of its file; line: of its first line; language: what follows the fence, or nothing"""

    page: str
    line: int
    language: str
    text: str


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(r"^```([^\n`]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, match.start()) + 2
            found.append(Block(page.name, line, match[1].strip(), match[2]))
    return found


def commands() -> list[tuple[str, str]]:
    """Return (page, command) for every command in a block for a shell, in the order of the pages."""
    return [(block.page, line) for block in blocks() if block.language in SHELLS for line in _typed(block)]


def _typed(block: Block) -> list[str]:
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "console":  # the others are what the program answers
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    lines = [re.sub(r"\s+#.*$", "", line).strip() for line in lines]
    return [line for line in lines if line and not line.startswith("#")]


def mentioned() -> list[tuple[str, str]]:
    """Return (page, command) for every ``genesys ...`` in the prose: an example, maybe with NAMES to be filled in."""
    found = []
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for match in re.finditer(r"`(genesys [a-z][^`]*)`", text):
            found.append((page.name, " ".join(match[1].split())))
    return [(page, command) for page, command in found if command not in FORMATS]


def spans() -> list[tuple[str, str]]:
    """Return (page, code) for everything in backticks, in prose and tables."""
    found = []
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        found += [(page.name, " ".join(match[1].split())) for match in re.finditer(r"`([^`\n]+(?:\n[^`\n]+)?)`", text)]
    return found


def links() -> list[tuple[Path, str]]:
    """Return (page, target) for every link and picture that is no address."""
    found = []
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        text = re.sub(r"`[^`\n]*`", "", text)
        for match in re.finditer(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text):
            target = match[1] or match[2]
            if not re.match(r"[a-z]+:", target):
                found.append((page, target))
    return found


def anchors(page: Path) -> set[str]:
    """Return the anchors that headings get."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    found = set()
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found
