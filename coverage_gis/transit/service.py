"""Service at a stop or place on a day: trips, first and last departure, gaps, hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.transit.calls import (
    HEADING,
    LEAVES,
    ROUTE,
    SERVES,
    TRIP,
    WEIGHT,
    single_departures,
)
from coverage_gis.transit.directions import Busier, Pass, busier

if TYPE_CHECKING:
    from collections.abc import Mapping

BOTH: Final = "trips_both_directions"
FIRST: Final = "first_departure_s"
LAST: Final = "last_departure_s"
GAP: Final = "longest_gap_s"
_HOUR_S = 3600
_IN_BUSIER = "in_busier"


def service_at(calls: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """Return the service at each stop, or at each place of several poles.

    Parameters
    ----------
    calls
        From :func:`coverage_gis.transit.calls.calls_on`.
    key
        What each call is counted at (a pole, or a place), of the index of ``calls``.

    Returns
    -------
    DataFrame
        Indexed by ``key``, only those with a trip: ``trips_per_day`` (busier direction,
        :func:`~coverage_gis.transit.directions.busier`), ``trips_both_directions`` (each trip
        once), ``first_departure_s`` and ``last_departure_s`` (of trips people may board and
        that go on; NaN without), ``longest_gap_s`` between successive departures in the
        busier direction (NaN with fewer than two), and ``departures_h00`` to
        ``departures_h29``: departures by hour of the service day in both directions, later
        ones in the last.
    """
    rows = calls.assign(key=key)
    serving = rows[rows[SERVES]]
    counted = _directions(serving)
    ways = list(zip(rows["key"], rows[HEADING], rows[ROUTE], rows["direction_id"], strict=True))
    in_busier = [way[1:] in counted[way[0]].members if way[0] in counted else False for way in ways]
    rows[_IN_BUSIER] = np.array(in_busier, dtype=bool)
    leaving = single_departures(rows[rows[LEAVES]])
    by_key = leaving.groupby("key")["departure_s"]
    both = serving.drop_duplicates(["key", TRIP]).groupby("key")[WEIGHT].sum()
    out = pd.DataFrame(
        {
            schema.TRIPS_PER_DAY: pd.Series(
                {k: b.trips for k, b in counted.items()}, dtype="int64"
            ),
            BOTH: both.astype("int64"),
        }
    )
    out[FIRST] = by_key.min().reindex(out.index)
    out[LAST] = by_key.max().reindex(out.index)
    out[GAP] = _longest_gap(leaving[leaving[_IN_BUSIER]]).reindex(out.index)
    return out.join(_hours(leaving).reindex(out.index).fillna(0).astype("int64"))


def _directions(serving: pd.DataFrame) -> Mapping[str, Busier]:
    weight = dict(zip(serving[TRIP], serving[WEIGHT], strict=True))
    passes: dict[str, dict[Pass, list[int]]] = {}
    columns = ("key", HEADING, ROUTE, "direction_id", TRIP)
    for key, *way, trip in zip(*(serving[c].tolist() for c in columns), strict=True):
        heading, route, direction = way
        passes.setdefault(key, {}).setdefault((heading, route, direction), []).append(trip)
    return {key: busier(ways, weight) for key, ways in passes.items()}


def _longest_gap(leaving: pd.DataFrame) -> pd.Series:
    ordered = leaving.sort_values(["key", "departure_s"])
    gap = ordered.groupby("key")["departure_s"].diff()
    return gap.groupby(ordered["key"]).max()


def _hours(leaving: pd.DataFrame) -> pd.DataFrame:
    count = len(schema.HOURS)
    hour = (leaving["departure_s"] // _HOUR_S).clip(0, count - 1).to_numpy(dtype=np.int64)
    code, keys = pd.factorize(leaving["key"])
    table = np.bincount(code * count + hour, minlength=len(keys) * count)
    return pd.DataFrame(table.reshape(len(keys), count), index=keys, columns=list(schema.HOURS))
