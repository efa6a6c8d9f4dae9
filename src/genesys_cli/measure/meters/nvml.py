"""NVML: the energy counters of NVIDIA's GPUs, through the package ``nvidia-ml-py`` where it is installed.

``nvmlDeviceGetTotalEnergyConsumption`` counts millijoules since the driver was loaded, on GPUs from Volta on (NVIDIA,
NVML API Reference). Older ones show only their present power, which would have to be sampled; that is not done here.
The counter is renewed every 20 to 100 ms, so a shorter measurement says little.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from .counter import CounterError, Joules, Reason

MODULE = "pynvml"
RENEWED_S = 0.1


class Nvml:
    """All GPUs of this machine that have a counter."""

    name = "NVML"

    def __init__(self, module: Any = None) -> None:
        """Find the GPUs and read each once; raises :class:`CounterError`.

        module: None: ``pynvml``; tests give one of their own
        """
        self._nvml = module if module is not None else _module()
        try:
            self._nvml.nvmlInit()
        except self._nvml.NVMLError as error:
            raise CounterError("absent", f"NVML finds no NVIDIA driver: {error}") from None
        try:
            count = self._nvml.nvmlDeviceGetCount()
            self._devices = {f"gpu:{i}": self._nvml.nvmlDeviceGetHandleByIndex(i) for i in range(count)}
            if not self._devices:
                raise CounterError("absent", "NVML finds no GPU")
            self.read()
        except self._nvml.NVMLError as error:
            self.close()
            raise CounterError("vanished", f"NVML lists GPUs that it cannot open: {error}") from None
        except CounterError:
            self.close()
            raise

    def read(self) -> dict[str, int]:
        return {name: self._energy(name, device) for name, device in self._devices.items()}

    def between(self, before: Mapping[str, int], after: Mapping[str, int], seconds: float) -> Joules:
        used = {name: after[name] - before[name] for name in before}
        if back := [name for name, millijoules in used.items() if millijoules < 0]:
            raise CounterError("garbled", f"the counter of {', '.join(back)} went back: the driver was loaded anew")
        short = f"shorter than the {RENEWED_S:g} s in which the counter is renewed" if seconds < RENEWED_S else ""
        return Joules(sum(used.values()) / 1e3, short)

    def close(self) -> None:
        """Let go of the driver."""
        self._nvml.nvmlShutdown()

    def _energy(self, name: str, device: Any) -> int:
        try:
            return int(self._nvml.nvmlDeviceGetTotalEnergyConsumption(device))
        except self._nvml.NVMLError as error:
            missing = getattr(self._nvml, "NVMLError_NotSupported", ())
            if isinstance(error, missing):
                raise CounterError(
                    "unsupported", f"{name} has no energy counter: GPUs have one from Volta on; sampling is not done"
                ) from None
            denied = getattr(self._nvml, "NVMLError_NoPermission", ())
            reason: Reason = "denied" if isinstance(error, denied) else "vanished"
            raise CounterError(reason, f"the energy counter of {name} cannot be read: {error}") from None


def _module() -> Any:
    try:
        return importlib.import_module(MODULE)
    except ImportError:
        raise CounterError("absent", "NVML cannot be asked: install nvidia-ml-py") from None
