"""Chords between places on the ellipsoid: the two nearest facilities of very many places."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import cKDTree

from coverage_gis import crs
from coverage_gis.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOGETHER: Final = 20
"""Places that follow each other, as the sub-points of a cell do, are looked at together."""
_CANDIDATES: Final = 12
"""Facilities looked at for them; where more may be among the nearest, each place looks itself."""
_SLACK_M: Final = 0.001
"""More than rounding adds to a chord."""


def earth_centred(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(n, 3)`` metres on GRS 80."""
    lam, phi = np.radians(lon), np.radians(lat)
    prime_vertical = crs.GRS80_A / np.sqrt(1 - crs.GRS80_E2 * np.sin(phi) ** 2)
    return np.column_stack(
        [
            prime_vertical * np.cos(phi) * np.cos(lam),
            prime_vertical * np.cos(phi) * np.sin(lam),
            prime_vertical * (1 - crs.GRS80_E2) * np.sin(phi),
        ]
    )


def nearest_two(
    here: NDArray[np.float64], there: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return chords to the two nearest facilities of each place and which they are, ``(n, 2)``.

    The same as a KD-tree gives, some four times faster where places come in clumps. What is
    among the two nearest of a place within ``r`` of a middle is no further from that middle
    than its second nearest and ``2 r``.

    Parameters
    ----------
    here, there
        ``(n, 3)`` places and ``(m, 3)`` facilities, metres; at least one facility. Of one alone
        the results are ``(n, 1)``.
    """
    tree = cKDTree(there)
    k = min(2, len(there))
    n, many = len(here), min(_CANDIDATES, len(there))
    chord, which = np.empty((n, k)), np.empty((n, k), dtype=np.int64)
    if k == 1 or n == 0:
        found = tree.query(here, k=1, workers=-1)
        return found[0].reshape(n, k), found[1].reshape(n, k)
    first = np.arange(0, n, _TOGETHER)
    size = np.diff(np.append(first, n))
    middle = np.add.reduceat(here, first) / size[:, None]
    away, candidates = tree.query(middle, k=many, workers=-1)
    all_known = many == len(there)
    left = np.ones(n, dtype=bool)
    _among(here, there, _TOGETHER, middle, away, candidates, all_known, chord, which, left)
    rows = np.flatnonzero(left)
    if len(rows):
        chord[rows], which[rows] = tree.query(here[rows], k=2, workers=-1)
    return chord, which


@compiled
def _among(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    here: NDArray[np.float64],
    there: NDArray[np.float64],
    together: int,
    middle: NDArray[np.float64],
    away: NDArray[np.float64],
    candidates: NDArray[np.int64],
    all_known: bool,
    chord: NDArray[np.float64],
    which: NDArray[np.int64],
    left: NDArray[np.bool_],
) -> None:
    """Write the two nearest of the candidates, where no other can be nearer; else leave it."""
    many = away.shape[1]
    for g in range(len(middle)):
        begin, end = g * together, min((g + 1) * together, len(here))
        radius = 0.0
        for i in range(begin, end):
            radius = max(radius, _chord(here, i, middle, g))
        enough = away[g, 1] + 2 * radius + _SLACK_M
        if not all_known and away[g, many - 1] <= enough:
            continue
        for i in range(begin, end):
            d, e, a, b = np.inf, np.inf, -1, -1
            for j in range(many):
                if away[g, j] > enough:
                    break
                c = candidates[g, j]
                x = _chord(here, i, there, c)
                if x < d or (x == d and c < a):
                    d, e, a, b = x, d, c, a
                elif x < e or (x == e and c < b):
                    e, b = x, c
            chord[i, 0], chord[i, 1], which[i, 0], which[i, 1] = d, e, a, b
            left[i] = False


@compiled
def _chord(one: NDArray[np.float64], i: int, other: NDArray[np.float64], j: int) -> float:
    x, y, z = one[i, 0] - other[j, 0], one[i, 1] - other[j, 1], one[i, 2] - other[j, 2]
    return math.sqrt(x * x + y * y + z * z)
