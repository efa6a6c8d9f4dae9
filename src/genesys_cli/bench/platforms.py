"""Which platforms are compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..costs.estimates import GENESYS, HOST
from ..energy.platforms import HOST_PYTHON, interpreted_host, load_profile, platform_names
from ..energy.profile import Profile
from ..errors import UserError, nearest
from ..measure.calibration import Calibration, load_calibration
from ..measure.meters.host import host_profile


class Platforms(NamedTuple):
    """genesys, host: whether these are among them; profiles: the modelled ones, in the order of the output"""

    genesys: bool
    host: bool
    profiles: list[Profile]

    @property
    def names(self) -> list[str]:
        own = [name for name, wanted in ((GENESYS, self.genesys), (HOST, self.host)) if wanted]
        return own + [profile.name for profile in self.profiles]


def choose_platforms(wanted: Sequence[str] = ()) -> Platforms:
    """Return the platforms of these names, in any case, or of TOML files; without names all. Raises UserError.

    Plain Python on this machine is one of them where it has been calibrated.
    """
    calibration = load_calibration()
    shipped = sorted(platform_names(), key=_place)
    names = [GENESYS, HOST, *([HOST_PYTHON] if calibration is not None else []), *shipped]
    by_lower = {name.lower(): name for name in names}
    chosen = list(dict.fromkeys(by_lower.get(name.lower(), name) for name in wanted or names))
    profiles = [_profile(name, calibration, names) for name in chosen if name not in (GENESYS, HOST)]
    return Platforms(GENESYS in chosen, HOST in chosen, profiles)


def _profile(name: str, calibration: Calibration | None, names: Sequence[str]) -> Profile:
    if name.lower() == HOST_PYTHON.lower():
        if calibration is None:
            raise UserError(
                f"--platform {name}: this machine's Python has not been timed; run genesys bench --calibrate"
            )
        return interpreted_host(host_profile(), calibration)
    if name not in names and Path(name).suffix != ".toml" and len(Path(name).parts) == 1:
        raise UserError(
            f"--platform {name}: there is no such platform{nearest(name, names) or '.'} Give a TOML file or one of: "
            f"{', '.join(names)}."
        )
    return load_profile(name, calibration)


def _place(name: str) -> tuple[bool, bool, str]:
    """Return what sorts the published baselines first, processors before GPUs."""
    return not name.startswith(("CPU_", "GPU_")), not name.startswith("CPU_"), name
