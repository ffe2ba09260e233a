"""How much of each mesh cell lies in which municipality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from coverage_gis.codes import mesh

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_GROWTH = 0.17320508
"""Cells are grown by this share of their size before the quick clipping, to a rectangle with
which no border of real or drawn data coincides; the exact cut comes after."""
_SLIVER = 1e-9
"""Overlaps below this share of a cell are noise of the coordinates' last digits."""


@dataclass(frozen=True)
class Overlaps:
    """Pairs of cell and polygon that share area, sorted by cell, then polygon.

    Attributes
    ----------
    cell, polygon
        Indices.
    share
        Share of the cell's area, above 0 and at most 1. Inside a cell areas in degrees are
        as good as true ones: a degree of longitude changes by less than 0.02 % from side to side.
    """

    cell: NDArray[np.int64]
    polygon: NDArray[np.int64]
    share: NDArray[np.float64]


def overlaps(mesh_codes: NDArray[np.object_], polygons: NDArray[np.object_]) -> Overlaps:
    """Return the area shares of cells in polygons.

    Parameters
    ----------
    mesh_codes
        ``(n,)`` codes of one level.
    polygons
        ``(k,)`` valid (multi)polygons in degrees.
    """
    cells = mesh.polygons(mesh_codes)
    tree = shapely.STRtree(cells)
    touching = tree.query(polygons, predicate="intersects")
    within = tree.query(polygons, predicate="contains")
    n = len(cells)
    whole = np.isin(touching[0] * n + touching[1], within[0] * n + within[1])
    polygon, cell = touching
    share = np.ones(len(cell))
    bounds = mesh.bounds(mesh_codes)
    for pair in np.flatnonzero(~whole):
        share[pair] = _shared_area(polygons[polygon[pair]], cells[cell[pair]], bounds[cell[pair]])
    keep = share > _SLIVER
    order = np.lexsort((polygon[keep], cell[keep]))
    return Overlaps(
        cell[keep][order].astype(np.int64),
        polygon[keep][order].astype(np.int64),
        np.minimum(share[keep][order], 1.0),
    )


def nearest_polygon(
    mesh_codes: NDArray[np.object_], polygons: NDArray[np.object_]
) -> NDArray[np.int64]:
    """Return the index of the polygon nearest to each cell, the first one of several."""
    cells = mesh.polygons(mesh_codes)
    squeeze = np.cos(np.radians(np.mean(mesh.centroids(mesh_codes)[1])))

    def to_plane(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        flat = shapely.transform(geometry, lambda xy: xy * np.array([squeeze, 1.0]))
        return np.asarray(flat, dtype=object)

    cell, polygon = shapely.STRtree(to_plane(polygons)).query_nearest(to_plane(cells))
    out = np.full(len(cells), len(polygons), dtype=np.int64)
    np.minimum.at(out, cell, polygon)
    return out


def _shared_area(polygon: BaseGeometry, cell: BaseGeometry, bounds: NDArray[np.float64]) -> float:
    """Return the share of a cell's area in a polygon.

    ``intersection`` with a prefecture's coast takes 15 ms a cell; clipping to a rectangle takes
    0.1 ms, but may leave touching rings, hence the exact cut of the little that is left.
    """
    west, south, east, north = bounds
    dx, dy = _GROWTH * (east - west), _GROWTH * (north - south)
    try:
        near = shapely.clip_by_rect(polygon, west - dx, south - dy, east + dx, north + dy)
    except shapely.errors.GEOSException:  # slivers thinner than the coordinates' last digit
        near = polygon
    if not near.is_valid:
        near = shapely.make_valid(near)
    return float(shapely.area(shapely.intersection(near, cell)) / shapely.area(cell))
