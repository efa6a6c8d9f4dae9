from itertools import pairwise

import pytest

from genesys_cli.energy import scaling
from genesys_cli.energy.scaling import (
    AREA,
    BOTH,
    ENERGY,
    NODES_NM,
    NOTHING,
    VOLTAGE,
    VOLTS,
    area_factor,
    check_point,
    energy_factor,
    leakage_factor,
    published_energy,
)
from genesys_cli.errors import UserError


def test_the_worked_example_of_the_authors():
    """From the errata of Stillmaker and Baas: 65 nm at 1.3 V to 32 nm at 0.9 V."""
    assert published_energy(32, 0.9) == pytest.approx(0.4571, abs=5e-5)
    assert published_energy(65, 1.3) == pytest.approx(2.604, abs=5e-4)
    assert published_energy(32, 0.9) / published_energy(65, 1.3) == pytest.approx(0.1755, abs=1e-4)


def test_published_areas():
    """Rows of table 4, which has two digits."""
    assert area_factor(45, 32) == pytest.approx(0.46, abs=0.005)
    assert area_factor(65, 16) == pytest.approx(0.13, abs=0.005)
    assert area_factor(7, 130) == pytest.approx(110)
    assert area_factor(20, 10) * area_factor(10, 20) == pytest.approx(1)
    assert area_factor(45, 7, NOTHING) == 1


def test_every_node_has_its_row_and_smaller_ones_need_less():
    assert len(NODES_NM) == len(ENERGY) == len(AREA)
    assert list(AREA) == sorted(AREA)
    for volts in (0.7, 0.8, 0.9, 1.0, 1.1):
        factors = [published_energy(nm, volts) for nm in NODES_NM]
        assert factors == sorted(factors), volts


def test_between_nodes_factors_lie_between():
    for at, (small, large) in enumerate(pairwise(NODES_NM)):
        middle = (small + large) / 2
        assert published_energy(small, 0.8) < published_energy(middle, 0.8) < published_energy(large, 0.8)
        assert AREA[at] < scaling.AREA[0] * area_factor(7, middle) < AREA[at + 1]
    assert published_energy(15, 0.8) == pytest.approx((published_energy(14, 0.8) + published_energy(16, 0.8)) / 2)


def test_energy_goes_with_the_square_of_voltage_and_leakage_with_voltage():
    assert energy_factor(15, 0.8, 15, 1.0, BOTH) == pytest.approx(1.5625)
    assert energy_factor(15, 0.8, 15, 1.0, VOLTAGE) == pytest.approx(1.5625)
    assert leakage_factor(15, 0.8, 15, 1.0, BOTH) == pytest.approx(1.25)
    for factor in (energy_factor, leakage_factor):
        assert factor(15, 0.8, 15, 0.8, BOTH) == 1
        assert factor(15, 0.8, 45, 1.0, NOTHING) == 1
        assert factor(15, 0.8, 32, 0.8, BOTH) > factor(15, 0.8, 20, 0.8, BOTH) > 1
    assert energy_factor(15, 0.8, 45, 0.8, VOLTAGE) == 1  # a wire of the same length
    # The node is changed at the voltage of the price, so that a detour over another voltage changes nothing.
    assert energy_factor(15, 0.8, 45, 1.1, BOTH) == pytest.approx(
        energy_factor(15, 0.8, 45, 0.8, BOTH) * (1.1 / 0.8) ** 2
    )


@pytest.mark.parametrize(
    ("nm", "volts", "named"),
    [
        (5, 0.8, "technology_nm = 5"),
        (180, 0.8, "technology_nm = 180"),
        (15, 0.3, "voltage_v = 0.3"),
        (15, 1.5, "voltage_v = 1.5"),
    ],
)
def test_outside_the_range_is_refused(nm, volts, named):
    with pytest.raises(UserError, match=named) as caught:
        check_point(nm, volts)
    assert "choose" in str(caught.value)


def test_both_ends_of_the_range_are_within():
    for nm in (NODES_NM[0], NODES_NM[-1]):
        for volts in VOLTS:
            check_point(nm, volts)
            assert energy_factor(15, 0.8, nm, volts, BOTH) > 0
            assert leakage_factor(15, 0.8, nm, volts, BOTH) > 0
