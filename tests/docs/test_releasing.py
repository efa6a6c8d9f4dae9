"""What a release is made of agrees: version, Pythons, and the script that tests them."""

from __future__ import annotations

import re
import subprocess
import sys

import genesys_cli
from docs.documents import ROOT

PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PYTHONS = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PROJECT)


def test_the_version_is_the_same_everywhere():
    assert f"\nversion: {genesys_cli.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert "version" not in PROJECT.partition("[project]")[2].partition("dynamic")[0].replace("python_version", "")


def test_the_pythons_begin_with_the_one_that_is_required():
    assert f'requires-python = ">={PYTHONS[0]}"' in PROJECT
    assert f"Python {PYTHONS[0]} or newer" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_script_tests_the_pythons_of_the_classifiers():
    words = [sys.executable, str(ROOT / ".ci" / "release.py"), "--python", "3.7"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"--python 3.7: pyproject.toml names {', '.join(PYTHONS)}" in done.stderr
