"""A seed, a purpose and coordinates in; the same pseudo-random bits out, whenever asked.

Nothing here keeps state: what a sensor reads in slot 17 is a function of (seed, sensor, 17), so
any window of a fleet can be made on its own, in any order, without the ones before it.
"""

import hashlib
import random
import uuid

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

_GOLDEN = 0x9E3779B97F4A7C15
_ALL_BITS = 2**64 - 1
_UNIT = 2.0**-53


def purpose_key(seed: int, purpose: str) -> np.uint64:
    """A 64-bit key for one purpose, so that two purposes never share their draws."""
    digest = hashlib.blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def mix(bits: U64) -> U64:
    """SplitMix64's finaliser: a bijection of 64 bits (Steele, Lea, Flood 2014)."""
    mixed: U64 = bits ^ (bits >> np.uint64(30))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def draw(key: U64 | np.uint64, index: I64 | U64) -> U64:
    """64 bits for each index under a key (a scalar, or one key for each index)."""
    counter: U64 = index.astype(np.uint64) * np.uint64(_GOLDEN)
    counter += key
    return mix(counter)


def redraw(bits: U64, salt: int) -> U64:
    """Fresh 64 bits from earlier ones; each salt gives another draw."""
    return mix(bits ^ np.uint64(salt * _GOLDEN & _ALL_BITS))


def unit(bits: U64) -> F64:
    """Uniform numbers in [0, 1) from the high 53 bits."""
    numbers: F64 = (bits >> np.uint64(11)).astype(np.float64) * _UNIT
    return numbers


def between(bits: U64, low: I64 | int, high: I64 | int) -> I64:
    """Whole numbers in [low, high)."""
    whole: I64 = low + (unit(bits) * (high - low)).astype(np.int64)
    return whole


def generator(seed: int, purpose: str) -> random.Random:
    """A generator of its own for each purpose, for what is done one by one."""
    return random.Random(f"{seed}/{purpose}")  # noqa: S311 - repeatable, guards nothing


def named_uuid(seed: int, name: str) -> str:
    """A UUID-shaped text that follows from the seed and a name."""
    return str(uuid.UUID(bytes=hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()))
