"""Polygons as small integers for drawing: rings of differences, thinned to what a screen shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from coverage_gis.maps.model import TEXT_FIELD

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.maps.model import Field

SCALE: Final = 100_000
"""Outlines are drawn to 1/100,000 degree, about a metre."""

THINNED_DEGREES: Final = 0.0003
"""How far a thinned municipal outline may leave the true one: about 30 m, 2 pixels at zoom 13."""

SMALLEST_DEGREES2: Final = 1e-6
"""Islets below it (about 1 ha) are left out of a municipality that has anything larger."""


def thinned(
    geometry: gpd.GeoSeries,
    degrees: float = THINNED_DEGREES,
    smallest: float = SMALLEST_DEGREES2,
) -> NDArray[np.object_]:
    """Return municipal outlines fit for a screen; shared borders stay shared.

    For drawing only: nothing is computed from them.

    Parameters
    ----------
    geometry
        Outlines in degrees.
    degrees
        How far a thinned outline may leave the true one.
    smallest
        Islets below it, in square degrees, are left out of what has anything larger.
    """
    shapes = np.asarray(geometry.array, dtype=object)
    kept = np.array([_without_islets(s, smallest) for s in shapes], dtype=object)
    return np.asarray(shapely.coverage_simplify(kept, degrees), dtype=object)


def rings(shape: Any) -> list[list[int]]:
    """Return all rings of a (multi)polygon: x, y, dx, dy, dx, dy ... in 1/``SCALE`` degree.

    The closing point is left out; holes are rings like others (the even-odd rule fills them).
    """
    out = []
    for polygon in shapely.get_parts(shape).tolist():
        if not isinstance(polygon, shapely.Polygon) or polygon.is_empty:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = np.rint(shapely.get_coordinates(ring)[:-1] * SCALE).astype(np.int64)
            moves = np.diff(points, axis=0)
            moves = moves[(moves != 0).any(axis=1)]
            if len(moves) > 1:
                out.append([*points[0].tolist(), *moves.ravel().tolist()])
    return out


def label_point(shape: Any) -> list[int]:
    """Return a point inside the largest part, in 1/``SCALE`` degree, for the name."""
    parts = shapely.get_parts(shape)
    if not len(parts):
        return [0, 0]
    largest = parts[int(np.argmax(shapely.area(parts)))]
    point = shapely.get_coordinates(shapely.point_on_surface(largest))[0]
    return [int(v) for v in np.rint(point * SCALE)]


def figures(frame: pd.DataFrame, fields: Sequence[Field]) -> list[list[float | str | None]]:
    """Return, for each row, the values of ``fields``: text as text, unknown numbers as None."""
    columns = [
        [_text(v) if field.kind == TEXT_FIELD else _number(v) for v in frame[field.column].tolist()]
        for field in fields
    ]
    if not columns:
        return [[] for _ in range(len(frame))]
    return [list(row) for row in zip(*columns, strict=True)]


def _without_islets(shape: Any, smallest: float) -> Any:
    parts = shapely.get_parts(shape)
    area = shapely.area(parts)
    large = area >= min(smallest, float(area.max(initial=0)))
    if large.all():
        return shape
    return shapely.multipolygons(parts[large])


def _number(value: Any) -> float | None:
    number = float(value) if value is not None else np.nan
    return number if np.isfinite(number) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
