"""Which of two directions each call of a trip at a stop belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis.crs import metres_per_degree
from coverage_gis.transit.feed import NO_DIRECTION, ROUTE_ID, STOP_ID, TRIP_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A heading this close to a right angle to a stop's axis (its cosine) is told by the sine.
_SQUARE = 1e-6


def call_directions(calls: pd.DataFrame) -> NDArray[np.int64]:
    """Return 0 or 1 for each call: the direction in which the vehicle passes the stop.

    Where all calls at a stop are of one route that gives ``direction_id``, that is it. Else
    (most Japanese feeds give none, and 0 and 1 of one route need not be those of another)
    it is found from where vehicles come from and go to: each call has a heading, from the
    stop before to the stop after; each stop has an axis, the mean of its calls' headings
    taken as undirected lines (mean of doubled angles); calls along the axis are one
    direction, calls against it the other.

    Parameters
    ----------
    calls
        One row per call, sorted by trip and ``stop_sequence``: ``trip_id``, ``stop_id``,
        ``route_id``, ``direction_id``, ``lon``, ``lat`` and ``weight`` (trips it stands for).
    """
    given = _published(calls)
    east, north = _headings(calls)
    stop = pd.factorize(calls[STOP_ID])[0]
    weight = calls["weight"].to_numpy(dtype=np.float64)
    angle = np.arctan2(north, east)
    moving = (east != 0) | (north != 0)
    length = weight * moving
    double_x = _sums(stop, length * np.cos(2 * angle))
    double_y = _sums(stop, length * np.sin(2 * angle))
    # Rounding must not decide where headings cancel out exactly.
    total = _sums(stop, length)
    axis = 0.5 * np.arctan2(_settled(double_y, total), _settled(double_x, total))
    turn = angle - axis[stop]
    along, across = np.cos(turn), np.sin(turn)
    against = np.where(np.abs(along) > _SQUARE, along < 0, across < 0) & moving
    return np.where(given != NO_DIRECTION, given, against.astype(np.int64))


def _published(calls: pd.DataFrame) -> NDArray[np.int64]:
    """Return ``direction_id`` at stops of a single route that always gives it, else -1."""
    by_stop = calls.groupby(STOP_ID, sort=False)
    single = by_stop[ROUTE_ID].transform("nunique") == 1
    complete = by_stop["direction_id"].transform("min") != NO_DIRECTION
    return np.asarray(calls["direction_id"].where(single & complete, NO_DIRECTION), dtype=np.int64)


def _headings(calls: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return unit vectors (east, north) from the stop before to the stop after.

    At the ends of a trip the stop itself stands in; where before and after are one place (a
    dead end), the heading is onwards. Zero where all is one place.
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
    size = np.hypot(east, north)
    size[size == 0] = 1
    return east / size, north / size


def _sums(group: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.bincount(group, value), dtype=np.float64)


def _settled(value: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(value) > _SQUARE * total, value, 0.0)
