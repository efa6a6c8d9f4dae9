"""Elementary functions without branches or library calls: the same bits everywhere, and SIMD in a loop over lanes.

float64 functions serve physics, float32 functions serve networks. Accuracies are tested against numpy
in ``tests/compiled/test_mathf.py``. Coefficients of sine and cosine are fdlibm's kernel polynomials on
[-pi/4, pi/4]; exp and log follow Cephes (Moshier); tanh is the rational approximation published with Eigen.
"""

from __future__ import annotations

import numpy as np

from .jit import inline

_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding and subtracting it rounds a float64 to the nearest integer
_TWO_OVER_PI = 0.6366197723675814
_HALF_PI_HIGH = 1.57079632673412561417  # 33 bits, so that k times it is exact for |k| < 2**20
_HALF_PI_MIDDLE = 6.07710050630396597660e-11  # the next 33 bits
_HALF_PI_LOW = 2.02226624879595063154e-21


@inline
def sincos_small(r):
    """Return the sine and cosine of `r` (float64, radians), for ``|r| <= pi / 4`` the same bits as :func:`sincos`."""
    z = r * r
    s = r + r * z * (
        -1.66666666666666324348e-01
        + z
        * (
            8.33333333332248946124e-03
            + z
            * (
                -1.98412698298579493134e-04
                + z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10))
            )
        )
    )
    tail = (
        z
        * z
        * (
            4.16666666666666019037e-02
            + z
            * (
                -1.38888888888741095749e-03
                + z
                * (
                    2.48015872894767294178e-05
                    + z
                    * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11))
                )
            )
        )
    )
    half = 0.5 * z
    lead = 1.0 - half
    return s, lead + (((1.0 - lead) - half) + tail)


@inline
def sincos(x):
    """Return the sine and cosine of `x` (float64, radians), within 2 ulp for ``|x| < 1e5``."""
    k = (x * _TWO_OVER_PI + _ROUND) - _ROUND
    quadrant = np.int64(k)
    r = ((x - k * _HALF_PI_HIGH) - k * _HALF_PI_MIDDLE) - k * _HALF_PI_LOW
    s, c = sincos_small(r)
    odd = (quadrant & 1) != 0
    sine = c if odd else s
    cosine = s if odd else c
    sine = -sine if (quadrant & 2) != 0 else sine
    cosine = -cosine if ((quadrant + 1) & 2) != 0 else cosine
    return sine, cosine


@inline
def exp(x):
    """Return e to the `x` (float64), within 2 ulp; the value at -708 below it and the value at 709 above it."""
    x = -708.0 if x < -708.0 else x
    x = 709.0 if x > 709.0 else x
    k = (x * 1.4426950408889634 + _ROUND) - _ROUND
    r = (x - k * 6.93145751953125e-1) - k * 1.42860682030941723212e-6
    z = r * r
    p = r * ((1.26177193074810590878e-4 * z + 3.02994407707441961300e-2) * z + 9.99999999999999999910e-1)
    q = (
        (3.00198505138664455042e-6 * z + 2.52448340349684104192e-3) * z + 2.27265548208155028766e-1
    ) * z + 2.00000000000000000009e0
    y = 1.0 + 2.0 * (p / (q - p))
    return y * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@inline
def log(x):
    """Return the natural logarithm of `x` (float64, positive, finite and normal), within 2 ulp."""
    bits = np.float64(x).view(np.int64)
    exponent = ((bits >> 52) & 2047) - 1022
    m = np.int64((bits & 0x000FFFFFFFFFFFFF) | (1022 << 52)).view(np.float64)  # in [0.5, 1)
    small = m < 0.70710678118654752440
    e = np.float64(exponent - 1 if small else exponent)
    m = (m + m if small else m) - 1.0
    z = m * m
    p = (
        (
            ((1.01875663804580931796e-4 * m + 4.97494994976747001425e-1) * m + 4.70579119878881725854e0) * m
            + 1.44989225341610930846e1
        )
        * m
        + 1.79368678507819816313e1
    ) * m + 7.70838733755885391666e0
    q = (
        (((m + 1.12873587189167450590e1) * m + 4.52279145837532221105e1) * m + 8.29875266912776603211e1) * m
        + 7.11544750618563894466e1
    ) * m + 2.31251620126765340583e1
    y = m * (z * p / q) - e * 2.121944400546905827679e-4
    y = y - 0.5 * z
    return (m + y) + e * 0.693359375


@inline
def log_single(x):
    """Return the natural logarithm of `x` (float32, positive, finite, normal), within 2 ulp of the larger of it and 1.

    S. Moshier's logf of the Cephes library.
    """
    bits = np.float32(x).view(np.int32)
    exponent = np.int32(np.int32(np.int32(bits >> 23) & np.int32(255)) - np.int32(126))
    m = np.int32(np.int32(bits & np.int32(0x007FFFFF)) | np.int32(126 << 23)).view(np.float32)  # in [0.5, 1)
    small = m < np.float32(0.70710678)
    e = np.float32(np.int32(exponent - np.int32(1)) if small else exponent)
    m = (m + m if small else m) - np.float32(1.0)
    z = m * m
    p = np.float32(7.0376836292e-2)
    p = p * m + np.float32(-1.1514610310e-1)
    p = p * m + np.float32(1.1676998740e-1)
    p = p * m + np.float32(-1.2420140846e-1)
    p = p * m + np.float32(1.4249322787e-1)
    p = p * m + np.float32(-1.6668057665e-1)
    p = p * m + np.float32(2.0000714765e-1)
    p = p * m + np.float32(-2.4999993993e-1)
    p = p * m + np.float32(3.3333331174e-1)
    y = p * m * z + e * np.float32(-2.12194440e-4)
    y = y - np.float32(0.5) * z
    return (m + y) + e * np.float32(0.693359375)


@inline
def tanh(x):
    """Return the hyperbolic tangent of `x` (float32), within 6 ulp for ``|x| > 1e-35``."""
    x = np.float32(-7.90531110763549805) if x < np.float32(-7.90531110763549805) else x
    x = np.float32(7.90531110763549805) if x > np.float32(7.90531110763549805) else x
    z = x * x
    p = np.float32(-2.76076847742355e-16)
    p = p * z + np.float32(2.00018790482477e-13)
    p = p * z + np.float32(-8.60467152213735e-11)
    p = p * z + np.float32(5.12229709037114e-08)
    p = p * z + np.float32(1.48572235717979e-05)
    p = p * z + np.float32(6.37261928875436e-04)
    p = p * z + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06)
    q = q * z + np.float32(1.18534705686654e-04)
    q = q * z + np.float32(2.26843463243900e-03)
    q = q * z + np.float32(4.89352518554385e-03)
    return x * p / q
