"""GDAL options for one write, and its errors as sentences."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pyogrio
import pyogrio.errors

from coverage_gis.errors import OutputError
from coverage_gis.export.about import STAMP
from coverage_gis.store.atomic import explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OPTIONS: Final = {
    "OGR_CURRENT_DATE": STAMP,  # what GDAL writes where a GeoPackage wants a time
    "OGR_GPKG_ALLOW_THREADED_RTREE": "NO",  # the same bytes on any number of cores
}
_NEARLY_FULL: Final = 16 * 1024**2
_DETAIL: Final = 150  # characters of GDAL's own message
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
