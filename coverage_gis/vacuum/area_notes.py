"""What a reader must know of a vacuum area beside its figures: its years, and where data end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.vacuum.polygons import AREA_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.population.extent import Bounds


def people_of_areas(cells: pd.DataFrame, people: NDArray[np.float64]) -> pd.Series[float]:
    """Return ``area_id`` -> people, null where those of one of its cells are unknown.

    Parameters
    ----------
    cells
        With the ``area_id`` of those in an area, null elsewhere.
    people
        ``(n,)`` of the cells, of any year.
    """
    grouped = pd.Series(people, index=cells.index).groupby(cells[AREA_ID])
    return grouped.agg(lambda values: values.sum(skipna=False))


def near_extent(cells: pd.DataFrame, roads: Bounds, limit_m: float) -> NDArray[np.object_]:
    """Return the ``area_id`` of the areas near the edge of the road data, in order, each once.

    Where an extract ends, so do the stops and the ways to them: such an area may be smaller, or
    no vacuum at all. It is one with a cell whose centre is within the limit of the roads' extent.

    Parameters
    ----------
    cells
        ``mesh_code``, and ``area_id`` (null outside areas).
    roads
        Extent of the road data, degrees.
    limit_m
        The distance within which a stop or station serves, metres.
    """
    lon, lat = mesh.centroids(cells[schema.MESH_CODE].to_numpy(dtype=object))
    west, south, east, north = roads
    beyond = (lon < west) | (lon > east) | (lat < south) | (lat > north)
    sides = [crs.geodesic_m(lon, lat, x, lat) for x in (west, east)]
    sides += [crs.geodesic_m(lon, lat, lon, y) for y in (south, north)]
    near = beyond | (np.min(sides, axis=0) <= limit_m)
    area = cells[AREA_ID].to_numpy(dtype=object)
    return np.unique(area[near & cells[AREA_ID].notna().to_numpy()].astype(str)).astype(object)
