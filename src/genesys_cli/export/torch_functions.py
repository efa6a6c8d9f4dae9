"""Pieces of a file for PyTorch: what a node may compute, with the arithmetic of ``network`` and ``compiled``.

Activations are expressions of ``z``, (batch,) float32; aggregations are functions of a list of such terms.
"""

from __future__ import annotations

from ..facts import SELU_ALPHA, SELU_SCALE

FUNCTIONS: tuple[tuple[str, set[str]], ...] = (
    (
        """\
def tanh(x):
    \"\"\"A rational function, within a few units in the last place, flat beyond 7.9: always the same bits.\"\"\"
    x = x.clamp(-7.90531110763549805, 7.90531110763549805)
    z = x * x
    p = z * -2.76076847742355e-16 + 2.00018790482477e-13
    for c in (-8.60467152213735e-11, 5.12229709037114e-08, 1.48572235717979e-05, 6.37261928875436e-04,
              4.89352455891786e-03):
        p = p * z + c
    q = z * 1.19825839466702e-06 + 1.18534705686654e-04
    for c in (2.26843463243900e-03, 4.89352518554385e-03):
        q = q * z + c
    return x * p / q
""",
        {"tanh", "sigmoid"},
    ),
    (
        """\
def sum_of(terms):
    \"\"\"Groups of four, each (a + b) + (c + d), the last one filled up with zeros: the order is that of genesys.\"\"\"
    terms = terms + [torch.zeros_like(terms[0])] * (-len(terms) % 4)
    groups = [(a + b) + (c + d) for a, b, c, d in zip(*(terms[k::4] for k in range(4)))]
    return functools.reduce(torch.add, groups)
""",
        {"sum"},
    ),
    (
        """\
def median(terms):
    ordered, middle = torch.stack(terms).sort(dim=0).values, len(terms) // 2
    return ordered[middle] if len(terms) % 2 else (ordered[middle - 1] + ordered[middle]) * 0.5
""",
        {"median"},
    ),
)
"""Functions of a file, each with the names of what is computed with it."""

ACTIVATIONS = {
    "tanh": "tanh(z * 2.5)",
    "sigmoid": "tanh(z * 2.5) * 0.5 + 0.5",
    "relu": "z.clamp(min=0)",
    "identity": "z",
    "sin": "(z.double() * 5).clamp(-60, 60).sin().float()",
    "gauss": "(-5 * z.double().clamp(-3.4, 3.4) * z.double().clamp(-3.4, 3.4)).exp().float()",
    "elu": "torch.where(z > 0, z, (z.double().exp() - 1).float())",
    "lelu": "torch.where(z > 0, z, (z.double() * 0.005).float())",
    "selu": f"torch.where(z > 0, z.double() * {SELU_SCALE}, (z.double().exp() - 1) * "
    f"({SELU_SCALE} * {SELU_ALPHA})).float()",
    "softplus": "(((z.double() * 5).clamp(-60, 60).exp() + 1).log() * 0.2).float()",
    "clamped": "z.clamp(-1, 1)",
    "inv": "torch.where(z == 0, z, 1 / z)",
    "log": "z.double().clamp(min=1e-7).log().float()",
    "exp": "z.double().clamp(-60, 60).exp().float()",
    "abs": "z.abs()",
    "hat": "(1 - z.abs()).clamp(min=0)",
    "square": "z * z",
    "cube": "(z.double() * z.double() * z.double()).float()",
}
AGGREGATIONS = {
    "sum": "sum_of",
    "product": "lambda terms: functools.reduce(torch.mul, terms)",
    "max": "lambda terms: functools.reduce(lambda a, b: torch.where(b > a, b, a), terms)",
    "min": "lambda terms: functools.reduce(lambda a, b: torch.where(b < a, b, a), terms)",
    "maxabs": "lambda terms: functools.reduce(lambda a, b: torch.where(b.abs() > a.abs(), b, a), terms)",
    "median": "median",
    "mean": "lambda terms: functools.reduce(torch.add, terms) / len(terms)",
}
