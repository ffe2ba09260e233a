"""The extent of a run: its cells and a margin around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import crs, schema
from coverage_gis.codes import mesh

if TYPE_CHECKING:
    import pandas as pd

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def margin_bounds(origins: pd.DataFrame, margin_m: float) -> Bounds:
    """Return the bounds of the cells and at least ``margin_m`` metres around them.

    Parameters
    ----------
    origins
        Rows of ``schema.ORIGINS``, at least one.
    margin_m
        How far roads and facilities beyond the border matter, metres.
    """
    box = mesh.bounds(origins[schema.MESH_CODE].to_numpy(dtype=object))
    west, south = box[:, :2].min(axis=0)
    east, north = box[:, 2:].max(axis=0)
    # The margin in degrees is largest where metres per degree are smallest.
    per_lon, per_lat = (float(np.min(m)) for m in crs.metres_per_degree([south, north]))
    d_lon, d_lat = margin_m / per_lon, margin_m / per_lat
    return float(west - d_lon), float(south - d_lat), float(east + d_lon), float(north + d_lat)
