"""Names of the activation and aggregation functions. A gene stores the index; the order is part of the file format."""

ACTIVATIONS = (
    "tanh",
    "sigmoid",
    "relu",
    "identity",
    "sin",
    "gauss",
    "elu",
    "lelu",
    "selu",
    "softplus",
    "clamped",
    "inv",
    "log",
    "exp",
    "abs",
    "hat",
    "square",
    "cube",
)

AGGREGATIONS = ("sum", "product", "max", "min", "maxabs", "median", "mean")
