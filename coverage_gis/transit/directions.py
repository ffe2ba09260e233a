"""Which trips pass a stop the same way: the busier of its two directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis.crs import metres_per_degree
from coverage_gis.transit.feed import NO_DIRECTION, TRIP_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

STILL: Final = -1
"""Heading of a call before and after which there is no other place."""

# Headings are whole thousandths of a degree, so that rounding decides nothing.
_PER_DEGREE = 1000
CIRCLE = 360 * _PER_DEGREE
# Trips whose headings lie within this arc pass the same way. Less than a half circle, as the
# two directions of a road seldom differ by exactly 180 degrees where poles and next stops do.
ARC = 135 * _PER_DEGREE


@dataclass(frozen=True)
class Busier:
    """The busier direction at one stop or place.

    Attributes
    ----------
    trips
        Trips a day in it.
    members
        Keys ``(heading, route, direction)`` of the calls that belong to it.
    """

    trips: int
    members: frozenset[Pass]


Pass = tuple[int, int, int]
"""How a trip passes: heading, route number, published ``direction_id``."""


def headings(calls: pd.DataFrame) -> NDArray[np.int64]:
    """Return each call's heading in thousandths of a degree, :data:`STILL` without one.

    Counter-clockwise from the east, from the stop before to the stop after. At the ends of a
    trip the stop itself stands in; where before and after are one place (a dead end), the
    heading is onwards.

    Parameters
    ----------
    calls
        Sorted by trip and ``stop_sequence``: ``trip_id``, ``lon``, ``lat`` (degrees).
    """
    trip, lon, lat = calls[TRIP_ID], calls["lon"], calls["lat"]
    per_lon, per_lat = metres_per_degree(lat)
    first, last = trip != trip.shift(), trip != trip.shift(-1)
    before = [c.shift().mask(first, c) for c in (lon, lat)]
    after = [c.shift(-1).mask(last, c) for c in (lon, lat)]
    turning = (before[0] == after[0]) & (before[1] == after[1])
    start = [b.mask(turning, here) for b, here in zip(before, (lon, lat), strict=True)]
    east = ((after[0] - start[0]) * per_lon).to_numpy(dtype=np.float64)
    north = ((after[1] - start[1]) * per_lat).to_numpy(dtype=np.float64)
    angle = np.round(np.degrees(np.arctan2(north, east)) * _PER_DEGREE).astype(np.int64) % CIRCLE
    return np.where((east == 0) & (north == 0), STILL, angle)


def busier(passes: Mapping[Pass, Iterable[int]], weight: Mapping[int, int]) -> Busier:
    """Return the busier direction among the trips that pass one stop or place.

    The largest number of trips whose headings lie within one arc of 135 degrees, where of a
    route that gives ``direction_id`` only one of the two ids counts; at least the trips of
    one route and ``direction_id``; and at least half of all trips, since there are two
    directions. (Most Japanese feeds give no ``direction_id``, and 0 of one route need not be
    0 of another.) A trip counts once, also where it passes several times.

    More trips never make a stop look worse: each candidate is a sum over routes of the most
    trips that one id gives, together with the route's trips without an id; the sets only grow
    when a pass is added, so do their maxima, the sums and the number of all trips, which a
    sum never exceeds. (A trip is of one route, so that the sum is the number of its trips;
    it is bounded for callers to whom one trip is of several.)

    Parameters
    ----------
    passes
        How trips pass -> the trips that do.
    weight
        Trip -> departures it stands for (1, or more by frequencies.txt).
    """
    sets = {key: frozenset(trips) for key, trips in sorted(passes.items())}
    everybody: frozenset[int] = frozenset().union(*sets.values())
    candidates = [_same_arc(sets, h) for h in sorted({k[0] for k in sets if k[0] != STILL})]
    if not candidates:
        candidates.append([k for k in sets if k[2] == NO_DIRECTION])
    published = sorted({k[1:] for k in sets if k[2] != NO_DIRECTION})
    candidates += [[k for k in sets if k[1:] == way] for way in published]
    counted = [_one_id_per_route(sets, members, weight) for members in candidates]
    best, members = max(counted, key=lambda c: c[0], default=(0, []))
    total = sum(weight[t] for t in everybody)
    return Busier(max(min(best, total), -(-total // 2)), frozenset(members))


def _same_arc(sets: Mapping[Pass, frozenset[int]], start: int) -> list[Pass]:
    """Return the passes whose heading is within the arc that begins at ``start``."""
    return [
        key
        for key in sets
        if (key[0] != STILL and (key[0] - start) % CIRCLE < ARC)
        or (key[0] == STILL and key[2] == NO_DIRECTION)
    ]


def _one_id_per_route(
    sets: Mapping[Pass, frozenset[int]], members: list[Pass], weight: Mapping[int, int]
) -> tuple[int, list[Pass]]:
    """Return the trips of ``members`` and the members, one ``direction_id`` of each route.

    The id that gives most trips beside those without an id, the smaller one on a tie.
    """
    by_route: dict[int, dict[int, list[Pass]]] = {}
    for key in members:
        by_route.setdefault(key[1], {}).setdefault(key[2], []).append(key)
    trips = 0
    chosen: list[Pass] = []
    for by_id in by_route.values():
        always = by_id.pop(NO_DIRECTION, [])
        options = [always + by_id[number] for number in sorted(by_id)] or [always]
        most, keys = max(((_trips(sets, o, weight), o) for o in options), key=lambda c: c[0])
        trips += most
        chosen += keys
    return trips, chosen


def _trips(sets: Mapping[Pass, frozenset[int]], keys: list[Pass], weight: Mapping[int, int]) -> int:
    return sum(weight[t] for t in frozenset().union(*(sets[k] for k in keys)))
