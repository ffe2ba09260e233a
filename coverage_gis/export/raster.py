"""Figures of cells as a GeoTIFF whose pixels are the mesh cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from rasterio import Affine
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from coverage_gis import crs
from coverage_gis.codes import mesh
from coverage_gis.errors import OutputError
from coverage_gis.store.atomic import write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

_PIXEL_LIMIT: Final = 400_000_000
"""1.6 GB: all of Japan at 250 m; more is a mistake in the codes."""


def write_distance_tif(
    mesh_codes: Sequence[str] | NDArray[np.object_],
    values: ArrayLike,
    path: Path,
    *,
    description: str,
    attribution: str,
) -> None:
    """Write one number per cell as a cloud-optimised GeoTIFF in JGD2011 (EPSG:6668).

    Every pixel is exactly one cell of the mesh, north up; cells without a value, and those
    that are not in ``mesh_codes``, are NaN, the nodata value. Values are float32.

    Parameters
    ----------
    mesh_codes
        ``(n,)`` codes of one level, each once.
    values
        ``(n,)`` numbers; NaN or None where unknown.
    path
        File to write.
    description, attribution
        Band description, and the line the sources' licences ask for (TIFF tag COPYRIGHT).

    Raises
    ------
    InputError
        If codes mix levels or do not exist.
    OutputError
        If there are no cells, a code is repeated, or the file cannot be written.
    """
    if len(mesh_codes) == 0:
        raise OutputError(f"{path}: there are no cells to write.")
    rows, cols, level = mesh.to_grid(mesh_codes)
    height = int(np.ptp(rows)) + 1
    width = int(np.ptp(cols)) + 1
    if height * width > _PIXEL_LIMIT:
        raise OutputError(f"{path}: {width} x {height} pixels are too many; use a coarser mesh.")
    place = (rows.max() - rows, cols - cols.min())
    if len(np.unique(place[0] * width + place[1])) < len(rows):
        raise OutputError(f"{path}: a mesh code is repeated; give each cell one value.")
    pixels = np.full((height, width), np.nan, dtype=np.float32)
    pixels[place] = np.asarray(values, dtype=np.float32)
    west = mesh.LON_ORIGIN + int(cols.min()) / level.cols_per_degree
    north = (int(rows.max()) + 1) / level.rows_per_degree
    profile = {
        "driver": "COG",
        "width": width,
        "height": height,
        "count": 1,
        "dtype": "float32",
        "nodata": np.nan,
        "crs": crs.JGD2011,
        "transform": Affine(level.lon_step, 0, west, 0, -level.lat_step, north),
        "compress": "DEFLATE",
        "predictor": "YES",
        "overview_resampling": "NEAREST",
        "num_threads": "1",
    }
    tags = {"TIFFTAG_COPYRIGHT": attribution, "TIFFTAG_IMAGEDESCRIPTION": description}
    try:
        with MemoryFile() as memory:
            with memory.open(**profile) as raster:
                raster.write(pixels, 1)
                raster.set_band_description(1, description)
                raster.update_tags(**tags, AREA_OR_POINT="Area")
            data = bytes(memory.getbuffer())
    except RasterioError as error:
        raise OutputError(f"{path} could not be made ({error}).") from error
    write_bytes(path, data)
