"""Tests of gates read a cell library of a wheel; those marked `gates` also run yosys, of another one."""

import fcntl
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from genesys_cli.compiled.jit import cache_folder
from genesys_cli.errors import UserError
from genesys_cli.rtl.gates.tools import cell_library, library_path, missing, run_yosys

MODULES = Path(__file__).parent / "modules"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if why := missing():
        for item in items:
            if "gates" in item.keywords:
                item.add_marker(pytest.mark.skip(reason=f"{why} is missing"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "gates" in item.keywords:
        _compiled_yosys()


@cache
def _compiled_yosys() -> None:
    """The first start on a machine compiles yosys. Of several processes of tests one does that, and the others wait."""
    folder = cache_folder().parent
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as passing, open(folder / "yosys.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run_yosys("", Path(passing), {})


@pytest.fixture(scope="session")
def library_text():
    try:
        return library_path().read_text(encoding="utf-8", errors="replace")
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def library(library_text):
    return cell_library()


@pytest.fixture
def modules_folder():
    return MODULES
