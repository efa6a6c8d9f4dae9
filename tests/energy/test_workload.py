import pytest

from genesys_cli.energy.workload import Workload, checked, mean
from genesys_cli.errors import UserError

ONE = Workload(10, 100, 20, 10, 800, 200, 900, 280, 140, 130, 135, 56, 4, 2)


def test_the_mean_is_taken_count_by_count():
    other = ONE._replace(steps=300, macs=0)
    assert mean([ONE, other]) == ONE._replace(steps=200, macs=400)


def test_no_mean_of_nothing():
    with pytest.raises(ValueError, match="no workloads"):
        mean([])


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_counts_are_finite_and_not_negative(value):
    with pytest.raises(UserError, match="node_updates is"):
        checked(ONE._replace(node_updates=value))


def test_full_matrices_have_at_least_the_connections_that_are_there():
    assert checked(ONE) is ONE
    with pytest.raises(UserError, match="less than its macs"):
        checked(ONE._replace(dense_macs=799))
