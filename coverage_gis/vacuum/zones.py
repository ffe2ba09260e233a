"""Zones of demand-responsive transport: who is inside, and who has nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_gis.access.places import Places


def zone_points(places: Places, zones: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which sub-points are in which zone.

    Parameters
    ----------
    places
        Cells and their sub-points.
    zones
        Polygons, EPSG:6668; a zone holds its border.

    Returns
    -------
    array
        ``(n_zones, n_cells, per_cell)``.
    """
    polygons = zones.geometry.to_numpy(dtype=object)
    shapely.prepare(polygons)
    lon, lat = places.inside(places.lon), places.inside(places.lat)
    inside = [shapely.intersects_xy(polygon, lon, lat) for polygon in polygons]
    return np.array(inside, dtype=bool).reshape(len(polygons), *lon.shape)


def people_in_zones(
    inside: NDArray[np.bool_], mask: NDArray[np.bool_], people: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the people of each zone whose part of the cell is in ``mask``, by shares of cells.

    Parameters
    ----------
    inside
        ``(n_zones, n_cells, per_cell)`` which sub-points are in which zone.
    mask
        ``(n_cells, per_cell)`` the sub-points that count.
    people
        ``(n_cells,)``.
    """
    return np.asarray([((z & mask).mean(axis=1) * people).sum() for z in inside], dtype=np.float64)
