"""The order of genomes from which parents are chosen."""

import numpy as np
import pytest

from genesys_cli.neat.selection import best_first


@pytest.mark.parametrize("kind", ["few values", "all equal", "any", "huge handicaps"])
def test_order_is_that_of_one_criterion_after_the_other(kind):
    """Species, falling fitness, handicap, index: as by stable sorts, whether packed into integers or not."""
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    for size in (1, 2, 3, 50, 1000):
        fitness = {"few values": rng.integers(-2, 3, size) * 0.5, "all equal": np.full(size, -0.0)}.get(
            kind, rng.normal(size=size) * 10.0 ** rng.integers(-300, 300, size)
        )
        handicap = rng.integers(0, 1 << 62 if kind == "huge handicaps" else 4, size)
        member_of = rng.integers(0, 5, size).astype(np.int32)
        wanted = sorted(range(size), key=lambda g: (member_of[g], -fitness[g], handicap[g], g))
        found = best_first(fitness, handicap, member_of)
        assert found.tolist() == wanted
        assert found.dtype == np.int32
