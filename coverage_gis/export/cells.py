"""The wide table of cells, as GeoParquet for machines and GeoPackage for QGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.export import qml
from coverage_gis.export.geopackage import Layer, write_gpkg
from coverage_gis.export.labels import cell_labels
from coverage_gis.export.parquet import write_table
from coverage_gis.schema import Column

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from coverage_gis.export.about import About


def write_cells(
    cells: gpd.GeoDataFrame, out_dir: Path, *, about: About, services: Mapping[str, str]
) -> list[Path]:
    """Write ``cells.parquet`` and ``cells.gpkg``, one row per populated cell.

    Parameters
    ----------
    cells
        The wide table with the cells' boxes, EPSG:6668.
    out_dir
        Folder for the files.
    about
        What the files say about themselves.
    services
        Service -> Japanese name, for the columns' titles.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    labels = cell_labels(map(str, cells.columns), services)
    columns = [
        Column(n, "", f"{lb.alias_ja} {lb.meaning}".strip(), lb.unit) for n, lb in labels.items()
    ]
    parquet, gpkg = out_dir / "cells.parquet", out_dir / "cells.gpkg"
    write_table(cells, parquet, about.metadata(), columns=columns)
    style = ""
    if schema.TRANSIT_CLASS in cells.columns:
        style = qml.categorised(
            schema.TRANSIT_CLASS,
            qml.TRANSIT_CLASSES,
            aliases={name: label.alias_ja for name, label in labels.items()},
        )
    layer = Layer(cells, labels=labels, style=style, geometry_type="Polygon")
    write_gpkg({"cells": layer}, gpkg, about=about)
    return [parquet, gpkg]
