"""Points that stand for where people live inside a cell: a regular grid in each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.codes import mesh
from coverage_gis.crs import metres_per_degree
from coverage_gis.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class SubPoints:
    """Sub-points of cells, cell by cell; within a cell from south to north, west to east.

    Attributes
    ----------
    lon, lat
        ``(k * n,)`` degrees, JGD2011.
    cell
        ``(k * n,)`` index of the cell, ascending.
    per_cell
        ``n``, the same for every cell.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    cell: NDArray[np.int64]
    per_cell: int


def subpoints(mesh_codes: Sequence[str] | NDArray[np.object_], spacing_m: float) -> SubPoints:
    """Return a regular grid of points in each cell, at most ``spacing_m`` apart.

    A cell is cut into equal parts, as few as give the spacing in the largest cell of the run,
    and a point is the centre of a part: each stands for the same area.

    Parameters
    ----------
    mesh_codes
        ``(k,)`` codes of one mesh level.
    spacing_m
        Largest distance between neighbours in either direction, metres on GRS 80.

    Raises
    ------
    SettingsError
        If the spacing is not above 0.
    InputError
        If codes mix mesh levels or one is not a mesh code.
    """
    if not spacing_m > 0:
        raise SettingsError(f"The spacing of sub-points must be above 0 m, got {spacing_m}.")
    if len(mesh_codes) == 0:
        none = np.empty(0)
        return SubPoints(none, none.copy(), np.empty(0, dtype=np.int64), 0)
    west, south, east, north = mesh.bounds(mesh_codes).T
    # Cells are widest at their southern side; a degree of latitude grows to the north.
    per_lon, _ = metres_per_degree(south)
    _, per_lat = metres_per_degree(north)
    n_lon = _parts(float(np.max((east - west) * per_lon)), spacing_m)
    n_lat = _parts(float(np.max((north - south) * per_lat)), spacing_m)
    x = (np.arange(n_lon) + 0.5) / n_lon
    y = (np.arange(n_lat) + 0.5) / n_lat
    lon = west[:, None, None] + (east - west)[:, None, None] * x[None, None, :]
    lat = south[:, None, None] + (north - south)[:, None, None] * y[None, :, None]
    shape = (len(west), n_lat, n_lon)
    return SubPoints(
        lon=np.broadcast_to(lon, shape).ravel(),
        lat=np.broadcast_to(lat, shape).ravel(),
        cell=np.repeat(np.arange(len(west), dtype=np.int64), n_lat * n_lon),
        per_cell=n_lat * n_lon,
    )


def _parts(length_m: float, spacing_m: float) -> int:
    return max(1, math.ceil(length_m / spacing_m))
