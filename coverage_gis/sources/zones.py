"""Zones of demand-responsive transport, 公共ライドシェア and taxis: polygons a user adds.

Files in a folder called ``zones`` (``data_raw/<PP>/zones/*.geojson`` or ``*.shp``), with a name,
days and hours. Nobody publishes them in one form: columns are found by their usual names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd
import shapely

from coverage_gis.crs import JGD2011
from coverage_gis.errors import InputError
from coverage_gis.sources.result import ReadResult
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    from coverage_gis.sources.found import Found

ZONE: Final = "zone"
ZONE_ID, ZONE_NAME, DAYS, HOURS = "zone_id", "zone_name", "days", "hours"

_ALIASES: Final = {
    ZONE_NAME: ("name", "名称", "名前", "区域名", "地区", "サービス名", "title"),
    DAYS: ("days", "day", "曜日", "運行日", "利用可能曜日"),
    HOURS: ("hours", "hour", "time", "時間", "運行時間", "時間帯"),
}
NO_ZONES: Final = gpd.GeoDataFrame(
    {name: pd.Series(dtype="str") for name in (ZONE_ID, ZONE_NAME, DAYS, HOURS)},
    geometry=gpd.GeoSeries([], crs=JGD2011),
    crs=JGD2011,
)
"""The table without a zone."""


def read_zones(found: Found) -> ReadResult[gpd.GeoDataFrame]:
    """Return the zones of one file.

    Columns ``name``, ``days`` and ``hours`` (or 名称, 曜日, 時間 and their like); a zone without
    a name is called after its file. What is no polygon is dropped and counted.

    Returns
    -------
    GeoDataFrame
        ``zone_id`` ("zone:<file>:<row>"), ``zone_name``, ``days``, ``hours`` (texts, may be
        empty), polygons made valid, EPSG:6668.

    Raises
    ------
    InputError
        If the file cannot be read, has no CRS, or holds no polygon at all.
    """
    raw = read_vector(found, crs_if_missing=None)
    kind = shapely.get_type_id(raw.geometry.to_numpy(dtype=object))
    polygon = (kind == 3) | (kind == 6)
    if not polygon.any():
        raise InputError(
            f"{found.label} lies in a folder called zones but holds no polygon; draw the zone "
            "as a polygon, or move the file elsewhere."
        )
    columns = {str(c).strip().lower(): c for c in raw.columns}
    kept = raw[polygon].reset_index(drop=True)
    table = pd.DataFrame({ZONE_ID: [f"zone:{found.path.stem}:{i + 1}" for i in range(len(kept))]})
    for name, aliases in _ALIASES.items():
        column = next((columns[a] for a in aliases if a in columns), None)
        texts = kept[column] if column is not None else pd.Series([None] * len(kept))
        table[name] = texts.astype("str").where(texts.notna(), "").astype("str")
    table[ZONE_NAME] = table[ZONE_NAME].mask(table[ZONE_NAME] == "", found.path.stem)
    shapes = shapely.make_valid(shapely.force_2d(kept.geometry.to_numpy(dtype=object)))
    zones = gpd.GeoDataFrame(table, geometry=shapes, crs=JGD2011)
    dropped = {"not a polygon": int((~polygon).sum())} if not polygon.all() else {}
    return ReadResult(zones, len(raw), dropped)
