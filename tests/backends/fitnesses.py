"""Fitness functions, as users write them."""

import functools

import numpy as np

NOT_A_FUNCTION = 3.0


def steps_and_info(episode):
    assert episode.terminated != episode.truncated
    return np.float32(episode.steps + 100 * episode.info.get("count", 0) + episode.seed % 10)


def always_one(episode):
    return 1


def half(episode):
    return episode.total_reward / 2


def raises(episode):
    return {}["velocity"] if episode.seed == 6 else 0.0


def returns_text(episode):
    return "good"


def not_a_number(episode):
    return float("nan") if episode.seed == 6 else 1


class Callable:
    def __call__(self, episode):
        return episode.steps


class Worth(float):
    """A class that makes a number of an episode."""

    def __new__(cls, episode):
        return float.__new__(cls, episode.steps)


class Broken:
    def __float__(self):
        raise ValueError("no\nfloat")

    def __repr__(self):
        raise ValueError("no repr")


def with_default(episode, factor=2):
    return factor * episode.steps


def two(episode, factor):
    return factor * episode.steps


def none():
    return 0.0


async def later(episode):
    return 1.0


def yields(episode):
    yield 1.0


def gives_coroutine(episode):
    return later(episode)


def leaves(episode):
    raise SystemExit(3)


def interrupts(episode):
    raise KeyboardInterrupt


def huge(episode):
    return 10**5000


def no_return(episode):
    pass


def takes_away(episode):
    episode.info.clear()
    return 1


half_as_lambda = lambda episode: episode.total_reward / 2  # noqa: E731
half_as_partial = functools.partial(with_default, factor=0.5)
an_object = Callable()


def nan(episode):
    return float("nan")


def odd_have_none(episode):
    """None for episodes of an odd length, like a user's function that divides by zero now and then."""
    return float("nan") if episode.steps % 2 else float(episode.steps)


def cost(episode):
    """Small for long episodes, with zeros, ties, and now and then no number."""
    return float("nan") if episode.steps % 11 == 0 else float(40 - episode.steps // 2)


def minus_cost(episode):
    return -cost(episode)


def unfit_when_held_out(episode):
    """None in an episode of a generation's second half of seeds, whichever they are."""
    return float("nan") if episode.seed % 2 else 1.0


def giant(episode):
    """Numbers whose sums, differences and squares overflow."""
    return 1.7e308 if episode.steps % 2 else -1.7e308
