"""The places distances are measured from: cell centres, then the sub-points of the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.population.subpoints import subpoints

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Places:
    """Points to measure from.

    Attributes
    ----------
    lon, lat
        ``(n_cells + n_cells * per_cell,)`` degrees: all centres, then the sub-points cell by cell.
    n_cells, per_cell
        How many cells, and sub-points in each (the same for all of a run).
    half_diagonal_m
        ``(n_cells,)`` metres from a cell's centre to its corner.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    n_cells: int
    per_cell: int
    half_diagonal_m: NDArray[np.float64]

    def snap_limit_m(self, beyond_m: float) -> NDArray[np.float64]:
        """Return how far each place looks for a road, in metres.

        A centre looks as far as its cell's corner and ``beyond_m`` more. A sub-point looks
        half a diagonal further, so that it finds the road that its centre found: a cell is
        on the network or off it as a whole.
        """
        centre = self.half_diagonal_m + beyond_m
        return np.concatenate([centre, np.repeat(centre + self.half_diagonal_m, self.per_cell)])

    def centres(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the ``(n_cells,)`` values at the centres out of values at all places."""
        return values[: self.n_cells]

    def inside(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the ``(n_cells, per_cell)`` values at the sub-points."""
        return values[self.n_cells :].reshape(self.n_cells, self.per_cell)


def places_of(origins: pd.DataFrame, spacing_m: float) -> Places:
    """Return the places of a table of origins.

    Parameters
    ----------
    origins
        Rows of ``schema.ORIGINS``.
    spacing_m
        Sub-points are at most this far apart, in metres.
    """
    codes = origins[schema.MESH_CODE].to_numpy(dtype=object)
    if len(codes) == 0:
        none = np.empty(0)
        return Places(none, none, 0, 1, none)
    sub = subpoints(codes, spacing_m)
    west, south, east, north = mesh.bounds(codes).T
    centre_lon, centre_lat = mesh.centroids(codes)
    # The longer half-diagonal: cells are wider at their southern edge.
    half = np.maximum(
        crs.geodesic_m(centre_lon, centre_lat, east, south),
        crs.geodesic_m(centre_lon, centre_lat, west, north),
    )
    return Places(
        np.concatenate([centre_lon, sub.lon]),
        np.concatenate([centre_lat, sub.lat]),
        len(codes),
        len(sub.lon) // len(codes),
        half,
    )
