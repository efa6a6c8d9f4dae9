"""Accuracy of the elementary functions in units of the last place, and what they do at their ends.

Exact values come from the mathematical library by way of ``math``, itself right within 1 unit of the last place
of float64; float32 results are compared with float64.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from genesys_cli.compiled import mathf
from genesys_cli.compiled.jit import kernel
from genesys_cli.compiled.mathf import exp, log, log_single, sincos, sincos_small, tanh

SEED = 20020


@kernel
def sincos_many(x, sines, cosines):
    for k in range(len(x)):
        sines[k], cosines[k] = sincos(x[k])


@kernel
def exp_many(x, out):
    for k in range(len(x)):
        out[k] = exp(x[k])


@kernel
def log_many(x, out):
    for k in range(len(x)):
        out[k] = log(x[k])


@kernel
def log_single_many(x, out):
    for k in range(len(x)):
        out[k] = log_single(x[k])


@kernel
def tanh_many(x, out):
    for k in range(len(x)):
        out[k] = tanh(x[k])


def sin(x):
    sines, cosines = np.empty_like(x), np.empty_like(x)
    sincos_many(x, sines, cosines)
    return sines


def cos(x):
    sines, cosines = np.empty_like(x), np.empty_like(x)
    sincos_many(x, sines, cosines)
    return cosines


def of(many):
    def call(x):
        out = np.empty_like(x)
        many(x, out)
        return out

    return call


FUNCTIONS = {"sin": sin, "cos": cos, "exp": of(exp_many), "log": of(log_many), "tanh": of(tanh_many)}


def worst(name: str, x: np.ndarray) -> float:
    """Return the largest error, in units of the last place of the exact value in the type of `x`."""
    ours = FUNCTIONS[name](x).astype(np.float64)
    exact = np.array([getattr(math, name)(value) for value in x.tolist()])
    unit = np.spacing(np.abs(exact).astype(x.dtype)).astype(np.float64)
    return float((np.abs(ours - exact) / unit).max())


def spread(rng: np.random.Generator, low: float, high: float, count: int = 5000) -> np.ndarray:
    """Return numbers whose logarithms are uniform."""
    return 10 ** rng.uniform(np.log10(low), np.log10(high), count)


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_sine_and_cosine(name):
    rng = np.random.default_rng(SEED)
    anywhere = rng.uniform(-1e5, 1e5, 20_000)
    small = np.concatenate([rng.normal(size=5000), spread(rng, 1e-300, 1)])
    # Next to multiples of pi/2 the result is small and the reduction must be exact.
    turns = np.arange(1, 63_661, 7) * (np.pi / 2)
    for x in (anywhere, small, -small, turns, -turns, np.nextafter(turns, 0), np.nextafter(turns, 1e9)):
        assert worst(name, x) <= 2


def test_sine_and_cosine_of_special_values():
    assert sin(np.array([0.0]))[0] == 0
    assert cos(np.array([0.0, -0.0])).tolist() == [1, 1]
    x = np.random.default_rng(SEED).uniform(-1e5, 1e5, 5000)
    assert (sin(-x) == -sin(x)).all(), "odd"
    assert (cos(-x) == cos(x)).all(), "even"
    assert np.abs(sin(x) ** 2 + cos(x) ** 2 - 1).max() < 1e-15
    with np.errstate(invalid="ignore"):
        assert np.isnan(sin(np.array([np.nan]))).all()
        assert np.isnan(cos(np.array([np.nan]))).all()


def test_small_angles_need_no_reduction():
    small = np.random.default_rng(SEED).uniform(-np.pi / 4, np.pi / 4, 2000)
    for x in (*small, 0.0, np.pi / 4, -np.pi / 4):
        assert sincos_small(np.float64(x)) == sincos(np.float64(x)), SEED
    beyond = np.float64(1.0)  # what a failing pole may reach within a step
    assert np.abs(np.array(sincos_small(beyond)) - np.array(sincos(beyond))).max() < 1e-13


def test_exp():
    rng = np.random.default_rng(SEED)
    small = np.concatenate([rng.normal(size=5000), spread(rng, 1e-300, 1)])
    for x in (rng.uniform(-708, 709, 20_000), small, -small, np.array([-708.0, 709.0, 0.0, -0.0, 1.0])):
        assert worst("exp", x) <= 2


def test_exp_stops_at_its_ends():
    ends = FUNCTIONS["exp"](np.array([-708.0, 709.0]))
    beyond = FUNCTIONS["exp"](np.array([-708.1, -1e300, -np.inf, 709.1, 1e300, np.inf]))
    assert beyond.tolist() == [ends[0]] * 3 + [ends[1]] * 3
    assert 0 < ends[0] < 4e-308
    assert 8e307 < ends[1] < np.inf
    with np.errstate(invalid="ignore"):
        assert np.isnan(FUNCTIONS["exp"](np.array([np.nan]))).all()


def test_log():
    rng = np.random.default_rng(SEED)
    near_one = np.concatenate([rng.uniform(0.5, 2, 5000), 1 + rng.normal(size=2000) * 1e-8])
    ends = np.array([2.3e-308, 1.7e308, 0.5, 2.0, math.sqrt(0.5), math.sqrt(2)])
    for x in (spread(rng, 1e-307, 1e308, 20_000), near_one[near_one != 1], ends):
        assert worst("log", x) <= 2
    assert FUNCTIONS["log"](np.array([1.0]))[0] == 0


def test_log_in_single_precision():
    rng = np.random.default_rng(SEED)
    near_one = 1 + rng.normal(size=2000) * 1e-4
    for x in (spread(rng, 1e-37, 1e38, 20_000), rng.uniform(0.5, 2, 5000), near_one, np.array([0.5, 1.0, 2.0])):
        x = x.astype(np.float32)
        ours, exact = of(log_single_many)(x), np.log(x.astype(np.float64))
        assert (np.abs(ours - exact) <= 2 * 2.0**-23 * np.maximum(1, np.abs(exact))).all()
        assert ours.tolist() == [float(log_single(value)) for value in x], "uncompiled"


def test_exp_and_log_rise():
    """On grids so coarse that a step is worth more than the last places."""
    assert (np.diff(FUNCTIONS["exp"](np.linspace(-708, 709, 100_001))) > 0).all()
    assert (np.diff(FUNCTIONS["log"](np.exp(np.linspace(-700, 700, 100_001)))) > 0).all()
    assert (np.diff(FUNCTIONS["log"](np.linspace(0.5, 2, 100_001))) > 0).all()


def test_tanh():
    rng = np.random.default_rng(SEED)
    for x in (rng.uniform(-10, 10, 20_000), rng.normal(size=5000), spread(rng, 1e-35, 1), np.array([7.9, 8.0, 9.0])):
        assert worst("tanh", x.astype(np.float32)) <= 6


def test_tanh_of_special_values():
    with np.errstate(under="ignore"):
        tiny = np.array([1e-45, 1e-40, 1e-37], np.float32)
        assert np.abs(FUNCTIONS["tanh"](tiny) - tiny).max() < 1e-39, "of what is too small, the absolute error is"
    x = np.random.default_rng(SEED).uniform(-12, 12, 20_000).astype(np.float32)
    y = FUNCTIONS["tanh"](x)
    assert (FUNCTIONS["tanh"](-x) == -y).all(), "odd"
    assert np.abs(y).max() <= 1
    assert (np.diff(FUNCTIONS["tanh"](np.linspace(-5, 5, 201, dtype=np.float32))) > 0).all()
    zero, ends, no_number = (
        FUNCTIONS["tanh"](np.array(values, np.float32))
        for values in ([0.0, -0.0], [np.inf, -np.inf, 1e30, -1e30], [np.nan])
    )
    assert np.signbit(zero).tolist() == [False, True]
    assert ends.tolist() == [1, -1, 1, -1]
    assert np.isnan(no_number).all()


@pytest.mark.parametrize("name", ["sincos", "exp", "log", "tanh"])
def test_same_bits_uncompiled(name):
    """A loop that the compiler turned into SIMD and one number at a time in Python give the same bits."""
    x = np.random.default_rng(SEED).uniform(-20, 20, 500).astype(np.float32 if name == "tanh" else np.float64)
    x = np.abs(x) + 1e-3 if name == "log" else x
    one_by_one = [getattr(mathf, name)(value) for value in x]
    if name == "sincos":
        assert sin(x).tolist() == [float(sine) for sine, _ in one_by_one]
        assert cos(x).tolist() == [float(cosine) for _, cosine in one_by_one]
    else:
        assert FUNCTIONS[name](x).tolist() == [float(y) for y in one_by_one]
