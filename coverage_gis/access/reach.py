"""Reach: for many places, the nearest facility of one service, with distance and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from coverage_gis.settings import Settings

_ORDER = (
    (schema.WALK, schema.ROAD),
    (schema.DRIVE, schema.ROAD),
    (schema.WALK, schema.STRAIGHT),
)

Way = tuple[str, str, str]
"""Service, mode and metric: what a reach is of."""

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
    snap_m
        ``(n,)`` metres from the place to the edge it starts on, NaN for places without a road;
        None for straight lines, and where nobody asked.
    """

    target: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    travel_time_s: NDArray[np.float64]
    snap_m: NDArray[np.float64] | None = None

    def first(self, n: int) -> Reach:
        """Return the reach of the first ``n`` places: the cells' centres."""
        snap_m = None if self.snap_m is None else self.snap_m[:n]
        return Reach(self.target[:n], self.distance_m[:n], self.travel_time_s[:n], snap_m)


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
    if len(reaches) == 1:
        return reaches[0]
    key = np.stack([r.travel_time_s if by_time else r.distance_m for r in reaches])
    key = np.where(np.isnan(key), np.inf, key)
    target = np.stack([r.target for r in reaches])
    # lexsort's last key decides first: impedance, then the order of destinations.
    best = np.lexsort((target, key), axis=0)[0]
    column = np.arange(key.shape[1])
    snap_m = [r.snap_m for r in reaches if r.snap_m is not None]
    return Reach(
        target[best, column],
        np.stack([r.distance_m for r in reaches])[best, column],
        np.stack([r.travel_time_s for r in reaches])[best, column],
        np.stack(snap_m)[best, column] if len(snap_m) == len(reaches) else None,
    )


def with_groups(reaches: Mapping[Way, Reach], settings: Settings) -> dict[Way, Reach]:
    """Return the reaches with those of groups ("any food store"), in the order of the settings."""
    out: dict[Way, Reach] = {}
    for service in settings.services.values():
        for mode, metric in _ORDER:
            names = service.any_of or (service.name,)
            parts = [reaches[n, mode, metric] for n in names if (n, mode, metric) in reaches]
            if parts and mode in service.modes:
                by_time = mode == schema.DRIVE
                out[service.name, mode, metric] = nearest_of(parts, by_time=by_time)
    return out
