import os
import platform

from genesys_cli.measure.meters.host import WATTS_PER_CORE, cpu_model, host_profile


def test_the_model_is_read_from_linux(tmp_path):
    x86 = tmp_path / "cpuinfo"
    x86.write_text("processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9654\n\nmodel name\t: other\n")
    assert cpu_model(x86) == "AMD EPYC 9654"
    arm = tmp_path / "arm"
    arm.write_text("processor\t: 0\nBogoMIPS\t: 62.50\nHardware\t: tegra\nModel\t: NVIDIA Orin Nano\n")
    assert cpu_model(arm) == "NVIDIA Orin Nano"


def test_elsewhere_python_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert cpu_model(tmp_path / "none") == "riscv64"


def test_the_rated_power_is_the_machines_own_where_it_states_one(root, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    host = host_profile(root)
    assert (host.cores, host.tdp_w, host.tdp_stated) == (16, (171.0, 171.0, 171.0), True)


def test_otherwise_it_is_an_estimate_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    host = host_profile(tmp_path)
    assert host.tdp_w == tuple(4 * watts for watts in WATTS_PER_CORE)
    assert not host.tdp_stated
    assert "own estimate" in host.tdp_source
    assert "virtual machine" in host.tdp_source
