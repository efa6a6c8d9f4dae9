import math

import pytest

from genesys_cli.ranges import Range


def test_bounds_add_and_scale_as_bounds():
    a, b = Range(1.0, 2.0, 4.0), Range(0.5, 1.0, 1.5)
    assert a.plus(b) == Range(1.5, 3.0, 5.5) == Range.total([a, b])
    assert Range.total([]) == Range.exactly(0.0)
    assert a.scaled(2.0) == Range(2.0, 4.0, 8.0)
    assert a.times(b) == Range(0.5, 2.0, 6.0)
    with pytest.raises(ValueError, match="cannot be scaled"):
        a.scaled(-1.0)


def test_a_ratio_is_least_where_the_divisor_is_most():
    assert Range(1.0, 2.0, 4.0).ratio(Range(0.5, 1.0, 2.0)) == Range(0.5, 2.0, 8.0)
    assert Range.exactly(1.0).ratio(Range.exactly(0.0)).nominal == math.inf
    assert Range.exactly(0.0).ratio(Range.exactly(0.0)) == Range.exactly(0.0)
