"""Vacuum areas: neighbouring 空白 cells of one municipality as one polygon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.vacuum.data_end import DATA_END, DATA_END_PEOPLE
from coverage_gis.vacuum.place_names import name_of_most

if TYPE_CHECKING:
    from numpy.typing import NDArray

AREA_ID = "area_id"
_SEEN_FROM_HEAD = (
    schema.MUNI_CODE,
    "muni_name",
    "nearest_stop_name",
    "nearest_stop_m",
    "nearest_stop_trips",
    "nearest_station_name",
    "nearest_station_m",
    "nearest_station_trips",
    "served_m",
    "nearest_shop_name",
    "nearest_shop_m",
    "nearest_hospital_name",
    "nearest_hospital_m",
)
_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))
"""Half of the eight neighbours; the other half are the same pairs seen from the other side."""


def contiguous(
    rows: NDArray[np.int64], cols: NDArray[np.int64], group: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Label cells so that 8-neighbours of one group share a label.

    Parameters
    ----------
    rows, cols
        ``(n,)`` grid positions. Several cells may share one (a border cell is in two
        prefectures); they are neighbours too.
    group
        ``(n,)`` numbers; cells of different groups are never joined.

    Returns
    -------
    array
        ``(n,)`` labels from 0.
    """
    n = len(rows)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    width = cols.max() - cols.min() + 3
    place = (rows - rows.min()) * width + (cols - cols.min() + 1)
    # One number per (group, place): groups lie on separate sheets.
    sheet = (rows.max() - rows.min() + 3) * width
    key = group * sheet + place
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    pairs = [np.column_stack([order[:-1], order[1:]])[np.diff(sorted_key) == 0]]
    for d_row, d_col in _NEIGHBOURS:
        wanted = key + d_row * width + d_col
        at = np.searchsorted(sorted_key, wanted)
        hit = at < n
        hit[hit] = sorted_key[at[hit]] == wanted[hit]
        pairs.append(np.column_stack([np.flatnonzero(hit), order[at[hit]]]))
    edges = np.concatenate(pairs)
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), (n, n))
    _, labels = connected_components(graph, directed=False)
    return np.asarray(labels, dtype=np.int64)


def vacuum_areas(cells: pd.DataFrame, pref_code: str) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Return 空白 cells dissolved to areas, most people first, and the area of each cell.

    Parameters
    ----------
    cells
        The 空白 cells alone, one row per cell: ``mesh_code, muni_code, muni_name``, people
        (every column that begins with ``population``, of other years too), ``place_name``
        where there is one, and what is known of the cell's nearest facilities
        (``nearest_stop_name``, ``nearest_stop_m`` ...).
    pref_code
        Leads the areas' ids.

    Returns
    -------
    GeoDataFrame
        ``area_id`` ("16-0001"), ``rank`` (1 has the most people), the municipality, the
        ``place_name`` of most of its people,
        ``cells``, people (sums over the cells, so that people in areas = people in cells),
        ``area_km2`` (geodesic), the nearest facilities as seen from the area's most populous
        cell, ``head_mesh_code``, and ``head_share``, 0 to 1, that cell's part of the people;
        ``data_end_people`` where the cells say ``data_end``; MultiPolygon geometry, EPSG:6668.
    Series
        ``area_id`` of each row of ``cells``, on its index: each cell is in exactly one area.
    """
    codes = cells[schema.MESH_CODE].to_numpy(dtype=object)
    rows, cols = mesh.to_grid(codes)[:2] if len(codes) else (np.empty(0, dtype=np.int64),) * 2
    muni, _ = pd.factorize(cells[schema.MUNI_CODE], sort=True)
    label = contiguous(rows, cols, np.asarray(muni, dtype=np.int64))
    # Most populous cell first within each area; codes break ties, so that order of rows does not.
    ordered = cells.assign(label=label).sort_values(
        ["label", schema.POPULATION, schema.MESH_CODE], ascending=[True, False, True]
    )
    grouped = ordered.groupby("label", sort=True)
    seen = [name for name in _SEEN_FROM_HEAD if name in cells]
    areas = ordered.drop_duplicates("label").set_index("label")[seen].copy()
    if schema.PLACE_NAME in cells:
        areas[schema.PLACE_NAME] = name_of_most(
            ordered[schema.PLACE_NAME], ordered["label"], ordered[schema.POPULATION]
        )
    areas["first_cell"] = grouped[schema.MESH_CODE].min()
    areas["cells"] = grouped.size()
    areas["head_mesh_code"] = grouped[schema.MESH_CODE].first()
    everybody = grouped[schema.POPULATION].sum()
    areas["head_share"] = grouped[schema.POPULATION].first() / everybody.where(everybody > 0)
    if DATA_END in cells:
        at_end = ordered[schema.POPULATION].where(ordered[DATA_END].notna(), 0.0)
        areas[DATA_END_PEOPLE] = at_end.groupby(ordered["label"]).sum()
    for column in people_columns(cells):
        areas[column] = grouped[column].sum(skipna=False)  # unknown in a part: unknown in all
    areas["geometry"] = _dissolved(ordered)
    areas = areas.sort_values([schema.POPULATION, "first_cell"], ascending=[False, True])
    areas["rank"] = np.arange(1, len(areas) + 1)
    areas[AREA_ID] = pd.array([f"{pref_code}-{rank:04d}" for rank in areas["rank"]], dtype="str")
    areas[schema.PREF_CODE] = pref_code
    area_of = pd.Series(label, index=cells.index).map(areas[AREA_ID]).astype("str")
    tidy = areas.drop(columns="first_cell").reset_index(drop=True)
    frame = gpd.GeoDataFrame(tidy, geometry="geometry", crs=crs.JGD2011)
    frame["area_km2"] = [abs(crs.GRS80.geometry_area_perimeter(g)[0]) / 1e6 for g in frame.geometry]
    return frame, area_of


def people_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that count people: all, by age and, where there are, of other years."""
    return [name for name in map(str, table.columns) if name.startswith(schema.POPULATION)]


def with_future_people(cells: pd.DataFrame, years: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return ``cells`` with ``population_<year>`` and by age, where the projection has the year.

    Parameters
    ----------
    cells
        One row per ``mesh_code`` and ``pref_code``.
    years
        ``POPULATION_YEARS``; may be empty.
    year
        Wanted year; a cell the projection does not know has null.
    """
    rows = years[years[schema.YEAR] == year]
    if rows.empty:
        return cells
    key = [schema.MESH_CODE, schema.PREF_CODE]
    names = {column: f"{column}_{year}" for column in schema.AGE_GROUPS.values()}
    return cells.merge(rows[[*key, *names]].rename(columns=names), on=key, how="left")


def _dissolved(ordered: pd.DataFrame) -> pd.Series:
    """Return one MultiPolygon per label."""
    if ordered.empty:
        return pd.Series(dtype=object)
    boxes = mesh.polygons(ordered[schema.MESH_CODE].to_numpy(dtype=object))
    by_label = pd.Series(boxes, index=ordered["label"].to_numpy())
    return by_label.groupby(level=0).agg(_union)


def _union(boxes: pd.Series) -> shapely.MultiPolygon:
    # unary_union, not coverage_union: a border cell may be in twice.
    merged = shapely.normalize(shapely.union_all(boxes.to_numpy()))
    parts = shapely.get_parts(merged)
    return shapely.MultiPolygon(list(parts))
