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
from coverage_gis.sources.features import keep_frame, kept_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_gis.sources.inventory import Found

_SAMPLE_BYTES = 256 * 1024
# What pyogrio raises on damaged files, found by feeding it such; NameError comes of a slip in
# its own handling of an unreadable .prj.
_BROKEN = (RuntimeError, ValueError, NameError, OSError, CRSError, shapely.errors.GEOSException)
_LONGEST_REASON = 160
_WHOLE = ("int", "uint", "bool")


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
        The file, or where it was decoded for many prefectures (``found.kept``).
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
    if found.kept is not None:
        frame = kept_frame(found.kept, columns, bounds)
    else:
        frame = _decoded(found, columns, bounds)
    if frame.crs is None:
        if crs_if_missing is None:
            raise InputError(f"{found.label} has no .prj, so its coordinate system is unknown.")
        frame = frame.set_crs(crs_if_missing)
    return _in_jgd2011(frame)


def keep_vector(found: Found, folder: Path) -> None:
    """Decode a file into an existing folder, for :func:`read_vector` with ``found.kept``.

    Raises
    ------
    InputError
        If the file cannot be read.
    ValueError, TypeError
        If it holds what cannot be kept as it is; it is then read by everybody.
    """
    frame = _decoded(found, None, None)
    with vector_source(found) as source:
        gml = Path(source).suffix.lower() in ksj_gml.SUFFIXES
        about = {"fields": (), "dtypes": ()} if gml else pyogrio.read_info(source)
    types = zip(about["fields"], about["dtypes"], strict=True)
    keep_frame(frame, {str(n): str(t) for n, t in types if str(t).startswith(_WHOLE)}, folder)


def _decoded(
    found: Found,
    columns: Sequence[str] | None,
    bounds: tuple[float, float, float, float] | None,
) -> gpd.GeoDataFrame:
    """Return the features in the file's own CRS, None where it names none."""
    with vector_source(found) as source, warnings.catch_warnings():
        if Path(source).suffix.lower() in ksj_gml.SUFFIXES:
            return _within(ksj_gml.read_gml(Path(source), found.label), bounds)
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
    return frame


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
