"""Stops a planner thinks of adding, as a CSV: name, lon, lat, trips per day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.sources.tabular import decode, read_rows

if TYPE_CHECKING:
    from pathlib import Path

PLANNED: Final = "planned"
_ALIASES: Final = {
    schema.NAME: ("name", "stop_name", "名称", "停留所名", "駅名"),
    schema.LON: ("lon", "stop_lon", "longitude", "経度"),
    schema.LAT: ("lat", "stop_lat", "latitude", "緯度"),
    schema.TRIPS_PER_DAY: ("trips_per_day", "trips", "本数", "運行本数"),
    schema.SERVICE: ("service", "kind", "種別"),
}
_SERVICES: Final = {
    "": "bus_stop",
    "bus_stop": "bus_stop",
    "bus": "bus_stop",
    "バス停": "bus_stop",
    "station": "station",
    "rail": "station",
    "駅": "station",
}
_JAPAN: Final = (122.0, 20.0, 154.0, 46.0)


def read_planned_stops(path: Path) -> pd.DataFrame:
    """Return the stops of a CSV in UTF-8 or Shift_JIS.

    Columns ``name``, ``lon``, ``lat`` (degrees, JGD2011 or WGS 84), and if wanted
    ``trips_per_day`` (busier direction; empty is unknown) and ``service`` (bus_stop, which is
    the default, or station); 名称, 経度, 緯度, 本数 and 種別 are understood too.

    Returns
    -------
    DataFrame
        ``DESTINATIONS`` and ``trips_per_day`` (NaN where unknown), in the order of the file.

    Raises
    ------
    MissingInputError
        If the file does not exist.
    InputError
        Naming the row and column that is not as it should be.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MissingInputError(f"The file of stops to add, {path}, does not exist.") from None
    rows = read_rows(decode(data, path.name), path.name).reset_index(drop=True)
    columns = {str(c).strip().lower(): c for c in rows.columns}
    there = {n: next((columns[a] for a in al if a in columns), None) for n, al in _ALIASES.items()}
    missing = [n for n in (schema.NAME, schema.LON, schema.LAT) if there[n] is None]
    if missing:
        raise InputError(
            f"{path.name} lacks the column(s) {', '.join(missing)}; it needs name, lon and lat, "
            "and may have trips_per_day and service."
        )
    if rows.empty:
        raise InputError(f"{path.name} has no row; write one row per stop to add.")

    def column(name: str) -> pd.Series:
        source = there[name]
        return rows[source].str.strip() if source is not None else pd.Series([""] * len(rows))

    west, south, east, north = _JAPAN
    table = pd.DataFrame(
        {
            schema.DESTINATION_ID: [f"{PLANNED}:{i + 1}" for i in range(len(rows))],
            schema.SERVICE: _services(column(schema.SERVICE), path.name),
            schema.NAME: column(schema.NAME),
            schema.LON: _numbers(column(schema.LON), schema.LON, path.name, west, east),
            schema.LAT: _numbers(column(schema.LAT), schema.LAT, path.name, south, north),
            schema.SOURCE: PLANNED,
            schema.SOURCE_IDS: "",
            schema.CAPACITY: np.nan,
        }
    )
    trips = column(schema.TRIPS_PER_DAY)
    per_day = _numbers(trips.mask(trips == "", "0"), schema.TRIPS_PER_DAY, path.name, 0, 10_000)
    stops = schema.DESTINATIONS.conform(table)
    return stops.assign(**{schema.TRIPS_PER_DAY: per_day.mask(trips == "")})


def _numbers(texts: pd.Series, name: str, file: str, low: float, high: float) -> pd.Series:
    values = pd.to_numeric(texts, errors="coerce").astype("float64")
    bad = ~values.between(low, high)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{file}, row {row + 2}: {name} is '{texts.iloc[row]}'; write a number from {low:g} "
            f"to {high:g}."
        )
    return values


def _services(texts: pd.Series, file: str) -> pd.Series:
    services = texts.str.lower().map(_SERVICES)
    if services.isna().any():
        row = int(np.flatnonzero(services.isna())[0])
        raise InputError(
            f"{file}, row {row + 2}: service is '{texts.iloc[row]}'; write bus_stop or station."
        )
    return services
