"""Carries out the recipes of CONTRIBUTING.md in a copy of the package.

A recipe is a section "Add ...". Its blocks that are marked ``recipe`` begin with the place that they belong to, as a
comment: a new file; ``FILE: after `TEXT``` (behind the line that holds it); ``FILE: instead of `TEXT```; or
``FILE: copy of `OTHER```. Commands of a console block are typed in an empty folder; their output has to hold the lines
below them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from docs.documents import ROOT

PLACE = re.compile(r"(?:#|<!--) (\S+?)(?:: (after|instead of|copy of) `(.+)`)?(?: -->)?$")
SHELL = """
import contextlib, io, json, subprocess, sys
from click.testing import CliRunner
from genesys_cli.cli.main import main

def typed(program, *words):
    if program == "genesys":
        done = CliRunner().invoke(main, words, catch_exceptions=False)
        return done.exit_code, done.output
    if program == "python":
        with contextlib.redirect_stdout(io.StringIO()) as answer:
            exec(words[1], {})
        return 0, answer.getvalue()
    done = subprocess.run([program, *words], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr

print(json.dumps([typed(*words) for words in json.load(sys.stdin)]))
"""
COPIED = ("src", "presets", "docs", "pyproject.toml", "README.md")


class Recipe(NamedTuple):
    """title: of its section; edits: (file, "", "after" or "instead of", text, block); console: (command, shown)"""

    title: str
    edits: list[tuple[str, str, str, str]]
    console: list[tuple[str, list[str]]]

    @property
    def places(self) -> int:
        """How many files it touches."""
        return len({edit[0] for edit in self.edits})


def recipes() -> list[Recipe]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = []
    for section in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        if title.startswith("Add "):
            edits, console = [], []
            for language, block in re.findall(r"^```(\w+) recipe\n(.*?)^```$", body, re.DOTALL | re.MULTILINE):
                if language == "console":
                    console += _session(block)
                else:
                    first, _, rest = block.partition("\n")
                    place = PLACE.match(first)
                    assert place is not None, f"{title}: {first!r} names no place"
                    edits.append((place[1], place[2] or "", place[3] or "", rest))
            found.append(Recipe(title, edits, console))
    return found


def _session(block: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:].partition("  #")[0].strip(), []))
        elif line.strip() not in ("", "..."):
            found[-1][1].append(" ".join(line.split()))
    return found


def copy_of_the_package(folder: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def follow(recipe: Recipe, copy: Path) -> None:
    """Make the edits of a recipe; complain where a place is not there, or there twice."""
    for name, how, text, block in recipe.edits:
        path = copy / name
        if not how:
            assert not path.exists(), f"{recipe.title}: {name} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block, encoding="utf-8")
            continue
        if how == "copy of":
            shutil.copy(copy / text, path)
            continue
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        (at,) = [k for k, line in enumerate(lines) if text in line] or [None]
        assert at is not None, f"{recipe.title}: {name} has no line with {text!r}"
        lines[at + (how == "after") : at + 1] = [block]
        path.write_text("".join(lines), encoding="utf-8")


def typed(commands: list[str], folder: Path, copy: Path) -> list[str]:
    """Type commands with the changed package, in one process without compiling; return all that each answers."""
    around = {**os.environ, "PYTHONPATH": str(copy / "src"), "NUMBA_DISABLE_JIT": "1", "COLUMNS": "100"}
    given = json.dumps([shlex.split(command) for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", SHELL], cwd=folder, env=around, input=given, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{commands}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    answers = json.loads(done.stdout)
    for command, (code, answer) in zip(commands, answers, strict=True):
        assert code == 0, f"{command}: exit code {code}\n{answer}"
    return [answer for _, answer in answers]
