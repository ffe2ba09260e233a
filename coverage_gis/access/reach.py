"""Reach: for many places, the nearest facility of one service, with distance and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NONE = -1
"""Target of a place from which nothing can be reached."""


@dataclass(frozen=True)
class Reach:
    """The nearest facility of a service from each place.

    Attributes
    ----------
    target
        ``(n,)`` row of the facility in the run's destinations, :data:`NONE` if there is none.
    distance_m, travel_time_s
        ``(n,)`` along the same path, both access legs included; NaN if there is none.
        ``travel_time_s`` is all NaN where the metric has no time (straight lines).
    """

    target: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    travel_time_s: NDArray[np.float64]


def nearest_of(reaches: Sequence[Reach], *, by_time: bool) -> Reach:
    """Return the nearest of several services: a group such as "any food store".

    Exact, since the nearest of a union is the nearest of the nearest. Ties go to the
    facility that comes first in the destinations.

    Parameters
    ----------
    reaches
        One or more, over the same places.
    by_time
        Whether near means the shorter time (driving) or the shorter distance.
    """
    key = np.stack([r.travel_time_s if by_time else r.distance_m for r in reaches])
    key = np.where(np.isnan(key), np.inf, key)
    target = np.stack([r.target for r in reaches])
    # lexsort's last key decides first: impedance, then the order of destinations.
    best = np.lexsort((target, key), axis=0)[0]
    column = np.arange(key.shape[1])
    return Reach(
        target[best, column],
        np.stack([r.distance_m for r in reaches])[best, column],
        np.stack([r.travel_time_s for r in reaches])[best, column],
    )
