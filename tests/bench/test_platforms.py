import pytest

from genesys_cli.bench.platforms import choose_platforms
from genesys_cli.energy.platforms import platform_folder, shipped_costs
from genesys_cli.errors import UserError
from genesys_cli.measure import calibration


@pytest.fixture(autouse=True)
def _no_calibration(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "calibration_folder", lambda: tmp_path)


def test_all_of_them_with_the_published_baselines_first():
    names = choose_platforms().names
    assert names[:10] == [
        *("GENESYS", "host", "CPU_a", "CPU_b", "CPU_c", "CPU_d", "GPU_a", "GPU_b", "GPU_c", "GPU_d"),
    ]
    assert {"Orin_Nano", "Orin_Nano_Fused", "Desktop", "H200", "H200_Fused"} < set(names)


def test_names_in_any_case_each_once_and_files(tmp_path):
    shipped = (platform_folder() / "h200.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(shipped[: shipped.index("[platforms.H200_Fused]")], encoding="utf-8")
    found = choose_platforms(["cpu_A", "CPU_a", "genesys", str(path)])
    assert found.names == ["GENESYS", "CPU_a", "H200"]
    assert (found.genesys, found.host) == (True, False)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CPU_x", "did you mean 'CPU_"),
        ("genesis", "did you mean 'GENESYS'?"),
        ("hots", "did you mean 'host'?"),
        ("nowhere.toml", "there is no platform file 'nowhere.toml'"),
        ("Host_Python", "run genesys bench --calibrate"),
    ],
)
def test_unknown_ones(name, message):
    with pytest.raises(UserError) as caught:
        choose_platforms([name])
    assert message in str(caught.value)


def test_plain_python_here_once_it_is_calibrated(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "measure_interpreted", lambda **_: shipped_costs()[0])
    calibration.calibrate(tmp_path)
    assert "Host_Python" in choose_platforms().names
    assert choose_platforms(["host_python"]).names == ["Host_Python"]
