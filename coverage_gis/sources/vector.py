"""Vector files (KSJ shapefile, GeoJSON) as published, in JGD2011."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import shapely
from pyproj.exceptions import CRSError

from coverage_gis.crs import JGD2000, JGD2011, WGS84
from coverage_gis.errors import InputError
from coverage_gis.sources import ksj_gml
from coverage_gis.sources.archive import vector_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_gis.sources.inventory import Found

_SAMPLE_BYTES = 256 * 1024
# What pyogrio raises on damaged files, found by feeding it such; NameError comes of a slip in
# its own handling of an unreadable .prj.
_BROKEN = (RuntimeError, ValueError, NameError, OSError, CRSError, shapely.errors.GEOSException)
_LONGEST_REASON = 160


def read_vector(
    found: Found,
    *,
    columns: Sequence[str] | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    crs_if_missing: str | None = JGD2000,
) -> gpd.GeoDataFrame:
    """Return the features of a shapefile, GeoJSON or KSJ GML in EPSG:6668, zipped or not.

    Parameters
    ----------
    found
        The file.
    columns
        Attributes to read; those the file lacks are left out. All by default.
    bounds
        West, south, east, north in degrees: only features whose box meets it.
    crs_if_missing
        CRS of a shapefile without ``.prj``. KSJ's have one but for some early editions, which
        its product specifications give in JGD2000. None makes it an error.

    Returns
    -------
    GeoDataFrame
        JGD2000 is transformed by PROJ; WGS 84 is taken as JGD2011 unchanged. A geometry that is
        empty or reaches beyond the earth's degrees is None: readers count it.

    Raises
    ------
    InputError
        If the file cannot be read or its CRS is unknown.
    """
    with vector_source(found) as source, warnings.catch_warnings():
        if Path(source).suffix.lower() in ksj_gml.SUFFIXES:
            return _in_jgd2011(_within(ksj_gml.read_gml(Path(source), found.label), bounds))
        # GDAL's remarks on files it could read all the same (an unclosed ring, a stray byte).
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        try:
            frame = pyogrio.read_dataframe(
                source,
                columns=None if columns is None else list(columns),
                bbox=bounds,
                encoding=_encoding(Path(source)),
            )
        except _BROKEN as error:
            lines = str(error).replace(source, found.label).splitlines() or ["damaged"]
            said = lines[0][:_LONGEST_REASON].rstrip(".")  # GDAL repeats what it could not read
            reason = "its .prj is damaged" if isinstance(error, NameError) else said
            raise InputError(f"{found.label} cannot be read ({reason}); get it again.") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{found.label} holds no geometry.")
    if frame.crs is None:
        if crs_if_missing is None:
            raise InputError(f"{found.label} has no .prj, so its coordinate system is unknown.")
        frame = frame.set_crs(crs_if_missing)
    return _in_jgd2011(frame)


def _within(
    frame: gpd.GeoDataFrame, bounds: tuple[float, float, float, float] | None
) -> gpd.GeoDataFrame:
    if bounds is None:
        return frame
    near = shapely.intersects(frame.geometry.to_numpy(dtype=object), shapely.box(*bounds))
    return frame[near].reset_index(drop=True)


def _in_jgd2011(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the features in EPSG:6668, geometries that are nowhere on earth as None."""
    if frame.crs == WGS84:
        frame = frame.set_crs(JGD2011, allow_override=True)
    elif frame.crs != JGD2011:
        frame = frame.to_crs(JGD2011)
    west, south, east, north = shapely.bounds(frame.geometry.to_numpy(dtype=object)).T
    on_earth = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
    return frame if on_earth.all() else frame.set_geometry(frame.geometry.where(on_earth))


def _encoding(path: Path) -> str | None:
    """Return the encoding of a shapefile's table, or None where the file says it itself.

    KSJ wrote CP932 without a ``.cpg`` for years, and UTF-8 later: whichever leaves fewer
    bytes over in a sample of the records.
    """
    table = next(
        (p for p in path.parent.glob(f"{path.stem}.*") if p.suffix.lower() == ".dbf"), None
    )
    if path.suffix.lower() != ".shp" or table is None or path.with_suffix(".cpg").exists():
        return None
    with table.open("rb") as file:
        header = file.read(32)
        file.seek(int.from_bytes(header[8:10], "little"))
        sample = file.read(_SAMPLE_BYTES)
    lost = {
        name: len(sample) - len(sample.decode(name, "ignore").encode(name, "ignore"))
        for name in ("utf-8", "cp932")
    }
    return min(lost, key=lambda name: lost[name])
