"""The way to a Ray cluster: one of this machine's own, or one that there is."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ...compiled.threads import usable_cores
from ...config.cluster import AUTO, LOCAL, ClusterSettings
from ...errors import GenesysError, UserError

PIP = "pip install 'genesys-cli[cluster]'"
_PROBE_S = 5.0  # for a port to answer at all


def ray_module() -> Any:
    """Return Ray, imported now; raises :class:`UserError` where it is not installed."""
    try:
        import ray
    except ImportError as error:
        raise UserError(f"--cluster needs Ray, which is not installed ({error}); {PIP}") from None
    return ray


def is_connected(cluster: ClusterSettings) -> bool:
    """Say whether settings name a cluster that this process is connected to; otherwise it does all the work itself."""
    ray = sys.modules.get("ray")
    return cluster.address is not None and ray is not None and bool(ray.is_initialized())


@contextlib.contextmanager
def connected(cluster: ClusterSettings, tell: Callable[[str], object]) -> Iterator[None]:
    """Be connected to the cluster of the settings, if they name one; tell: hears what is done meanwhile.

    A connection that there is already is used and left alone. Raises :class:`UserError` where there is no such cluster.
    """
    if cluster.address is None:
        yield
        return
    ray = ray_module()
    if ray.is_initialized():
        yield
        return
    _check_files(cluster)
    _be_quiet()
    _reach(ray, cluster, tell)
    try:
        yield
    finally:
        ray.shutdown()  # ends what was started here: actors, and the nodes of a local cluster


def _check_files(cluster: ClusterSettings) -> None:
    if cluster.files is not None and not os.path.isdir(cluster.files):
        raise UserError(f"cluster.files is {cluster.files!r}, which is no folder; give one, or none")


def _be_quiet() -> None:
    """Keep Ray's own news off the terminal, and its statistics at home; what matters is said by us."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    worker: Any = sys.modules.get("ray._private.worker")
    if hasattr(worker, "print_to_stdstream"):  # what becomes of its processes goes to stdout; there is no switch
        worker.print_to_stdstream = lambda *_, **__: None


def _reach(ray: Any, cluster: ClusterSettings, tell: Callable[[str], object]) -> None:
    address = cluster.address
    assert address is not None
    usual: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if cluster.files is not None:
        usual["runtime_env"] = {"working_dir": cluster.files}
    if address == LOCAL:
        cores = cluster.actors * cluster.cores or usable_cores()
        tell(f"starting a Ray cluster on this machine, with {cores} cores")
        ray.init(address=LOCAL, num_cpus=cores, include_dashboard=False, **usual)
        return
    named = os.environ.get("RAY_ADDRESS", "") if address == AUTO else address
    what = f"the Ray cluster at {named or 'auto'}"
    if named:
        _probe(named, what)
    tell(f"connecting to {what}")
    with _within(cluster.timeout, f"{what} has not answered within {cluster.timeout:g} s (cluster.timeout)"):
        try:
            ray.init(address=address, **usual)
        except ConnectionError:
            raise UserError(
                f"{what} was not found; start one with `ray start --head`, give its HOST:PORT, or use --cluster local"
            ) from None
        except RuntimeError as error:  # other versions of Python or Ray
            raise UserError(f"{what}: {' '.join(str(error).split())}") from None


def _probe(address: str, what: str) -> None:
    """Raise :class:`UserError` where nothing listens at an address: Ray would wait for minutes."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_PROBE_S):
            pass
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(
            f"{what} cannot be reached: {error}; give the address that `ray start --head` has printed, or use "
            "--cluster local"
        ) from None


@contextlib.contextmanager
def _within(seconds: float, message: str) -> Iterator[None]:
    """Raise :class:`GenesysError` where something takes longer. Only the main thread of a program can be told so."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def too_late(*_: object) -> None:
        raise GenesysError(message)

    before = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
