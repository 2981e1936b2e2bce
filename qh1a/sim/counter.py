"""Counter-based random numbers: a hash of what is asked, so nothing depends on the order of asking.

SplitMix64 (Steele, Lea and Flood 2014): the finaliser of a counter that goes up by the golden ratio. A stream
is named by a seed and a text; two streams differ in their start, each tick is one step of the counter.
"""

import math
from typing import Final

import numpy as np

from qh1a.sim.jit import compiled

MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
GOLDEN: Final = 0x9E37_79B9_7F4A_7C15
_A: Final = 0xBF58_476D_1CE4_E5B9
_B: Final = 0x94D0_49BB_1331_11EB


def mix(z: int) -> int:
    """The finaliser of SplitMix64."""
    z = ((z ^ (z >> 30)) * _A) & MASK
    z = ((z ^ (z >> 27)) * _B) & MASK
    return z ^ (z >> 31)


def stream_key(seed: int, name: str) -> int:
    """The start of the stream that belongs to `name` (FNV-1a of the text, not a place in a list)."""
    digest = 0xCBF2_9CE4_8422_2325
    for byte in name.encode():
        digest = ((digest ^ byte) * 0x100_0000_01B3) & MASK
    return mix(mix(seed & MASK) ^ digest)


def uniform(key: int, purpose: str) -> float:
    """One number in -1..1 for `purpose`, always the same for the same key."""
    return unit(stream_key(key, purpose), 0) * 2.0 - 1.0


def unit(key: int, counter: int) -> float:
    """The number of a stream at `counter`, strictly between 0 and 1."""
    return ((mix((key + counter * GOLDEN) & MASK) >> 11) + 0.5) * 2.0**-53


_U_GOLDEN: Final = np.uint64(GOLDEN)
_U_A: Final = np.uint64(_A)
_U_B: Final = np.uint64(_B)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@compiled
def unit_at(key: int, counter: int) -> float:
    """`unit` for compiled code: `key` and `counter` are int64, the key as its 64 bits."""
    z = np.uint64(key) + np.uint64(counter) * _U_GOLDEN
    z = (z ^ (z >> _S30)) * _U_A
    z = (z ^ (z >> _S27)) * _U_B
    z = z ^ (z >> _S31)
    return (float(z >> _S11) + 0.5) * 1.1102230246251565e-16


@compiled
def normal_at(key: int, counter: int) -> float:
    """A standard normal number: `unit_at` through Acklam's inverse of the normal distribution (1.2e-9)."""
    u = unit_at(key, counter)
    if u < 0.02425 or u > 0.97575:
        tail = u if u < 0.5 else 1.0 - u
        q = math.sqrt(-2.0 * math.log(tail))
        top = -7.784894002430293e-03 * q - 3.223964580411365e-01
        top = ((top * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968
        top = top * q + 2.938163982698783
        low = (7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996
        low = (low * q + 3.754408661907416) * q + 1.0
        return top / low if u < 0.5 else -top / low
    q = u - 0.5
    r = q * q
    top = (-3.969683028665376e01 * r + 2.209460984245205e02) * r - 2.759285104469687e02
    top = ((top * r + 1.383577518672690e02) * r - 3.066479806614716e01) * r + 2.506628277459239
    low = (-5.447609879822406e01 * r + 1.615858368580409e02) * r - 1.556989798598866e02
    low = ((low * r + 6.680131188771972e01) * r - 1.328068155288572e01) * r + 1.0
    return top * q / low
