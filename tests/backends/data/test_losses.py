"""Losses as scikit-learn defines them; the blocks are plain functions, called here without being compiled."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from genesys_cli.backends.data.losses import loss_block
from genesys_cli.compiled.lanes import LANES
from genesys_cli.envs.spec import Discrete, MultiBinary, Real

metrics = pytest.importorskip("sklearn.metrics")
SEED = 11
ACTING = SimpleNamespace(middle=np.array([3.0, -1.0], np.float32), half=np.array([2.0, 0.5], np.float32))


def same(x, formats):
    return x


def computed(loss, action, outputs, targets):
    """Return the loss of each of 16 rows; outputs: (16, O) float32; targets: (16, T)"""
    block = loss_block(loss, action)
    values = np.ascontiguousarray(outputs.T).ravel()
    laid = np.ascontiguousarray(targets.T.astype(np.float64)).ravel()
    first = np.uint64(0)
    return np.array(
        [block(values, first, outputs.shape[1], ACTING, same, 0, laid, np.uint64(lane)) for lane in range(LANES)]
    )


@pytest.fixture
def rng():
    return np.random.default_rng(SEED)


def test_numbers(rng):
    outputs = rng.normal(size=(LANES, 2)).astype(np.float32)
    targets = rng.normal(size=(LANES, 2)) * 3
    predicted = (ACTING.middle + ACTING.half * outputs).astype(np.float64)
    action = Real((3.0, -1.0), (2.0, 0.5))
    for loss, metric in (("squared_error", "mean_squared_error"), ("absolute_error", "mean_absolute_error")):
        found = computed(loss, action, outputs, targets)
        np.testing.assert_allclose(found.mean(), getattr(metrics, metric)(targets, predicted), rtol=1e-14)


def test_two_classes(rng):
    outputs = rng.normal(size=(LANES, 1)).astype(np.float32) * 3
    outputs[:4, 0] = (0.0, 80.0, -80.0, 1.0)
    targets = rng.integers(0, 2, (LANES, 1))
    logits, truth = outputs[:, 0].astype(np.float64), targets[:, 0]
    probability = 1 / (1 + np.exp(-logits))
    found = computed("log_loss", MultiBinary(1), outputs, targets)
    np.testing.assert_allclose(found, np.logaddexp(0, np.where(truth == 1, -logits, logits)), rtol=1e-14, atol=1e-15)
    tame = np.abs(logits) < 20
    wanted = metrics.log_loss(truth[tame], probability[tame], labels=[0, 1])
    np.testing.assert_allclose(found[tame].mean(), wanted, rtol=1e-9)
    found = computed("hinge", MultiBinary(1), outputs, targets).mean()
    np.testing.assert_allclose(found, metrics.hinge_loss(truth, logits, labels=[0, 1]), rtol=1e-14)
    found = computed("zero_one", MultiBinary(1), outputs, targets).mean()
    np.testing.assert_allclose(found, metrics.zero_one_loss(truth, (logits > 0).astype(int)))


def test_several_classes(rng):
    outputs = rng.normal(size=(LANES, 4)).astype(np.float32) * 3
    outputs[0] = 1.0  # equal: the first is chosen
    outputs[1] = (900.0, -900.0, 0.0, 899.0)
    targets = rng.integers(0, 4, (LANES, 1))
    targets[0] = 2
    logits, truth = outputs.astype(np.float64), targets[:, 0]
    largest = logits.max(axis=1)
    total = largest + np.log(np.exp(logits - largest[:, None]).sum(axis=1))
    found = computed("log_loss", Discrete(4), outputs, targets)
    np.testing.assert_allclose(found, total - logits[range(LANES), truth], rtol=1e-13, atol=1e-15)
    found = computed("hinge", Discrete(4), outputs, targets).mean()
    np.testing.assert_allclose(found, metrics.hinge_loss(truth, logits, labels=range(4)), rtol=1e-14)
    found = computed("zero_one", Discrete(4), outputs, targets).mean()
    np.testing.assert_allclose(found, metrics.zero_one_loss(truth, logits.argmax(axis=1)))


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("loss", "action"),
    [
        ("squared_error", Real((0.0, 0.0), (1.0, 1.0))),
        ("absolute_error", Real((0.0, 0.0), (1.0, 1.0))),
        *((loss, action) for loss in ("log_loss", "hinge", "zero_one") for action in (MultiBinary(1), Discrete(3))),
    ],
)
def test_an_output_that_is_not_finite_gives_no_finite_loss(loss, action, strange):
    for k in range(action.n_outputs):
        outputs = np.zeros((LANES, action.n_outputs), np.float32)
        outputs[:, k] = strange
        for target in (0, 1):
            targets = np.full((LANES, action.n_outputs if isinstance(action, Real) else 1), target)
            with np.errstate(all="ignore"):
                assert not np.isfinite(computed(loss, action, outputs, targets)).any()
