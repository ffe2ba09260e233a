"""Heights as a GeoTIFF, as GSI's 10 m or 5 m DEM is converted to; coarse, so that it is small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rasterio import Affine
from rasterio.io import MemoryFile

from coverage_gis import crs
from coverage_gis.codes import mesh
from coverage_gis.crs import metres_per_degree
from coverage_gis.demo.heights import heights
from coverage_gis.demo.plan import ATTRIBUTION, CENTRE_LAT, CENTRE_LON, HOME, Site, to_x, to_y
from coverage_gis.demo.terrain import BEYOND_M

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.demo.plan import Plan
    from coverage_gis.demo.terrain import Terrain

_STEP = mesh.M250
"""Pixels are the cells of the 250 m mesh."""


def write(path: Path, plan: Plan, terrain: Terrain, site: Site = HOME) -> None:
    """Write ``dem_00.tif``: whole metres, as far as the roads go, 0 on the sea."""
    east, north = metres_per_degree(CENTRE_LAT)
    half_lon = (plan.width_m / 2 + 2 * BEYOND_M) / float(east)
    half_lat = (plan.height_m / 2 + 2 * BEYOND_M) / float(north)
    west = np.floor((CENTRE_LON - half_lon) / _STEP.lon_step)
    top = np.ceil((CENTRE_LAT + half_lat) / _STEP.lat_step)
    columns = int(np.ceil(2 * half_lon / _STEP.lon_step)) + 1
    rows = int(np.ceil(2 * half_lat / _STEP.lat_step)) + 1
    lon = (west + np.arange(columns) + 0.5) * _STEP.lon_step
    lat = (top - np.arange(rows) - 0.5) * _STEP.lat_step
    x, y = np.meshgrid(to_x(lon), to_y(lat))
    corner = (west * _STEP.lon_step + site.east, top * _STEP.lat_step + site.north * 2 / 3)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=columns, height=rows, count=1, dtype="int16", crs=crs.JGD2011,
            transform=Affine(_STEP.lon_step, 0, corner[0], 0, -_STEP.lat_step, corner[1]),
            compress="DEFLATE", predictor=2,
        ) as raster:  # fmt: skip
            raster.write(heights(plan, terrain, x, y).astype(np.int16), 1)
            raster.update_tags(TIFFTAG_COPYRIGHT=ATTRIBUTION)
        path.write_bytes(bytes(memory.getbuffer()))
