"""Features of a vector file that was decoded once for many prefectures, cut as GDAL cuts a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_gis.store import artifacts, mapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Bounds = tuple[float, float, float, float]
"""West, south, east, north in the units of the file's CRS."""

_TABLE, _ABOUT = "features", "about"
_GEOMETRY, _BOX = "geometry", ("box_west", "box_south", "box_east", "box_north")


def keep_frame(frame: gpd.GeoDataFrame, declared: Mapping[str, str], folder: Path) -> None:
    """Write features into an existing folder.

    Parameters
    ----------
    frame
        As the file has them, all of them and all columns, in the file's CRS.
    declared
        Column -> dtype of the file's own whole numbers, which become fractions where one is
        null among those that are read.
    folder
        Existing folder.

    Raises
    ------
    ValueError, TypeError
        If a column cannot be kept as it is.
    """
    if clash := {*_BOX, _GEOMETRY} & set(frame.columns.drop(frame.geometry.name)):
        raise ValueError(f"columns named {clash}")
    shapes = frame.geometry.to_numpy(dtype=object)
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    table[_GEOMETRY] = shapely.to_wkb(shapes)
    for name, edge in zip(_BOX, shapely.bounds(shapes).T, strict=True):
        table[name] = edge
    mapped.save(folder, _TABLE, table)
    attributes = [str(name) for name in frame.columns if name != frame.geometry.name]
    about = {
        "crs": None if frame.crs is None else frame.crs.to_json(),
        "columns": attributes,
        "declared": dict(declared),
    }
    artifacts.save(folder, _ABOUT, about)


def kept_frame(
    folder: Path, columns: Sequence[str] | None, bounds: Bounds | None
) -> gpd.GeoDataFrame:
    """Return features as reading the file with these columns and bounds gives them.

    Parameters
    ----------
    folder
        As given to :func:`keep_frame`.
    columns
        Attributes wanted; those the file lacks are left out. All by default.
    bounds
        Only features that meet this box; those without a geometry do not.
    """
    about = artifacts.load(folder, _ABOUT)
    names = [n for n in about["columns"] if columns is None or n in columns]
    rows = None
    if bounds is not None:
        rows = _meeting(folder, bounds)
    table = mapped.load(folder, _TABLE, columns=[*names, _GEOMETRY], rows=rows)
    if rows is not None:
        for name, dtype in about["declared"].items():
            if name in names and table[name].notna().all():
                table[name] = table[name].astype(dtype)
    shapes = shapely.from_wkb(table[_GEOMETRY].to_numpy(dtype=object))
    return gpd.GeoDataFrame(table[names], geometry=shapes, crs=about["crs"])


def _meeting(folder: Path, bounds: Bounds) -> NDArray[np.bool_]:
    """Return which features meet a box: by their own boxes first, then by their shapes."""
    edges = mapped.load(folder, _TABLE, columns=_BOX)
    west, south, east, north = (edges[name].to_numpy(dtype=np.float64) for name in _BOX)
    meets: NDArray[np.bool_] = (
        (west <= bounds[2]) & (east >= bounds[0]) & (south <= bounds[3]) & (north >= bounds[1])
    )
    shapes = mapped.load(folder, _TABLE, columns=[_GEOMETRY], rows=meets)[_GEOMETRY]
    meets[meets] = shapely.intersects(
        shapely.from_wkb(shapes.to_numpy(dtype=object)), shapely.box(*bounds)
    )
    return meets
