"""The way to a Ray cluster: one of this machine's own, or one that there is."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from typing import Any

from ...compiled.threads import usable_cores
from ...config.cluster import AUTO, LOCAL, ClusterSettings
from ...errors import UserError
from .leftovers import children, ended_with_us
from .probe import probe
from .signals import hear_termination, interrupts_wait_for, termination_ends_a_run, within

PIP = "pip install 'genesys-cli[cluster]'"
_AUTH = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


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
    before = children()
    with termination_ends_a_run(), _own_token(cluster.address):
        try:
            with contextlib.ExitStack() as stack:
                # Ray's shutdown comes first: it lets everybody end in order.
                _reach(ray, cluster, tell, lambda: stack.enter_context(ended_with_us(before)))
                stack.callback(ray.shutdown)
                hear_termination()  # Ray has put a handler of its own there
                yield
        finally:
            ray.shutdown()  # where its start was interrupted


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


def _reach(ray: Any, cluster: ClusterSettings, tell: Callable[[str], object], guard: Callable[[], object]) -> None:
    """Connect. guard: is called as soon as processes have been started here"""
    address = cluster.address
    assert address is not None
    _be_quiet()
    usual: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if cluster.files is not None:
        usual["runtime_env"] = {"working_dir": cluster.files}
    if address == LOCAL:
        cores = cluster.actors * cluster.cores or usable_cores()
        tell(f"starting a Ray cluster on this machine, with {cores} core{'s' if cores > 1 else ''}")
        with interrupts_wait_for("the cluster has started", tell):
            try:
                ray.init(address=LOCAL, num_cpus=cores, include_dashboard=False, **usual)
            except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
                raise UserError(
                    f"Ray cannot be started on this machine: {_words(error)}; its files go to "
                    f"{os.environ.get('RAY_TMPDIR', '/tmp')}, or to the folder that RAY_TMPDIR names"
                ) from None
            guard()
        return
    named = os.environ.get("RAY_ADDRESS", "") if address == AUTO else address
    what = f"the Ray cluster at {named or 'auto'}"
    if named and named != AUTO:
        probe(named, what)
    tell(f"connecting to {what}")
    late = f"{what} has not answered within {cluster.timeout:g} s (cluster.timeout)"
    with interrupts_wait_for("the cluster has answered", tell), within(cluster.timeout, late):
        try:
            ray.init(address=address, **usual)
        except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            raise UserError(f"{what}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Return why there is no connection, and what to do."""
    words = _words(error)
    if "uthenticat" in words or "AuthToken" in words:
        mode = os.environ.get("RAY_AUTH_MODE", "")
        return (
            "it asks for a token that this process does not have; "
            + ("" if mode == "token" else "set RAY_AUTH_MODE=token, and ")
            + "copy ~/.ray/auth_token from its head node, or set RAY_AUTH_TOKEN"
        )
    if isinstance(error, ConnectionError):
        return (
            "it was not found; start one with `ray start --head`, join it with `ray start --address HOST:PORT` on this "
            "machine, too, or use --cluster local"
        )
    return words  # other versions of Python or Ray


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextlib.contextmanager
def _own_token(address: str) -> Iterator[None]:
    """Give a cluster of this machine a token of its own, so that nobody else's processes get in.

    Ray would leave one in the home folder, and from then on ask for it on every cluster that is started here. It is
    Ray that decides whether tokens are used, and that would use them for all later connections of this process.
    """
    before = {name: os.environ.get(name) for name in _AUTH}
    if address != LOCAL or any(before.values()):
        yield
        return
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    try:
        yield
    finally:
        for name in _AUTH:
            os.environ.pop(name, None)
        inner: Any = sys.modules.get("ray._raylet")
        if hasattr(inner, "AuthenticationTokenLoader"):
            inner.AuthenticationTokenLoader.instance().reset_cache()
            inner.Config.initialize("")  # reads the environment again
