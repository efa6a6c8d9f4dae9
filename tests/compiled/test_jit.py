"""Where compiled kernels are kept."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numba

from genesys_cli.compiled import jit


def test_numba_keeps_kernels_where_it_was_told():
    assert Path(numba.config.CACHE_DIR) == Path(os.environ.get("NUMBA_CACHE_DIR") or jit.cache_folder())


def test_child_processes_choose_their_own_cache():
    code = "import os, genesys_cli.compiled.jit; print('NUMBA_CACHE_DIR' in os.environ)"
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_an_edit_anywhere_is_another_folder(monkeypatch, tmp_path):
    """Kernels call into other files, whose edits numba's own cache does not notice."""
    monkeypatch.setenv("GENESYS_CACHE_DIR", str(tmp_path))
    copy = tmp_path / "package"
    shutil.copytree(jit.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = jit.cache_folder()
    monkeypatch.setattr(jit, "PACKAGE", copy)
    assert jit.cache_folder() == before, "the same sources"
    decorator = re.compile(r"^ *@(kernel|inline|outline|allocating)$", re.MULTILINE)
    kernels = [source for source in sorted(copy.rglob("*.py")) if decorator.search(source.read_text(encoding="utf-8"))]
    assert len(kernels) > 10
    seen = {before}
    for source in kernels:
        source.write_text(source.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
        seen.add(jit.cache_folder())
    assert len(seen) == len(kernels) + 1


def test_blocks_that_stay_functions_are_no_closures():
    """Two of one name, compiled by two processes, would be taken for one another by a third; see ``compiled.jit``."""
    nested = re.compile(r"^ +@(outline|allocating)$", re.MULTILINE)
    assert not [source for source in jit.PACKAGE.rglob("*.py") if nested.search(source.read_text(encoding="utf-8"))]


def test_two_processes_never_write_the_same_file():
    """numba numbers the variants of a function, in each process from 1: two would overwrite each other's code."""
    code = "from genesys_cli.neat.kernels.offspring import collect; print(collect._cache._cache_file._data_name(1))"
    ran = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    first, second = (process.stdout.strip() for process in ran)
    assert first.endswith(".nbc")
    assert first != second


def test_kernel_rooms_exist():
    assert all((Path(jit.PACKAGE) / name).exists() for name in jit.SOURCES)
