"""e-Stat's boundaries of small areas (小地域): what 町丁・字 are called, ``r2kaPP.shp``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd
import shapely

from coverage_gis import crs, schema
from coverage_gis.sources.ksj import require, text
from coverage_gis.sources.result import ReadResult
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    from coverage_gis.sources.found import Found

SMALL_AREA: Final = "small-area"
_KEY, _NAME, _KIND = "KEY_CODE", "S_NAME", "HCODE"
_WATER = "8154"  # 水面調査区


def read_small_areas(found: Found) -> ReadResult[gpd.GeoDataFrame]:
    """Return the named small areas of one file: ``name``, polygons, EPSG:6668, by key code.

    Sheets of water and areas without a name (S_NAME) are left out and counted.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    raw = read_vector(found, columns=(_KEY, _NAME, _KIND))
    require(raw, (_KEY, _NAME, _KIND), found.label, "e-Stat 小地域 (町丁・字等) boundaries")
    key, name, kind = (text(raw, c) for c in (_KEY, _NAME, _KIND))
    empty = raw.geometry.isna() | raw.geometry.is_empty
    water = (kind == _WATER) & ~empty
    unnamed = (name == "") & ~empty & ~water
    kept = ~(empty | water | unnamed)
    table = pd.DataFrame({schema.NAME: name[kept], "key": key[kept]})
    shapes = shapely.make_valid(shapely.force_2d(raw.geometry[kept].to_numpy(dtype=object)))
    areas = gpd.GeoDataFrame(table, geometry=shapes, crs=crs.JGD2011)
    areas = areas.sort_values(["key", schema.NAME], kind="stable", ignore_index=True)
    counts = {
        "no geometry": int(empty.sum()),
        "a sheet of water": int(water.sum()),
        "without a name": int(unnamed.sum()),
    }
    tidy = gpd.GeoDataFrame(areas.drop(columns="key"))
    return ReadResult(tidy, len(raw), {reason: n for reason, n in counts.items() if n})
