"""KSJ N02, railway stations (鉄道・駅): lines in the file, one point per station here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.merge import SEPARATOR
from coverage_gis.facilities.names import comparable_names
from coverage_gis.facilities.places import clusters, embed
from coverage_gis.sources.facility_rows import Bounds, destinations, numbered
from coverage_gis.sources.ksj import middle_points, require, text
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    import geopandas as gpd

    from coverage_gis.sources.found import Found
    from coverage_gis.sources.result import ReadResult

N02: Final = "n02"

_LINE, _COMPANY, _STATION = "N02_003", "N02_004", "N02_005"
_CODE, _GROUP = "N02_005c", "N02_005g"

SAME_STATION_M: Final = 300.0
"""KSJ's own rule for 005g: stations of one name within 300 m are one group."""


def read_n02(found: Found, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of service "station", each station once.

    The file has a line per platform or line and operator. Those of one group code (005g) are
    a station; in editions without it (to N02-20), those of one name linked by steps of at
    most 300 m between their middles, which is how the publisher defines 005g. A station
    stands at the mean of its lines' middles; its id is the group code, or the line, company
    and name of the line nearest to that mean. All ids are kept.

    Parameters
    ----------
    found
        Shapefile or GeoJSON of stations, of the whole country.
    bounds
        West, south, east, north in degrees; only what meets them is read and counted. None
        for all.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    raw = read_vector(found, bounds=bounds)
    require(raw, (_LINE, _COMPANY, _STATION), found.label, "KSJ N02 (駅)")
    return read_stations(
        raw, N02, line=_LINE, company=_COMPANY, station=_STATION, code=_CODE, group=_GROUP
    )


def read_stations(
    raw: gpd.GeoDataFrame,
    kind: str,
    *,
    line: str,
    company: str,
    station: str,
    code: str,
    group: str,
) -> ReadResult[pd.DataFrame]:
    """Return stations of a file with a line per platform; N02 and S12 name the columns apart.

    Parameters
    ----------
    raw
        Features as read.
    kind
        "n02" or "s12": source and beginning of the ids.
    line, company, station, code, group
        Names of the columns; ``code`` and ``group`` may be missing.
    """
    place = middle_points(raw)
    words = text(raw, line) + "/" + text(raw, company) + "/" + text(raw, station)
    own = text(raw, code)
    rows = pd.DataFrame(
        {
            "group": text(raw, group),
            "own": own.where(own != "", words).str.replace(SEPARATOR, ",", regex=False),
            schema.NAME: text(raw, station),
            schema.LON: place["lon"],
            schema.LAT: place["lat"],
        }
    )
    located = rows[rows[schema.LON].notna()]
    located = located.sort_values(["own", schema.LON, schema.LAT], ignore_index=True)
    stations = _stations(located, kind)
    dropped = {
        "no geometry": len(rows) - len(located),
        "another line or platform of the same station": len(located) - len(stations),
    }
    return destinations(stations, read=len(raw), dropped={r: n for r, n in dropped.items() if n})


def _stations(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return one row per station from one per line."""
    names = comparable_names(rows[schema.NAME])
    keys = ("g" + rows["group"]).where(rows["group"] != "", "n" + names)
    coded = (rows["group"] != "").to_numpy()
    near = clusters(keys, rows[schema.LON], rows[schema.LAT], SAME_STATION_M)
    # A code is believed however far apart its lines are; codes get numbers above the others.
    station = np.where(coded, near.max(initial=-1) + 1 + pd.factorize(keys)[0], near)
    groups = rows.groupby(station)
    centre = groups[[schema.LON, schema.LAT]].transform("mean")
    flat = np.zeros(len(rows))
    here = embed(rows[schema.LON], rows[schema.LAT], flat)
    there = embed(centre[schema.LON], centre[schema.LAT], flat)
    rows = rows.assign(station=station, off_m=np.linalg.norm(here - there, axis=1).round(3))
    central = rows.sort_values(["station", "off_m", "own"]).drop_duplicates("station")
    central = central.set_index("station")
    middle = groups[[schema.LON, schema.LAT]].mean()
    own = central["group"].where(central["group"] != "", central["own"])
    every = groups["own"].agg(lambda ids: SEPARATOR.join(f"{kind}:{i}" for i in dict.fromkeys(ids)))
    return pd.DataFrame(
        {
            schema.DESTINATION_ID: numbered(f"{kind}:" + own.sort_index()),
            schema.SERVICE: "station",
            schema.NAME: central[schema.NAME],
            schema.LON: middle[schema.LON],
            schema.LAT: middle[schema.LAT],
            schema.SOURCE: kind,
            schema.SOURCE_IDS: every,
        }
    )
