"""KSJ A38, secondary medical areas (二次医療圏): the polygons and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd
import shapely

from coverage_gis import crs, schema
from coverage_gis.population.medical_areas import MEDICAL_AREA_CODE
from coverage_gis.sources.ksj import require, text
from coverage_gis.sources.result import ReadResult
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    from coverage_gis.sources.found import Found

A38: Final = "a38"
_MEMBERS, _CODE, _NAME = "A38b_001", "A38b_003", "A38b_004"
_PEOPLE, _PEOPLE_65 = "A38b_008", "A38b_011"


def read_a38(found: Found) -> ReadResult[gpd.GeoDataFrame]:
    """Return one row per secondary medical area, EPSG:6668.

    Columns: ``medical_area_code`` (4 digits: prefecture and number), ``pref_code``, ``name``,
    ``muni_codes`` (of its municipalities, ";" between), ``population`` and
    ``population_65plus`` (住民基本台帳, as published), ``geometry``. Polygons of one area are
    dissolved.

    Parameters
    ----------
    found
        Shapefile or GeoJSON of the layer ``_2`` (attributes A38b_…).

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    raw = read_vector(found)
    require(raw, (_CODE, _NAME), found.label, "KSJ A38 (二次医療圏)")
    code = text(raw, _CODE)
    code = code.where(code == "", code.str.zfill(4))
    usable = (code != "") & raw.geometry.notna() & ~raw.geometry.is_empty
    rows = pd.DataFrame(
        {
            MEDICAL_AREA_CODE: code,
            schema.PREF_CODE: code.str[:2],
            schema.NAME: text(raw, _NAME),
            "muni_codes": text(raw, _MEMBERS).str.replace(r"[,、\s]+", ";", regex=True),
            schema.POPULATION: _number(raw, _PEOPLE),
            schema.POPULATION_65PLUS: _number(raw, _PEOPLE_65),
        }
    )[usable]
    shapes = shapely.make_valid(raw.geometry[usable].to_numpy())
    joined = {
        area: shapely.union_all(shapes[positions])
        for area, positions in rows.groupby(MEDICAL_AREA_CODE).indices.items()
    }
    once = rows.drop_duplicates(MEDICAL_AREA_CODE).sort_values(MEDICAL_AREA_CODE, ignore_index=True)
    table = gpd.GeoDataFrame(
        once, geometry=[joined[c] for c in once[MEDICAL_AREA_CODE]], crs=crs.JGD2011
    )
    counts = {
        "no code or no geometry": int((~usable).sum()),
        "another polygon of the same area": len(rows) - len(once),
    }
    return ReadResult(table, len(raw), {reason: n for reason, n in counts.items() if n})


def _number(raw: gpd.GeoDataFrame, column: str) -> pd.Series:
    if column not in raw:
        return pd.Series(float("nan"), index=raw.index)
    number: pd.Series = pd.to_numeric(raw[column], errors="coerce").astype("float64")
    return number
