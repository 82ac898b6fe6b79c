"""Counter-based random numbers: the same on every engine, whatever the number of threads.

Philox4x32-10 turns a counter of four 32-bit words and a key of two into four random words.
Here the key is the seed and the counter says what the number is for::

    word 0   unit // 4                 (the block gives the words of four neighbouring units)
    word 1   position of the row in the global batch
    word 2   step t
    word 3   purpose · 2²⁸ + layer · 2¹⁶ + member

Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3.
"""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array

DROPOUT = 1  # purposes
INITIAL_WEIGHTS = 2
SAMPLE_ORDER = 3
NOISE = 4
POISSON_BATCHES = 5
STREAMED_ORDER = 6
ROW_WEIGHTS = 7

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def philox(counter: tuple[Array, Array, Array, Array], key: tuple[int, int]) -> list[Array]:
    """Ten rounds of Philox4x32 on arrays of counters.

    Parameters
    ----------
    counter : four arrays (or numbers) of words below 2³² that broadcast together
    key : two words below 2³²

    Returns
    -------
    Four uint64 arrays of words below 2³².

    Examples
    --------
    >>> [hex(int(word)) for word in philox((0, 0, 0, 0), (0, 0))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = np.broadcast_arrays(*(np.asarray(word, dtype=np.uint64) for word in counter))
    k0, k1 = key
    for _ in range(10):
        product0, product1 = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (
            (product1 >> _HALF) ^ c1 ^ np.uint64(k0),
            product1 & _LOW,
            (product0 >> _HALF) ^ c3 ^ np.uint64(k1),
            product0 & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return [c0, c1, c2, c3]


def keep_mask(
    rate: float, *, seed: int, t: int, layer: int, rows: int, units: int, first_row: int = 0
) -> Array:
    """Which activations dropout keeps at step t: each with probability 1 − rate.

    Parameters
    ----------
    rate : float in [0, 1)
    seed : int in [0, 2⁶⁴)
    t, layer : int
        Step and layer number.
    rows, units : int
    first_row : int
        Position of the first row in the global batch, for a rank that holds a part of it.

    Returns
    -------
    (rows, units) bool

    Notes
    -----
    A word is compared with ⌊rate · 2³²⌋ as an integer, so engines agree exactly.

    Examples
    --------
    >>> mask = keep_mask(0.25, seed=0, t=1, layer=1, rows=1000, units=10)
    >>> 0.73 < float(mask.mean()) < 0.77
    True
    """
    blocks = np.arange((units + 3) // 4)[None, :]
    position = (first_row + np.arange(rows))[:, None]
    last = (DROPOUT << 28) | (layer << 16)
    key = (seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF)
    words = np.stack(philox((blocks, position, t & 0xFFFFFFFF, last), key), axis=-1)
    return words.reshape(rows, 4 * blocks.size)[:, :units] >= np.uint64(int(rate * 2**32))


def normals(count: int, *, seed: int, t: int) -> Array:
    """``count`` numbers of the standard normal distribution for step t, one for each entry of θ.

    Entry k has the counter (k // 2, 0, t, noise); the four words of a block give two uniform
    numbers u, v of 53 bits, u in (0, 1], v in [0, 1), and

        √(−2 ln u) cos 2πv  for even k,   √(−2 ln u) sin 2πv  for odd k.

    Box & Muller (1958), A note on the generation of random normal deviates.

    Returns
    -------
    (count,) float64

    Examples
    --------
    >>> noise = normals(10_000, seed=0, t=3)
    >>> bool(abs(noise.mean()) < 0.03), bool(abs(noise.std() - 1) < 0.03)
    (True, True)
    """
    blocks = np.arange((count + 1) // 2)
    key = (seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF)
    high, low, other_high, other_low = philox((blocks, 0, t & 0xFFFFFFFF, NOISE << 28), key)
    u, v = _uniform(high, low) + 2.0**-53, _uniform(other_high, other_low)
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * v
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)[:count]


def _uniform(high: Array, low: Array) -> Array:
    """Multiples of 2⁻⁵³ in [0, 1) of the upper 53 of 64 bits."""
    return ((high << np.uint64(21)) | (low >> np.uint64(11))).astype(np.float64) * 2.0**-53


def generator(seed: int, purpose: int, number: int = 0) -> np.random.Generator:
    """A NumPy generator of its own for one purpose and number (a layer, an epoch).

    Examples
    --------
    >>> bool(generator(1, SAMPLE_ORDER, 5).random() == generator(1, SAMPLE_ORDER, 5).random())
    True
    """
    counter = [0, 0, number, purpose << 28]
    return np.random.Generator(np.random.Philox(key=seed, counter=counter))
