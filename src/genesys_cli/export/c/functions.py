"""Pieces of C99 for a controller in float: what a node may compute, to the bits of ``network`` and ``compiled``.

In these texts ``nn_`` stands for the prefix of all names. Only the pieces that a network needs are written.
"""

from __future__ import annotations

from ...facts import SELU_ALPHA, SELU_SCALE

TANH = """\
/* Hyperbolic tangent: a rational function, within a few units in the last place, flat beyond 7.9. */
static inline float nn_tanh(float x)
{
    float z, p, q;
    x = x < -7.90531110763549805f ? -7.90531110763549805f : x;
    x = x > 7.90531110763549805f ? 7.90531110763549805f : x;
    z = x * x;
    p = -2.76076847742355e-16f;
    p = p * z + 2.00018790482477e-13f;
    p = p * z + -8.60467152213735e-11f;
    p = p * z + 5.12229709037114e-08f;
    p = p * z + 1.48572235717979e-05f;
    p = p * z + 6.37261928875436e-04f;
    p = p * z + 4.89352455891786e-03f;
    q = 1.19825839466702e-06f;
    q = q * z + 1.18534705686654e-04f;
    q = q * z + 2.26843463243900e-03f;
    q = q * z + 4.89352518554385e-03f;
    return x * p / q;
}
"""

EXP = """\
/* e to the x. */
static inline double nn_exp(double x)
{
    union { uint64_t bits; double value; } power;
    double k, r, z, p, q;
    x = x < -708.0 ? -708.0 : x;
    x = x > 709.0 ? 709.0 : x;
    k = (x * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0;
    r = (x - k * 6.93145751953125e-1) - k * 1.42860682030941723212e-6;
    z = r * r;
    p = r * ((1.26177193074810590878e-4 * z + 3.02994407707441961300e-2) * z + 9.99999999999999999910e-1);
    q = ((3.00198505138664455042e-6 * z + 2.52448340349684104192e-3) * z + 2.27265548208155028766e-1) * z
        + 2.00000000000000000009e0;
    power.bits = (uint64_t)((int64_t)k + 1023) << 52;
    return (1.0 + 2.0 * (p / (q - p))) * power.value;
}
"""

LOG = """\
/* Natural logarithm of a positive number. */
static inline double nn_log(double x)
{
    union { uint64_t bits; double value; } part;
    double m, e, z, p, q, y;
    int exponent, small;
    part.value = x;
    exponent = (int)(part.bits >> 52 & 2047) - 1022;
    part.bits = (part.bits & 0x000FFFFFFFFFFFFFu) | (uint64_t)1022 << 52;
    m = part.value;
    small = m < 0.70710678118654752440;
    e = (double)(small ? exponent - 1 : exponent);
    m = (small ? m + m : m) - 1.0;
    z = m * m;
    p = ((((1.01875663804580931796e-4 * m + 4.97494994976747001425e-1) * m + 4.70579119878881725854e0) * m
        + 1.44989225341610930846e1) * m + 1.79368678507819816313e1) * m + 7.70838733755885391666e0;
    q = ((((m + 1.12873587189167450590e1) * m + 4.52279145837532221105e1) * m + 8.29875266912776603211e1) * m
        + 7.11544750618563894466e1) * m + 2.31251620126765340583e1;
    y = m * (z * p / q) - e * 2.121944400546905827679e-4;
    y = y - 0.5 * z;
    return (m + y) + e * 0.693359375;
}
"""

SINE = """\
/* Sine of an angle in radians. */
static inline double nn_sine(double x)
{
    double k, r, z, s, tail, half, lead, c, y;
    int quadrant;
    k = (x * 0.6366197723675814 + 6755399441055744.0) - 6755399441055744.0;
    quadrant = (int)k;
    r = ((x - k * 1.57079632673412561417) - k * 6.07710050630396597660e-11) - k * 2.02226624879595063154e-21;
    z = r * r;
    s = r + r * z * (-1.66666666666666324348e-01 + z * (8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04
        + z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
    tail = z * z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * (2.48015872894767294178e-05
        + z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
    half = 0.5 * z;
    lead = 1.0 - half;
    c = lead + (((1.0 - lead) - half) + tail);
    y = (quadrant & 1) != 0 ? c : s;
    return (quadrant & 2) != 0 ? -y : y;
}
"""

CLIP = """\
static inline double nn_limited(double z, double limit)
{
    z = z < -limit ? -limit : z;
    return z > limit ? limit : z;
}
"""

HELPERS = {"tanh": TANH, "exp": EXP, "log": LOG, "sine": SINE, "limited": CLIP}

#: For each activation, which helpers it calls and what it returns of ``float z``. One product, quotient or difference
#: of floats, rounded to double and then to float, is the one that float computes; so these do without a double.
ACTIVATION: dict[str, tuple[tuple[str, ...], str]] = {
    "tanh": (("tanh",), "nn_tanh(2.5f * z)"),
    "sigmoid": (("tanh",), "0.5f + 0.5f * nn_tanh(2.5f * z)"),
    "relu": ((), "z > 0.0f ? z : 0.0f"),
    "identity": ((), "z"),
    "sin": (("limited", "sine"), "(float)nn_sine(nn_limited(5.0 * (double)z, 60.0))"),
    "gauss": (
        ("limited", "exp"),
        "(float)nn_exp(-5.0 * nn_limited((double)z, 3.4) * nn_limited((double)z, 3.4))",
    ),
    "elu": (("exp",), "z > 0.0f ? z : (float)(nn_exp((double)z) - 1.0)"),
    "lelu": ((), "z > 0.0f ? z : (float)(0.005 * (double)z)"),
    "selu": (
        ("exp",),
        f"(float)(z > 0.0f ? {SELU_SCALE} * (double)z\n"
        f"        : {SELU_SCALE} * {SELU_ALPHA} * (nn_exp((double)z) - 1.0))",
    ),
    "softplus": (
        ("limited", "exp", "log"),
        "(float)(0.2 * nn_log(1.0 + nn_exp(nn_limited(5.0 * (double)z, 60.0))))",
    ),
    "clamped": ((), "z < -1.0f ? -1.0f : z > 1.0f ? 1.0f : z"),
    "inv": ((), "z == 0.0f ? 0.0f : 1.0f / z"),
    "log": (("log",), "(float)nn_log((double)z < 1e-7 ? 1e-7 : (double)z)"),
    "exp": (("limited", "exp"), "(float)nn_exp(nn_limited((double)z, 60.0))"),
    "abs": ((), "z < 0.0f ? -z : z"),
    "hat": ((), "(z < 0.0f ? -z : z) > 1.0f ? 0.0f : 1.0f - (z < 0.0f ? -z : z)"),
    "square": ((), "z * z"),
    "cube": ((), "(float)((double)z * (double)z * (double)z)"),
}

SUM = """\
/* Sum in groups of four, each (a + b) + (c + d), the last one filled up with zeros. */
static inline float nn_sum(const float *value, int link, int end)
{
    float total = 0.0f;
    int first = 1, k;
    do {
        float part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        for (k = 0; k < 4 && link < end; k++, link++)
            part[k] = nn_weight[link] * value[nn_source[link]];
        part[0] = (part[0] + part[1]) + (part[2] + part[3]);
        total = first ? part[0] : total + part[0];
        first = 0;
    } while (link < end);
    return total;
}
"""

PRODUCT = """\
static inline float nn_product(const float *value, int link, int end)
{
    float total = 1.0f;
    for (; link < end; link++)
        total *= nn_weight[link] * value[nn_source[link]];
    return total;
}
"""

_BEST = """\
static inline float nn_{name}(const float *value, int link, int end)
{{
    float best, term;
    if (link == end)
        return 0.0f;
    best = nn_weight[link] * value[nn_source[link]];
    for (link++; link < end; link++) {{
        term = nn_weight[link] * value[nn_source[link]];
        best = {better} ? term : best;
    }}
    return best;
}}
"""

MAXABS_BETTER = "(term < 0.0f ? -term : term) > (best < 0.0f ? -best : best)"

MEAN = """\
static inline float nn_mean(const float *value, int link, int end)
{
    float total;
    int count = end - link;
    if (count == 0)
        return 0.0f;
    total = nn_weight[link] * value[nn_source[link]];
    for (link++; link < end; link++)
        total += nn_weight[link] * value[nn_source[link]];
    return total / (float)count;
}
"""

MEDIAN = """\
static inline float nn_median(const float *value, int link, int end)
{
    float sorted[NN_MOST_LINKS] = {0.0f};
    int count = end - link, k, i;
    if (count == 0)
        return 0.0f;
    for (k = 0; k < count; k++) {
        float term = nn_weight[link + k] * value[nn_source[link + k]];
        for (i = k; i > 0 && sorted[i - 1] > term; i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = term;
    }
    return count % 2 == 1 ? sorted[count / 2] : 0.5f * (sorted[count / 2 - 1] + sorted[count / 2]);
}
"""

AGGREGATION = {
    "sum": SUM,
    "product": PRODUCT,
    "max": _BEST.format(name="max", better="term > best"),
    "min": _BEST.format(name="min", better="term < best"),
    "maxabs": _BEST.format(name="maxabs", better=MAXABS_BETTER),
    "median": MEDIAN,
    "mean": MEAN,
}
