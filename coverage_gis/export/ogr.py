"""GDAL options for one write, and its errors as sentences."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import pyogrio
import pyogrio.errors
import shapely

from coverage_gis.errors import OutputError
from coverage_gis.export.about import STAMP
from coverage_gis.store.atomic import explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    import geopandas as gpd

_OPTIONS: Final = {
    "OGR_CURRENT_DATE": STAMP,  # what GDAL writes where a GeoPackage wants a time
    "OGR_GPKG_ALLOW_THREADED_RTREE": "NO",  # the same bytes on any number of cores
}
_NEARLY_FULL: Final = 16 * 1024**2
_DETAIL: Final = 150  # characters of GDAL's own message
_POLYGON, _MULTIPOLYGON = 3, 6  # shapely's type ids
_ERRORS: Final = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    sqlite3.Error,
)


@contextmanager
def reproducible() -> Iterator[None]:
    """Set the GDAL options that make output reproducible, and put them back after."""
    before = {key: pyogrio.get_gdal_config_option(key) for key in _OPTIONS}
    pyogrio.set_gdal_config_options(_OPTIONS)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def write_features(
    frame: gpd.GeoDataFrame, path: Path, *, driver: str, geometry_type: str, **options: Any
) -> None:
    """Write a layer with GDAL; ``options`` are those of ``pyogrio.write_dataframe``.

    GDAL is handed Arrow's columns, which costs half of feature by feature. That way it does not
    make single polygons multiple in a GeoPackage's layer of multipolygons: it is done here.
    An empty ``geometry_type`` is found from the features.
    """
    shapes = frame.geometry.to_numpy()
    kind = shapely.get_type_id(shapes)
    single = kind == _POLYGON
    multiple = geometry_type == "MultiPolygon" or (
        not geometry_type and (kind == _MULTIPOLYGON).any()
    )
    if driver == "GPKG" and multiple and single.any():
        shapes = shapes.copy()
        shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(single.sum()))
        frame = frame.set_geometry(shapes, crs=frame.crs)
    pyogrio.write_dataframe(
        frame,
        path,
        driver=driver,
        geometry_type=geometry_type or None,
        use_arrow=len(frame) > 0,  # an empty GeoPackage is made otherwise by it
        **options,
    )


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Turn GDAL's, SQLite's and the system's errors into one sentence naming ``path``.

    Raises
    ------
    OutputError
        In their place.
    """
    with explained(path):
        try:
            yield
        except _ERRORS as error:
            if shutil.disk_usage(path.parent).free < _NEARLY_FULL:
                raise OSError(errno.ENOSPC, str(error)) from error
            raise OutputError(
                f"{path} could not be written ({str(error)[:_DETAIL]}); check that no other "
                "program has the file open, or choose another OUT."
            ) from error
