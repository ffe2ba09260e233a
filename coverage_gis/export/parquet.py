"""Parquet, and GeoParquet 1.1 with a bounding box per row, as reproducible bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from coverage_gis.errors import OutputError
from coverage_gis.store.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import pyproj

    from coverage_gis.schema import Column

ROWS_PER_GROUP: Final = 65536
_BBOX: Final = "bbox"
_SIDES: Final = ("xmin", "ymin", "xmax", "ymax")


def write_table(
    frame: pd.DataFrame,
    path: Path,
    metadata: Mapping[str, str],
    *,
    columns: Sequence[Column] = (),
) -> None:
    """Write a table as Parquet (zstd), or as GeoParquet if it has a geometry.

    Parameters
    ----------
    frame
        The table; its index is not written. Rows keep their order.
    path
        File to write.
    metadata
        Title, attribution ... for the file's key-value metadata.
    columns
        Meaning and unit of columns, put into their fields' metadata.

    Raises
    ------
    OutputError
        If the file cannot be written, or a geometry has no CRS.
    """
    table = _geo_table(frame) if isinstance(frame, gpd.GeoDataFrame) else _plain_table(frame)
    table = _described(table, {c.name: c for c in columns})
    extra = {k.encode(): v.encode() for k, v in sorted(metadata.items())}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **extra})
    with replacing(path) as temp:
        pq.write_table(
            table, temp, compression="zstd", row_group_size=ROWS_PER_GROUP, version="2.6"
        )


def _plain_table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _geo_table(frame: gpd.GeoDataFrame) -> pa.Table:
    """Return the table with WKB, a ``bbox`` struct and GeoParquet's metadata.

    https://geoparquet.org/releases/v1.1.0/
    """
    name = frame.geometry.name
    if frame.crs is None:
        raise OutputError("A table with geometry but without CRS is not written.")
    shapes = frame.geometry.to_numpy()
    table = _plain_table(frame.drop(columns=name))
    metadata = dict(table.schema.metadata or {})
    table = table.append_column(name, pa.array(shapely.to_wkb(shapes), pa.binary()))
    table = table.append_column(_BBOX, _boxes(shapes))
    metadata[b"geo"] = json.dumps(_geo_metadata(name, shapes, frame.crs)).encode()
    return table.replace_schema_metadata(metadata)


def _boxes(shapes: np.ndarray) -> pa.StructArray:
    bounds = shapely.bounds(shapes)
    empty = pa.array(np.isnan(bounds).any(axis=1) if len(bounds) else np.empty(0, dtype=bool))
    return pa.StructArray.from_arrays(
        [pa.array(bounds[:, k]) for k in range(4)], names=list(_SIDES), mask=empty
    )


def _geo_metadata(name: str, shapes: np.ndarray, crs: pyproj.CRS) -> dict[str, Any]:
    kinds = {g.geom_type for g in shapes if g is not None}
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(kinds),
        "crs": crs.to_json_dict(),
        "covering": {"bbox": {side: [_BBOX, side] for side in _SIDES}},
    }
    bounds = shapely.bounds(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    if len(bounds):
        column["bbox"] = [*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist()]
    return {"version": "1.1.0", "primary_column": name, "columns": {name: column}}


def _described(table: pa.Table, columns: Mapping[str, Column]) -> pa.Table:
    fields = []
    for field in table.schema:
        column = columns.get(field.name)
        if column is not None:
            text = {"meaning": column.meaning, "unit": column.unit}
            field = field.with_metadata({k: v for k, v in text.items() if v})  # noqa: PLW2901 - the same field, described
        fields.append(field)
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))
