"""Where compiled kernels are kept."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numba
import pytest

from genesys_cli.compiled import jit


def test_numba_keeps_kernels_where_it_was_told():
    assert os.environ["NUMBA_CACHE_DIR"] == numba.config.CACHE_DIR


@pytest.mark.parametrize("variable", ["GENESYS_CACHE_DIR", "XDG_CACHE_HOME"])
def test_folder_follows_the_environment(variable, monkeypatch, tmp_path):
    monkeypatch.delenv("GENESYS_CACHE_DIR", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    if variable == "XDG_CACHE_HOME" and os.name == "nt":
        pytest.skip("Windows keeps caches elsewhere")
    assert jit.cache_folder().is_relative_to(tmp_path)


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


def test_kernel_rooms_exist():
    assert all((Path(jit.PACKAGE) / room).is_dir() for room in jit.KERNEL_ROOMS)
