"""GeoPackage with Japanese column names, layer metadata and embedded QGIS styles.

The same layers give the same bytes: GDAL is told which time to write, and what it cannot
write through pyogrio (column titles, styles) is put in with SQLite afterwards.
GeoPackage 1.4: https://www.geopackage.org/spec140/ (clause 2.3.3, extension gpkg_schema).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from coverage_gis.errors import OutputError
from coverage_gis.export.about import STAMP
from coverage_gis.export.ogr import reproducible, write_features, written
from coverage_gis.export.text import plain_column
from coverage_gis.store.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from coverage_gis.export.about import About
    from coverage_gis.export.labels import Label

_SCHEMA_TABLES: Final = """
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""
_SCHEMA_URL: Final = "http://www.geopackage.org/spec121/#extension_schema"
_STYLES_TABLE: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME);
"""


@dataclass(frozen=True)
class Layer:
    """A layer of a GeoPackage.

    Attributes
    ----------
    frame
        Its features; a CRS is required.
    labels
        Column -> Japanese name, meaning and unit.
    style
        QGIS style (QML); empty for none.
    geometry_type
        Needed where ``frame`` may be empty ("MultiPolygon", "Point" ...).
    """

    frame: gpd.GeoDataFrame
    labels: Mapping[str, Label] = field(default_factory=dict)
    style: str = ""
    geometry_type: str = ""


_VERSION: Final = "1.3"
"""The newest that QGIS before 3.34 opens without a warning."""


def write_gpkg(layers: Mapping[str, Layer], path: Path, *, about: About) -> None:
    """Write layers, in their order, as one GeoPackage.

    Text is cleaned of control characters (:func:`coverage_gis.export.text.plain`). The title,
    definitions and sources are in each layer's description and in GDAL's metadata.

    Raises
    ------
    OutputError
        If a layer has no CRS or the file cannot be written.
    """
    for name, layer in layers.items():
        if layer.frame.crs is None:
            raise OutputError(f"{path}: layer {name} has no CRS.")
    with replacing(path) as temp, written(path), reproducible():
        for name, layer in layers.items():
            _write_layer(name, layer, temp, about)
        # autocommit: every change below is one transaction of its own making
        with closing(sqlite3.connect(temp, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = OFF")  # the file is flushed as a whole later
            database.execute("BEGIN")
            _add_titles(database, layers)
            _add_styles(database, layers)
            database.execute("COMMIT")


def _write_layer(name: str, layer: Layer, path: Path, about: About) -> None:
    frame = layer.frame.copy()
    for column in frame.columns.drop(frame.geometry.name):
        frame[column] = plain_column(frame[column])
    write_features(
        frame,
        path,
        layer=name,
        driver="GPKG",
        geometry_type=layer.geometry_type,
        layer_options={
            "IDENTIFIER": f"{about.title} ({name})",
            "DESCRIPTION": f"{about.description} 出典: {about.attribution}".strip(),
            "GEOMETRY_NAME": "geom",
        },
        layer_metadata=dict(about.metadata()),
        dataset_options={} if path.exists() else {"VERSION": _VERSION},
    )


def _add_titles(database: sqlite3.Connection, layers: Mapping[str, Layer]) -> None:
    for statement in _SCHEMA_TABLES.split(";")[:-1]:
        database.execute(statement)
    for name, layer in layers.items():
        for column, label in layer.labels.items():
            if column in layer.frame.columns:
                unit = f" [{label.unit}]" if label.unit else ""
                database.execute(
                    "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, NULL)",
                    (name, column, label.alias_ja, label.alias_ja, label.meaning + unit),
                )
    for table in ("gpkg_data_columns", "gpkg_data_column_constraints"):
        database.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
            (table, _SCHEMA_URL),
        )


def _add_styles(database: sqlite3.Connection, layers: Mapping[str, Layer]) -> None:
    styled = {name: layer.style for name, layer in layers.items() if layer.style}
    if not styled:
        return
    database.execute(_STYLES_TABLE)
    for name, style in styled.items():
        database.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, useAsDefault, update_time) "
            "VALUES ('', '', ?, 'geom', ?, ?, 1, ?)",
            (name, name, style, STAMP),
        )
