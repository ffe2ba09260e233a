"""Everything about 交通空白 that goes into one folder: every layer in every format, and a zip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import crs, schema
from coverage_gis.export import qml
from coverage_gis.export.archive import write_zip
from coverage_gis.export.csv import write_csv
from coverage_gis.export.geopackage import Layer, write_gpkg
from coverage_gis.export.labels import labels_of
from coverage_gis.export.medical_fields import DOCTORLESS_FIELDS
from coverage_gis.export.ogr import reproducible, write_features, written
from coverage_gis.export.shapefile import UTF8, write_shp, write_vacuum_shp
from coverage_gis.export.text import plain_column
from coverage_gis.export.vacuum_fields import (
    CELL_FIELDS,
    CHANGE_FIELDS,
    STOP_FIELDS,
    VACUUM_FIELDS,
    ZONE_FIELDS,
)
from coverage_gis.store.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from coverage_gis.export.about import About
    from coverage_gis.export.vacuum_fields import Field

AREAS, CELLS, STOPS, ZONES, CHANGED = "vacuum", "cells", "stops", "zones", "changes"
DOCTORLESS = "doctorless"
"""Kinds of layers."""
_FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    AREAS: VACUUM_FIELDS,
    CELLS: CELL_FIELDS,
    STOPS: STOP_FIELDS,
    ZONES: ZONE_FIELDS,
    CHANGED: CHANGE_FIELDS,
    DOCTORLESS: DOCTORLESS_FIELDS,
}


@dataclass(frozen=True)
class VacuumLayer:
    """A layer to write: ``kind`` gives its fields and style, ``name`` its files."""

    name: str
    kind: str
    frame: gpd.GeoDataFrame

    @property
    def fields(self) -> list[Field]:
        """The fields it has."""
        return [f for f in _FIELDS[self.kind] if f.column in self.frame.columns]

    @property
    def geometry_type(self) -> str:
        """A point for stops, else "MultiPolygon"."""
        return "Point" if self.kind == STOPS else "MultiPolygon"

    def style(self, aliases: Mapping[str, str], *, short: bool) -> str:
        """Return the QGIS style, with the shapefile's field names if ``short``."""
        name = {f.column: f.shp if short else f.column for f in self.fields}
        if self.kind == STOPS:
            return qml.categorised(name["band_ja"], qml.STOP_BANDS, aliases=aliases, points=True)
        if self.kind == CELLS:
            column = name[schema.TRANSIT_CLASS]
            return qml.categorised(column, qml.TRANSIT_CLASSES, aliases=aliases)
        if self.kind == CHANGED:
            return qml.categorised(name["change"], qml.CHANGES, aliases=aliases)
        if self.kind == ZONES:
            return qml.single(qml.ZONE_FILL, aliases=aliases, label=f'"{name["zone_name"]}"')
        if self.kind == DOCTORLESS:
            return qml.categorised(name["transport"], qml.TRANSPORTS, aliases=aliases)
        place = name.get(schema.PLACE_NAME, "")
        return qml.vacuum_areas(name["muni_name"], place, name[schema.POPULATION], aliases=aliases)


def write_vacuum(
    vacuum: gpd.GeoDataFrame,
    out_dir: Path,
    pref_code: str,
    *,
    about: About,
    encoding: str = UTF8,
) -> list[Path]:
    """Write the polygons alone: ``vacuum_<PP>.shp`` with companions, and ``vacuum_<PP>.gpkg``.

    Parameters and errors are those of :func:`coverage_gis.export.shapefile.write_vacuum_shp`.

    Returns
    -------
    list of Path
        The files written.
    """
    files = write_vacuum_shp(vacuum, out_dir, pref_code, about=about, encoding=encoding)
    layer = VacuumLayer(f"vacuum_{pref_code}", AREAS, vacuum)
    return [*files, _write_gpkg([layer], out_dir / f"vacuum_{pref_code}.gpkg", about)]


def write_package(
    layers: Sequence[VacuumLayer],
    out_dir: Path,
    name: str,
    *,
    about: About,
    encoding: str = UTF8,
    to_crs: str | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> list[Path]:
    """Write layers in every format a planner may ask for, and one zip to mail.

    Each layer as shapefile with its companions, as GeoJSON (degrees, RFC 7946) and, without
    geometry, as CSV; all as layers of ``NAME.gpkg`` with their styles; all
    but the GeoJSON in ``NAME.zip``.

    Parameters
    ----------
    layers
        Features, EPSG:6668.
    out_dir
        Folder for the files.
    name
        Of the GeoPackage and the zip.
    about
        What the files say about themselves.
    encoding
        Of the shapefiles: "utf-8" or "cp932".
    to_crs
        CRS of shapefiles and GeoPackage; None leaves degrees.
    tables
        Name -> table, written as ``<name>.csv`` and mailed too.

    Returns
    -------
    list of Path
        The files written, the zip last.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    mailed: list[Path] = []
    others: list[Path] = []
    placed = [
        VacuumLayer(y.name, y.kind, y.frame.to_crs(to_crs) if to_crs else y.frame) for y in layers
    ]
    for layer, moved in zip(layers, placed, strict=True):
        mailed += write_shp(
            moved.frame,
            moved.fields,
            out_dir / layer.name,
            lambda aliases, moved=moved: moved.style(aliases, short=True),  # type: ignore[misc]  # mypy cannot type a default in a lambda
            about=about,
            encoding=encoding,
            geometry_type=moved.geometry_type,
        )
        others.append(_write_geojson(layer, out_dir / f"{layer.name}.geojson", about))
        table = pd.DataFrame(layer.frame[[f.column for f in layer.fields]])
        write_csv(table, out_dir / f"{layer.name}.csv")
        mailed.append(out_dir / f"{layer.name}.csv")
    for table_name, extra in (tables or {}).items():
        write_csv(extra, out_dir / f"{table_name}.csv")
        mailed.append(out_dir / f"{table_name}.csv")
    mailed.append(_write_gpkg(placed, out_dir / f"{name}.gpkg", about))
    zipped = out_dir / f"{name}.zip"
    write_zip(mailed, zipped, folder=name)
    return [*mailed, *others, zipped]


def _write_gpkg(layers: Sequence[VacuumLayer], path: Path, about: About) -> Path:
    out = {}
    for layer in layers:
        columns = [f.column for f in layer.fields]
        aliases = {f.column: f.alias_ja for f in layer.fields}
        out[layer.name] = Layer(
            layer.frame[[*columns, layer.frame.geometry.name]],
            labels=labels_of(layer.fields),
            style=layer.style(aliases, short=False),
            geometry_type=layer.geometry_type,
        )
    write_gpkg(out, path, about=about)
    return path


def _write_geojson(layer: VacuumLayer, path: Path, about: About) -> Path:
    """Write degrees; JGD2011 is given as WGS 84, as RFC 7946 knows nothing else."""
    columns = [f.column for f in layer.fields]
    frame = layer.frame[[*columns, layer.frame.geometry.name]].copy()
    for column in columns:
        frame[column] = plain_column(frame[column])
    with replacing(path) as temp, written(path), reproducible():
        write_features(
            frame.set_crs(crs.WGS84, allow_override=True),
            temp,
            driver="GeoJSON",
            geometry_type=layer.geometry_type,
            layer_options={
                "COORDINATE_PRECISION": "9",
                "DESCRIPTION": f"{about.title} {about.attribution}",
            },
        )
    return path
