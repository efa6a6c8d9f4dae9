"""NVML, asked through a module of our own."""

import importlib
from types import SimpleNamespace

import pytest

from genesys_cli.measure.meters import nvml
from genesys_cli.measure.meters.counter import CounterError
from genesys_cli.measure.meters.nvml import Nvml


class NVMLError(Exception):
    pass


class NotSupportedError(NVMLError):
    pass


class NoPermissionError(NVMLError):
    pass


class Driver:
    """What of pynvml is used. energy: per GPU, millijoules or an error to raise"""

    NVMLError = NVMLError
    NVMLError_NotSupported = NotSupportedError
    NVMLError_NoPermission = NoPermissionError

    def __init__(self, *energy, init=None):
        self.energy, self.init, self.closed = list(energy), init, 0

    def nvmlInit(self):  # noqa: N802
        if self.init:
            raise self.init

    def nvmlShutdown(self):  # noqa: N802
        self.closed += 1

    def nvmlDeviceGetCount(self):  # noqa: N802
        return len(self.energy)

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        return SimpleNamespace(index=index)

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):  # noqa: N802
        found = self.energy[handle.index]
        if isinstance(found, Exception):
            raise found
        return found


def failure(call):
    with pytest.raises(CounterError) as caught:
        call()
    return caught.value.reason, str(caught.value)


def test_energy_of_all_gpus():
    driver = Driver(1000, 50_000)
    found = Nvml(driver)
    before = found.read()
    driver.energy = [3500, 50_250]
    assert found.between(before, found.read(), 1.0) == (2.75, "")
    found.close()
    assert driver.closed == 1


def test_a_short_time_is_noted():
    found = Nvml(Driver(1))
    assert "shorter" in found.between(found.read(), found.read(), 0.05).note


def test_no_driver_no_gpu_no_counter():
    assert failure(lambda: Nvml(Driver(init=NVMLError("Driver Not Loaded")))) == (
        "absent",
        "NVML finds no NVIDIA driver: Driver Not Loaded",
    )
    assert failure(lambda: Nvml(Driver()))[0] == "absent"
    old = Driver(1000, NotSupportedError("Not Supported"))
    reason, text = failure(lambda: Nvml(old))
    assert reason == "unsupported"
    assert "gpu:1" in text
    assert "sampling is not done" in text
    assert old.closed == 1


def test_a_counter_that_may_not_be_read_vanishes_or_goes_back():
    driver = Driver(1000)
    found = Nvml(driver)
    driver.energy = [NVMLError("GPU is lost")]
    assert failure(found.read) == ("vanished", "the energy counter of gpu:0 cannot be read: GPU is lost")
    driver.energy = [NoPermissionError("Insufficient Permissions")]
    assert failure(found.read)[0] == "denied"
    assert failure(lambda: found.between({"gpu:0": 5}, {"gpu:0": 4}, 1.0))[0] == "garbled"


def test_without_the_package_it_says_what_to_install(monkeypatch):
    def missing(name):
        assert name == nvml.MODULE
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert failure(Nvml) == ("absent", "NVML cannot be asked: install nvidia-ml-py")
