"""Heights from a digital elevation model (GeoTIFF)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.errors import RasterioError
from rasterio.windows import Window

from coverage_gis import crs
from coverage_gis.errors import InputError
from coverage_gis.sources.archive import vector_source
from coverage_gis.sources.result import ReadResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_gis.sources.found import Found

    Floats = NDArray[np.float64]


def heights_of(founds: Sequence[Found], lon: Floats, lat: Floats) -> ReadResult[Floats]:
    """Return the height at each place from the first of several rasters that has one.

    ``read`` counts places; those without a height are NaN, and dropped with the reason.

    Parameters
    ----------
    founds
        Rasters as for :func:`read_heights`: tiles side by side, or finer before coarser.
    lon, lat
        Places in degrees, JGD2011, (n,).
    """
    height = np.full(len(lon), np.nan)
    for found in founds:
        open_ = np.flatnonzero(np.isnan(height))
        with vector_source(found) as path:
            height[open_] = read_heights(Path(path), lon[open_], lat[open_])
    unknown = int(np.isnan(height).sum())
    dropped = {"no height there: the speed on the flat": unknown} if unknown else {}
    return ReadResult(height, read=len(lon), dropped=dropped)


def read_heights(path: Path, lon: Floats, lat: Floats) -> Floats:
    """Return the height at each place, bilinear between the centres of the four cells around.

    Only the part of the raster that holds the places is read.

    Parameters
    ----------
    path
        A raster of one band, metres, in any CRS that it names (基盤地図情報 5 m or 10 m DEM
        as GeoTIFF, for instance).
    lon, lat
        Places in degrees, JGD2011.

    Returns
    -------
    array of shape (n,)
        Metres; NaN outside the raster and next to cells without data.

    Raises
    ------
    InputError
        If the file is no raster, or does not name its CRS.
    """
    try:
        with rasterio.open(path) as raster:
            if raster.crs is None:
                raise InputError(
                    f"{path.name} does not name its CRS: set it with 'gdal_edit.py -a_srs'."
                )
            to_raster = Transformer.from_crs(crs.JGD2011, raster.crs, always_xy=True)
            x, y = (np.asarray(v) for v in to_raster.transform(lon, lat))
            if len(x) == 0:
                return np.empty(0)
            a, b, c, d, e, f = (~raster.transform)[:6]
            # counted from the centres of cells
            column, row = a * x + b * y + c - 0.5, d * x + e * y + f - 0.5
            window = _window(raster, column, row)
            if window is None:
                return np.full(len(x), np.nan)
            band = raster.read(1, window=window, masked=True).astype(np.float64).filled(np.nan)
            rim = (raster.width, raster.height)
    except RasterioError as error:
        raise InputError(f"{path.name} cannot be read as a raster ({error}).") from error
    inside = (column >= -0.5) & (column <= rim[0] - 0.5) & (row >= -0.5) & (row <= rim[1] - 0.5)
    found = _bilinear(band, column - window.col_off, row - window.row_off)
    return np.where(inside, found, np.nan)


def _window(raster: rasterio.DatasetReader, column: Floats, row: Floats) -> Window | None:
    """Return the cells around the places, within the raster; None where there are none."""
    left, top = max(int(column.min()) - 1, 0), max(int(row.min()) - 1, 0)
    right = min(int(column.max()) + 3, raster.width)
    bottom = min(int(row.max()) + 3, raster.height)
    if right <= left or bottom <= top:
        return None
    return Window(left, top, right - left, bottom - top)


def _bilinear(band: Floats, column: Floats, row: Floats) -> Floats:
    """Return values between the centres of cells; beyond the outermost, those cells' values."""
    rows, columns = band.shape
    c, r = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
    c0, r0 = np.floor(c).astype(np.int64), np.floor(r).astype(np.int64)
    c1, r1 = np.minimum(c0 + 1, columns - 1), np.minimum(r0 + 1, rows - 1)
    u, v = c - c0, r - r0
    upper = band[r0, c0] * (1 - u) + band[r0, c1] * u
    lower = band[r1, c0] * (1 - u) + band[r1, c1] * u
    return np.asarray(upper * (1 - v) + lower * v, dtype=np.float64)
