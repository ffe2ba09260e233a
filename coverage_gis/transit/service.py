"""Service at a stop or place on a day: trips, first and last departure, gaps, hours."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.transit.calls import LEAVES, SERVES, TRIP, WEIGHT, single_departures
from coverage_gis.transit.passes import busier_directions

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
    trips, in_busier = busier_directions(rows)
    rows[_IN_BUSIER] = in_busier
    leaving = single_departures(rows[rows[LEAVES]])
    by_key = leaving.groupby("key")["departure_s"]
    both = serving.drop_duplicates(["key", TRIP]).groupby("key")[WEIGHT].sum()
    out = pd.DataFrame(
        {
            schema.TRIPS_PER_DAY: trips,
            BOTH: both.astype("int64"),
        }
    )
    out[FIRST] = by_key.min().reindex(out.index)
    out[LAST] = by_key.max().reindex(out.index)
    out[GAP] = _longest_gap(leaving[leaving[_IN_BUSIER]]).reindex(out.index)
    return out.join(_hours(leaving).reindex(out.index).fillna(0).astype("int64"))


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
