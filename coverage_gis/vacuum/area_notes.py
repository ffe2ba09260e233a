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


def near_data_end(cells: pd.DataFrame, roads: Bounds, limit_m: float) -> NDArray[np.object_]:
    """Return the ``area_id`` of the areas at the end of the road data, in order, each once.

    Where an extract ends, so do the stops and the ways to them: such an area may be smaller, or
    no vacuum at all. It is one that touches, by a side or a corner, a cell whose people have no
    road data, or that has a cell whose centre is within the limit of the roads' extent.

    Parameters
    ----------
    cells
        All cells of the run: ``mesh_code``, ``transit_class`` (``no_road`` for those without),
        ``area_id`` (null outside areas).
    roads
        Extent of the road data, degrees.
    limit_m
        The distance within which a stop or station serves, metres.
    """
    end = _beside_no_road(cells) | _near_edge(cells, roads, limit_m)
    area = cells[AREA_ID].to_numpy(dtype=object)
    return np.unique(area[end & cells[AREA_ID].notna().to_numpy()].astype(str)).astype(object)


def _near_edge(cells: pd.DataFrame, roads: Bounds, limit_m: float) -> NDArray[np.bool_]:
    lon, lat = mesh.centroids(cells[schema.MESH_CODE].to_numpy(dtype=object))
    west, south, east, north = roads
    beyond = (lon < west) | (lon > east) | (lat < south) | (lat > north)
    sides = [crs.geodesic_m(lon, lat, x, lat) for x in (west, east)]
    sides += [crs.geodesic_m(lon, lat, lon, y) for y in (south, north)]
    return np.asarray(beyond | (np.min(sides, axis=0) <= limit_m), dtype=np.bool_)


def _beside_no_road(cells: pd.DataFrame) -> NDArray[np.bool_]:
    row, col, _ = mesh.to_grid(cells[schema.MESH_CODE].to_numpy(dtype=object))
    row, col = row - row.min(initial=0), col - col.min(initial=0)
    width = int(col.max(initial=0)) + 3  # a column on either side, so that rows do not touch
    place = row * width + col
    lost = np.unique(place[(cells[schema.TRANSIT_CLASS] == schema.NO_ROAD).to_numpy()])
    steps = np.add.outer((-width, 0, width), (-1, 0, 1)).ravel()
    touching = np.isin(place[:, None] + steps, lost).any(axis=1)
    return np.asarray(touching, dtype=np.bool_)
