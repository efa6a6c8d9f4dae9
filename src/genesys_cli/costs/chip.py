"""Joules of a generation on the chip, for its row of metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..backends.base import Backend
from ..errors import UserError

if TYPE_CHECKING:
    from ..energy.chip import Pricing


def pricing_of(backend: Backend) -> Pricing | str:
    """Return the prices of the chip that a run is on; or why there are none, such as that it runs in software."""
    if backend.chip is None or not backend.kind.counts_itself:
        return f"nothing runs on the chip with --backend {backend.name}"
    from ..energy.chip import Pricing
    from ..energy.table import load_table

    try:
        return Pricing(backend.chip, load_table())
    except UserError as error:  # such as a technology that the scaling does not reach; the run does not need it
        return str(error)


def joules_of(row: Mapping[str, Any], pricing: Pricing | str) -> dict[str, float]:
    """Return the columns of energy that follow from a row's counts, nominal and bottom-up; none without prices."""
    if isinstance(pricing, str):
        return {}
    found = pricing.estimate(row)
    phases = {f"energy_{phase}_j": joules.nominal for phase, joules in found.by_phase().items()}
    return phases | {"energy_j": found.total().nominal}
