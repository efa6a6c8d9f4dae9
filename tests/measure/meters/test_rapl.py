"""RAPL on folder trees as Linux shows them."""

import pytest

from genesys_cli.measure.meters.counter import CounterError
from genesys_cli.measure.meters.rapl import Rapl, find_zones, limit_w

RANGE = 262_143_328_850


def failure(call):
    with pytest.raises(CounterError) as caught:
        call()
    return caught.value.reason, str(caught.value)


def test_only_packages_are_counted(root):
    assert [(found.name, found.range_uj) for found in find_zones(root)] == [("package-0", RANGE), ("package-1", RANGE)]
    assert Rapl(root).read() == {"intel-rapl:0": 1_000_000, "intel-rapl:1": 2_000_000}


def test_energy_between_two_readings(root):
    rapl = Rapl(root)
    before = rapl.read()
    (root / "intel-rapl:0" / "energy_uj").write_text("4500000\n")
    (root / "intel-rapl:1" / "energy_uj").write_text("2250000\n")
    assert rapl.between(before, rapl.read(), 1.0) == (3.75, "")


def test_a_counter_that_started_again(root):
    rapl = Rapl(root)
    before = {"intel-rapl:0": RANGE - 1_000_000, "intel-rapl:1": 0}
    after = {"intel-rapl:0": 500_000, "intel-rapl:1": 0}
    assert rapl.between(before, after, 1.0) == (1.5, "")


def test_a_long_time_is_noted_since_it_may_have_started_again_twice(root):
    rapl = Rapl(root)
    readings = rapl.read()
    assert "package-0" in rapl.between(readings, readings, 300.0).note
    assert rapl.between(readings, readings, 200.0).note == ""


def test_a_counter_that_went_back_without_a_range(root):
    (root / "intel-rapl:0" / "max_energy_range_uj").unlink()
    rapl = Rapl(root)
    reason, text = failure(lambda: rapl.between(rapl.read(), {"intel-rapl:0": 0, "intel-rapl:1": 2_000_000}, 1.0))
    assert reason == "garbled"
    assert "package-0" in text


def test_a_counter_beyond_its_range(root):
    rapl = Rapl(root)
    before = {"intel-rapl:0": 3 * RANGE, "intel-rapl:1": 0}
    assert failure(lambda: rapl.between(before, {"intel-rapl:0": 5, "intel-rapl:1": 0}, 1.0))[0] == "garbled"


def test_no_folder_and_no_package_are_absent(tmp_path, zone):
    assert failure(lambda: Rapl(tmp_path / "none"))[0] == "absent"
    zone(tmp_path / "powercap", "intel-rapl:0", "psys", 1)
    assert failure(lambda: Rapl(tmp_path / "powercap"))[0] == "absent"


def test_a_denied_counter_says_what_to_do(root, monkeypatch):
    def denied(path, **_):
        if path.name == "energy_uj":
            raise PermissionError(13, "Permission denied")
        return original(path, encoding="ascii")

    original = type(root).read_text
    monkeypatch.setattr(type(root), "read_text", denied)
    reason, text = failure(lambda: Rapl(root))
    assert reason == "denied"
    assert "chmod" in text


@pytest.mark.parametrize("text", [b"", b"-5\n", b"12 J\n", b"\xff\xfe", b"1e6"])
def test_garbage_is_named(root, text):
    (root / "intel-rapl:0" / "energy_uj").write_bytes(text)
    assert failure(lambda: Rapl(root))[0] == "garbled"


def test_a_counter_that_vanishes(root):
    rapl = Rapl(root)
    (root / "intel-rapl:0" / "energy_uj").unlink()
    reason, text = failure(rapl.read)
    assert reason == "vanished"
    assert "intel-rapl:0" in text


def test_the_rated_power_comes_before_what_is_set(root):
    assert limit_w(root) == 91 + 80


def test_a_package_without_a_limit(root):
    (root / "intel-rapl:1" / "constraint_0_name").write_text("peak_power\n")
    assert failure(lambda: limit_w(root))[0] == "absent"
