"""The stops as planners look at them: one point per stop or station with its service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_gis import crs, schema
from coverage_gis.vacuum.supply import BUS_STOP, STATION

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Lower limits of trips per day and what the layer calls them; also what its style draws.
_BANDS: Final = (
    (30.0, "30本以上"),
    (10.0, "10〜29本"),
    (3.0, "3〜9本"),
    (1.0, "1〜2本"),
    (0.0, "0本"),
)
_UNKNOWN: Final = "不明"
_KINDS: Final = {BUS_STOP: "バス停", STATION: "駅"}
_OTHER_DAYS: Final = {
    schema.SATURDAY: "trips_saturday",
    schema.SUNDAY: "trips_sunday",
}


def stops_layer(
    destinations: pd.DataFrame,
    trips: NDArray[np.float64],
    departures: pd.DataFrame,
    stop_service: pd.DataFrame,
    passengers: pd.DataFrame,
) -> gpd.GeoDataFrame:
    """Return bus stops and stations with what is known of their service.

    Parameters
    ----------
    destinations
        ``DESTINATIONS`` of the run, any services.
    trips
        Trips per day of each at its place, NaN where unknown
        (:func:`coverage_gis.vacuum.supply.known_trips`).
    departures, stop_service
        ``DEPARTURES`` and ``STOP_SERVICE``.
    passengers
        ``STATION_PASSENGERS``; the latest year counts.

    Returns
    -------
    GeoDataFrame
        Points, EPSG:6668, in the order of ``destinations``: each pole at its own position.
        Stops of unknown frequency have null trips and their own band.
    """
    mine = destinations[schema.SERVICE].isin(_KINDS).to_numpy()
    stops = destinations.loc[mine].reset_index(drop=True)
    out = stops[[schema.DESTINATION_ID, schema.NAME, schema.SOURCE]].copy()
    out["kind_ja"] = stops[schema.SERVICE].map(_KINDS)
    at_place = trips[mine]
    out["band_ja"] = pd.array(_bands(at_place), dtype="str")
    own = departures.set_index(schema.DESTINATION_ID)
    ids = stops[schema.DESTINATION_ID]
    for name in (schema.TRIPS_PER_DAY, "trips_both_directions"):
        out[name] = ids.map(own[name]).astype("float64")
    out[schema.PLACE_TRIPS] = at_place
    for day_type, name in _OTHER_DAYS.items():
        of_day = stop_service[stop_service[schema.DAY_TYPE] == day_type]
        counted = of_day.set_index(schema.DESTINATION_ID)[schema.TRIPS_PER_DAY]
        out[name] = ids.map(counted).astype("float64")
    out["first_departure"] = _clock(ids.map(own["first_departure_s"]))
    out["last_departure"] = _clock(ids.map(own["last_departure_s"]))
    out["longest_gap_min"] = ids.map(own["longest_gap_s"]).astype("float64") / 60
    out[schema.PLACE_ID] = ids.map(own[schema.PLACE_ID])
    out[schema.SERVICE_DATE] = ids.map(own[schema.SERVICE_DATE])
    latest = passengers.sort_values(schema.YEAR).drop_duplicates(schema.DESTINATION_ID, keep="last")
    if len(latest):
        counted = latest.set_index(schema.DESTINATION_ID)["passengers_per_day"]
        out["passengers_per_day"] = ids.map(counted).astype("float64")
    points = shapely.points(stops[schema.LON].to_numpy(), stops[schema.LAT].to_numpy())
    return gpd.GeoDataFrame(out, geometry=points, crs=crs.JGD2011)


def _bands(trips: NDArray[np.float64]) -> NDArray[np.object_]:
    names = np.full(len(trips), _UNKNOWN, dtype=object)
    for least, name in reversed(_BANDS):
        names[trips >= least] = name
    return names


def _clock(seconds: pd.Series) -> pd.Series:
    """Return "07:05" or, past midnight, "25:10"; null stays."""
    minutes = (seconds.astype("float64") // 60).astype("Int64")
    texts = [None if pd.isna(m) else f"{int(m) // 60:02d}:{int(m) % 60:02d}" for m in minutes]
    return pd.Series(texts, index=seconds.index, dtype="str")
