"""Rasters of people (WorldPop, GHS-POP, any GeoTIFF) as mesh cells, for want of a census mesh."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Final

import numpy as np
import rasterio
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio.errors import RasterioError
from rasterio.windows import Window, from_bounds

from coverage_gis.codes import mesh
from coverage_gis.crs import JGD2000, JGD2011, WGS84
from coverage_gis.errors import InputError
from coverage_gis.population.raster import Affine, people_on_mesh, summed
from coverage_gis.population.secrecy import GASSAN, HTKSAKI, HTKSYORI
from coverage_gis.schema import PEOPLE, POPULATION
from coverage_gis.sources.archive import vector_source
from coverage_gis.sources.result import ReadResult

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.population.raster import ToDegrees
    from coverage_gis.sources.facility_rows import Bounds
    from coverage_gis.sources.found import Found

POPULATION_RASTER: Final = "population-raster"
ELSEWHERE: Final = "pixels beyond Japan's mesh"

_STRIP_PIXELS: Final = 4_000_000
_MOST_PIXELS: Final = 400_000_000
"""A prefecture at 100 m has some 10 million; Japan as a whole 1.4 thousand million."""
_MOST_PEOPLE: Final = 1e7
"""No pixel has this many; a larger number is a value for "no data" that the file does not name."""
_BROKEN = (RasterioError, CRSError, ProjError, OSError, ValueError, RuntimeError)


def read_raster(
    found: Found, *, level: mesh.MeshLevel | None = None, bounds: Bounds | None = None
) -> ReadResult[pd.DataFrame]:
    """Return the people of a GeoTIFF as raw cells (``secrecy.CELL_COLUMNS``), ages unknown.

    Pixels are people (counts, not densities). Nodata, NaN and negative values are nobody.
    The first band is read. Longitude and latitude may be WGS 84, JGD2011 or JGD2000 (for
    pixels of 100 m the difference is nothing); any other CRS is transformed.

    Parameters
    ----------
    found
        The file, zipped or not.
    level
        Mesh level; by default 500 m, or 1 km where a pixel is larger than 250 m.
    bounds
        West, south, east, north in degrees: pixels that touch them are read, and summed onto
        cells completely. All by default.

    Returns
    -------
    ReadResult
        ``read`` counts pixels. People of the pixels read are those of the cells, but for those
        on pixels beyond Japan's mesh, which a note counts.

    Raises
    ------
    InputError
        If it cannot be read, has no CRS, misses the bounds, is too large to be read as a whole,
        or its values cannot be people.
    """
    with vector_source(found) as path, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rasterio's remarks on files without georeference
        try:
            with rasterio.open(path) as source:
                return _read(source, found.label, level, bounds)
        except InputError:
            raise
        except _BROKEN as error:
            reason = (str(error).replace(path, found.label).splitlines() or ["damaged"])[0]
            raise InputError(
                f"{found.label} cannot be read as a GeoTIFF ({reason.rstrip('.')}); get it again."
            ) from error


def _read(
    source: rasterio.DatasetReader,
    label: str,
    level: mesh.MeshLevel | None,
    bounds: Bounds | None,
) -> ReadResult[pd.DataFrame]:
    if source.crs is None or source.transform.is_identity:
        raise InputError(f"{label} has no coordinate system; use the publisher's GeoTIFF.")
    to_degrees = _to_degrees(source)
    window = _window(source, label, bounds, degrees=to_degrees is None)
    level = level or _level(source, degrees=to_degrees is None)
    tables, people, elsewhere = [], 0.0, 0.0
    height = max(1, _STRIP_PIXELS // int(window.width))
    last = int(window.row_off + window.height)
    for top in range(int(window.row_off), last, height):
        strip = Window(window.col_off, top, window.width, min(height, last - top))
        values = _people(source, strip, label)
        t = source.window_transform(strip)
        part = people_on_mesh(values, Affine(t.a, t.b, t.c, t.d, t.e, t.f), level, to_degrees)
        tables.append(part.cells)
        people += float(values.sum())
        elsewhere += part.elsewhere
    cells = summed(tables)
    if cells.empty:
        raise InputError(f"{label} has nobody in the area of this run.")
    difference = people - elsewhere - float(cells[POPULATION].sum())
    if abs(difference) > 1e-6 * people:  # a fault of ours, if it ever happens
        raise InputError(f"{label}: {difference:+,.3f} people went missing on the way to the mesh.")
    cells = cells.assign(
        **dict.fromkeys(PEOPLE[1:], np.nan),
        **{HTKSYORI: "0", HTKSAKI: "", GASSAN: ""},
    )
    notes = [f"{label}: {people:,.0f} people on {level.label} cells; ages are unknown."]
    if elsewhere:
        notes.append(f"{label}: {elsewhere:,.0f} people on {ELSEWHERE} are left out.")
    return ReadResult(cells, int(window.width * window.height), {}, tuple(notes))


def _people(source: rasterio.DatasetReader, window: Window, label: str) -> NDArray[np.float64]:
    band = source.read(1, window=window, masked=True)
    values = np.ma.filled(band.astype(np.float64), 0.0)
    values = np.where(np.isfinite(values) & (values > 0), values, 0.0)
    if values.size and values.max() > _MOST_PEOPLE:
        raise InputError(
            f"{label} has a pixel of {values.max():g} people: it is no raster of people, or does "
            "not say which value stands for no data."
        )
    return values


def _to_degrees(source: rasterio.DatasetReader) -> ToDegrees | None:
    crs = CRS.from_wkt(source.crs.to_wkt())
    if any(crs.equals(CRS(known), ignore_axis_order=True) for known in (WGS84, JGD2011, JGD2000)):
        return None
    transformer = Transformer.from_crs(crs, WGS84, always_xy=True)

    def to_degrees(
        x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        lon, lat = transformer.transform(x, y)
        return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)

    return to_degrees


def _window(
    source: rasterio.DatasetReader, label: str, bounds: Bounds | None, *, degrees: bool
) -> Window:
    """Return the whole pixels that the bounds touch."""
    everything = Window(0, 0, source.width, source.height)
    window = everything
    if bounds is not None:
        west, south, east, north = bounds
        if not degrees:
            to_raster = Transformer.from_crs(WGS84, source.crs.to_wkt(), always_xy=True)
            west, south, east, north = to_raster.transform_bounds(west, south, east, north)
        exact = from_bounds(west, south, east, north, source.transform)
        top, left = math.floor(exact.row_off), math.floor(exact.col_off)
        bottom = math.ceil(exact.row_off + exact.height)
        right = math.ceil(exact.col_off + exact.width)
        top, left = max(top, 0), max(left, 0)
        bottom, right = min(bottom, source.height), min(right, source.width)
        if bottom <= top or right <= left:
            raise InputError(f"{label} does not reach the area of this run; use one that does.")
        window = Window(left, top, right - left, bottom - top)
    if window.width * window.height > _MOST_PIXELS:
        raise InputError(
            f"{label} has {window.width * window.height:,.0f} pixels; put the prefecture's "
            "boundaries (N03) beside it, so that only its part is read."
        )
    return window


def _level(source: rasterio.DatasetReader, *, degrees: bool) -> mesh.MeshLevel:
    metres = abs(source.transform.e) * (111_000 if degrees else _metres_per_unit(source))
    return mesh.M500 if metres <= 250 else mesh.KM1


def _metres_per_unit(source: rasterio.DatasetReader) -> float:
    return float(source.crs.linear_units_factor[1]) if source.crs.is_projected else 111_000.0
