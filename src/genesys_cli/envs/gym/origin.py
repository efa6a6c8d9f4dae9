"""Where the code of an environment comes from, for those who wonder why it is not what it was."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..spec import GymEnv
from .making import creator, spec_of
from .modules import EXTRAS


def origin_of(env: GymEnv) -> dict[str, Any]:
    """Return ``packages``, name and version of each, and the ``file`` that defines the environment, with ``sha256``."""
    made_by = creator(spec_of(env.make_id))
    module = getattr(made_by, "__module__", "") or ""
    tops = {module.partition(".")[0], *(name for name in EXTRAS if name in sys.modules)}
    packages: dict[str, str] = {}
    for name in sorted(tops):  # packages that are called otherwise than their module are not found
        with contextlib.suppress(PackageNotFoundError, ValueError):
            packages[name] = version(name)
    found: dict[str, Any] = {"packages": packages}
    try:
        file = inspect.getsourcefile(made_by)
        content = Path(file).read_bytes() if file else None
    except (OSError, TypeError):  # compiled, or made in a session
        content = None
    if content is not None:
        found |= {"file": str(file), "sha256": hashlib.sha256(content).hexdigest()}
    return found
