"""Where compiled kernels are kept."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from genesys_cli.compiled import jit
from genesys_cli.compiled.philox import fill_words


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


CLOSURE = """
import numpy as np
from genesys_cli.compiled.jit import compilations, inline, kernel

def made(lanes, texts):
    @inline
    def block(values, lane):
        values[lane] += np.float32(lanes)

    @kernel
    def run(values, lanes):
        {extra}
        for lane in range(lanes):
            block(values, lane)
    return run

def used():
    values = np.zeros(4, np.float32)
    made({closed})(values, 4)
    return compilations()
"""


def test_the_next_process_finds_what_closes_over_functions(tmp_path):
    """Though it reads the bytecode that the first one has made, and pickles of equal closures differ then."""
    environment = os.environ | {"GENESYS_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
    for name in ("NUMBA_CACHE_DIR", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)
    (tmp_path / "closure.py").write_text(CLOSURE.format(extra="", closed="3, ()"))
    code = "import closure; print(closure.used())"
    ran = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [process.stdout for process in ran] == ["1\n", "0\n"]


def test_kernels_that_close_over_something_else_are_others():
    def described(extra="", closed="3, ()"):
        names = {}
        exec(CLOSURE.format(extra=extra, closed=closed).replace("    @kernel\n", ""), names)
        return jit._digest(names["made"](*eval(closed)))

    assert described() == described()
    assert described(extra="_ = texts") == described(extra="_ = texts", closed="3, ()")
    others = [described(), described(closed="4, ()"), described(closed="3.0, ()")]
    others += [described(extra="_ = 1"), described(extra="_ = 2")]
    others += [described("_ = texts", f"3, {texts}") for texts in ("()", "('a',)", "('b',)", "'a'", "(int,)", "(len,)")]
    assert len(set(others)) == len(others)


def test_kernel_rooms_exist():
    assert all((Path(jit.PACKAGE) / name).exists() for name in jit.SOURCES)


# What numba calls by another name in each, and what is said of it.
RENAMED = {
    "options": (
        """
from numba.core import cpu
class Fewer:
    no_cfunc_wrapper = error_model = None
cpu.CPUTargetOptions = Fewer
""",
        ["option forceinline", "option _nrt"],
    ),
    "all options": ("from numba.core import cpu\ndel cpu.CPUTargetOptions", ["option no_cfunc_wrapper"]),
    "names of files": (
        """
from numba.core import caching
begin = caching.IndexDataCacheFile.__init__
def renamed(self, *args, **kwargs):
    begin(self, *args, **kwargs)
    self.pattern = self.__dict__.pop("_data_name_pattern")
caching.IndexDataCacheFile.__init__ = renamed
""",
        ["names of cached files"],
    ),
    "events": ("import sys, numba\nsys.modules['numba.core.event'] = None", []),
}
CALL = """
import numpy as np
from genesys_cli.compiled import jit
from genesys_cli.compiled.philox import fill_words
words = np.empty(8, np.uint64)
fill_words(3, 1, 2, 4, words)
print(jit.kept(), jit.compilations(), *words)
"""


@pytest.mark.parametrize("name", RENAMED)
def test_what_numba_calls_by_another_name_costs_a_warning_and_no_result(name, tmp_path):
    renamed, lacking = RENAMED[name]
    surroundings = os.environ | {"GENESYS_CACHE_DIR": str(tmp_path)}
    for variable in ("NUMBA_CACHE_DIR", jit._SAID):
        surroundings.pop(variable, None)
    ran = subprocess.run(
        [sys.executable, "-c", renamed + CALL], env=surroundings, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    kept, compiled, *words = ran.stdout.split()
    expected = np.empty(8, np.uint64)
    fill_words(3, 1, 2, 4, expected)
    assert words == [str(word) for word in expected]
    assert compiled == "1"
    assert kept == str(name != "names of files")
    assert bool(list(tmp_path.rglob("*.nbc"))) == (kept == "True")
    warnings = ran.stderr.splitlines()
    assert all(text.startswith(f"warning: numba {numba.__version__} has no ") for text in warnings)
    for what in lacking:
        assert sum(what in text for text in warnings) == 1, ran.stderr
    assert bool(warnings) == bool(lacking)


def test_children_are_not_told_again(monkeypatch, caplog):
    monkeypatch.setattr(jit, "_missing", set())
    monkeypatch.delenv(jit._SAID, raising=False)
    for _ in range(2):
        jit._miss("wings", "it does not fly")
    assert [record.message for record in caplog.records] == [
        f"warning: numba {numba.__version__} has no wings that this version of genesys knows, so it does not fly; "
        "results are the same"
    ]
    monkeypatch.setattr(jit, "_missing", set())  # as in a process that begins
    jit._miss("wings", "it does not fly")
    assert len(caplog.records) == 1


def test_nothing_is_collected_while_a_kernel_compiles(monkeypatch):
    import gc

    seen = []
    block = jit.register_jitable(lambda x: x + 1)

    @numba.njit
    def function(x):
        return block(x)

    monkeypatch.setattr(gc, "enable", lambda: seen.append("on"))
    monkeypatch.setattr(gc, "disable", lambda: seen.append("off"))
    assert function(1) == 2
    assert seen == ["off", "on"]
