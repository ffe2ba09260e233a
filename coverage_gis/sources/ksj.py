"""What readers of point and line sets of 国土数値情報 (KSJ) share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from coverage_gis.errors import InputError
from coverage_gis.schema import LAT, LON

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd


def text(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as text without outer spaces, "" where null or missing."""
    if column not in frame:
        return pd.Series("", index=frame.index, dtype="str")
    values = frame[column]
    if pd.api.types.is_float_dtype(values):
        # GeoJSON writers make 1 out of "1", and a null among them makes it 1.0.
        whole = values.isna() | (values.abs() < 2**53) & (values == values.round())
        values = values.astype("Int64") if whole.all() else values
    return values.astype("str").fillna("").str.strip()


def require(frame: pd.DataFrame, columns: Sequence[str], label: str, data_set: str) -> None:
    """Check that the columns a data set is known by are there.

    Raises
    ------
    InputError
        Naming those that are not.
    """
    missing = [name for name in columns if name not in frame]
    if missing:
        raise InputError(
            f"{label} lacks the column(s) {', '.join(missing)} of {data_set}; "
            "get the file as published."
        )


def middle_points(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ``lon`` and ``lat`` of each feature, NaN where it has no geometry.

    A point stands for itself; of several points, the first; of a line, the point half-way
    along it; of several lines, half-way along the longest. (Along a station's platform,
    degrees are as good as metres.) Of an area, a point inside it.
    """
    parts, owner = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    filled = ~shapely.is_empty(parts)
    parts, owner = parts[filled], owner[filled]
    longest_first = np.lexsort((np.arange(len(parts)), -shapely.length(parts), owner))
    _, first = np.unique(owner[longest_first], return_index=True)
    chosen = longest_first[first]
    middle = parts[chosen]
    lines = shapely.get_type_id(middle) == shapely.GeometryType.LINESTRING
    middle[lines] = shapely.line_interpolate_point(middle[lines], 0.5, normalized=True)
    middle = shapely.point_on_surface(middle)
    where = frame.index[owner[chosen]]
    out = pd.DataFrame({LON: shapely.get_x(middle), LAT: shapely.get_y(middle)}, index=where)
    return out.reindex(frame.index)
