"""What people call the place where a cell is: the small area it lies in, or the nearest place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from coverage_gis import schema
from coverage_gis.facilities.places import embed, nearest_within

if TYPE_CHECKING:
    import geopandas as gpd


def cell_names(
    cells: pd.DataFrame,
    settlements: pd.DataFrame,
    small_areas: gpd.GeoDataFrame | None,
    within_m: float,
) -> pd.Series:
    """Return the name of the place of each cell; null where unknown.

    The small area that the cell's centre lies in; where there is none, the nearest settlement
    of the same municipality within ``within_m``. A settlement is of the municipality of the
    cell nearest to it.

    Parameters
    ----------
    cells
        ``lon``, ``lat`` of the centres (degrees, JGD2011) and ``muni_code``.
    settlements
        ``lon``, ``lat``, ``name``, ``osm_id``; may be empty.
    small_areas
        Polygons, EPSG:6668, with ``name``; None or empty without such files.
    within_m
        Metres, inclusive.
    """
    lon, lat = (cells[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    names = pd.Series([None] * len(lon), dtype="str")
    if not len(lon):
        return names
    if len(settlements):
        codes = pd.factorize(cells[schema.MUNI_CODE], sort=True)[0]
        table = settlements.sort_values("osm_id", ignore_index=True)
        nearest = nearest_within(
            embed(table[schema.LON], table[schema.LAT], np.zeros(len(table))),
            embed(lon, lat, np.zeros(len(lon))),
            np.inf,
        )
        there = embed(table[schema.LON], table[schema.LAT], codes[nearest])
        found = nearest_within(embed(lon, lat, codes), there, within_m)
        known = table[schema.NAME].to_numpy(dtype=object)
        names = pd.Series([known[i] if i >= 0 else None for i in found], dtype="str")
    if small_areas is not None and len(small_areas):
        tree = shapely.STRtree(small_areas.geometry.to_numpy(dtype=object))
        cell, area = tree.query(shapely.points(lon, lat), predicate="intersects")
        first = pd.Series(area).groupby(cell).min()  # on a border: the first
        own = small_areas[schema.NAME].to_numpy(dtype=object)[first.to_numpy()]
        names.iloc[first.index.to_numpy()] = own
    return names


def name_of_most(names: pd.Series, group: pd.Series, people: pd.Series) -> pd.Series:
    """Return the name that most people of each group have, null where none is known.

    Among equals the first in order of text.

    Parameters
    ----------
    names, group, people
        One row per cell, of one index.
    """
    rows = pd.DataFrame({"name": names, "group": group, "people": people})
    totals = rows.dropna(subset="name").groupby(["group", "name"], sort=True)["people"].sum()
    ordered = totals.reset_index().sort_values(
        ["group", "people", "name"], ascending=[True, False, True]
    )
    best = ordered.drop_duplicates("group").set_index("group")["name"]
    return best.reindex(sorted(group.unique())).astype("str")
