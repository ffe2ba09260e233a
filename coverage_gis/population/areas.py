"""Whose people a cell's people are: cells shared out over municipalities by overlap.

The centre of a cell is not where its people are: by centroid, 23,728 people of Wakayama fall
into the sea, and 13 % live in cells that touch several municipalities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.codes import mesh
from coverage_gis.errors import InputError
from coverage_gis.population.overlap import nearest_polygon, overlaps
from coverage_gis.population.rounding import largest_remainder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OUTSIDE = -1
_MINE = "mine"
_FULL = 1 - 1e-6
"""A cell covered to this share has nothing outside: borders are drawn to some centimetres."""


@dataclass(frozen=True)
class OriginAreas:
    """Where the people of the cells belong.

    Attributes
    ----------
    areas
        Table ``origin_areas``.
    other_prefecture
        People of the cells who live outside all municipalities given: 0 for a file by
        prefecture. Together with those in ``areas`` they are the people of the cells.
    """

    areas: pd.DataFrame
    other_prefecture: float


def origin_areas(
    origins: pd.DataFrame,
    municipalities: gpd.GeoDataFrame,
    by_prefecture: bool,
    neighbours: gpd.GeoDataFrame | None = None,
) -> OriginAreas:
    """Share out the people of cells over municipalities, in proportion to overlap.

    A cell of a file by prefecture holds that prefecture's people only: all belong, to the
    nearest municipality where nothing overlaps. A cell of a file by primary mesh holds
    everybody: one wholly outside is another prefecture's; of one partly outside the
    neighbours' municipalities have their part by overlap. What is left counts only at a land
    border, which is where one of its eight neighbours is a populated cell outside all that is
    known. Elsewhere it is the sea, where nobody lives. Two prefectures that know each other's
    municipalities thus share out a cell in the same way, and nobody is in both or in neither.

    Whole people stay whole, by largest remainder, and no row has more people of an age than
    people (``schema.AGE_LIMITS``); numbers with fractions (projections) are shared in proportion.

    Parameters
    ----------
    origins
        Table ``origins`` (lon, lat and inside are not looked at), one mesh level.
    municipalities
        Table ``municipalities`` with one valid (multi)polygon each, in degrees.
    by_prefecture
        Whether the cells come from a file by prefecture.
    neighbours
        The same of other prefectures, as far as they are known; for files by primary mesh.

    Raises
    ------
    InputError
        If there is no municipality, or mesh codes are wrong.
    """
    if len(municipalities) == 0:
        raise InputError("There are no municipality boundaries (N03) to place the people in.")
    if origins.empty:
        return OriginAreas(schema.ORIGIN_AREAS.empty(), 0.0)
    cells = origins.sort_values([schema.MESH_CODE, schema.PREF_CODE]).reset_index(drop=True)
    beyond = municipalities.iloc[:0] if by_prefecture or neighbours is None else neighbours
    places = _by_code(municipalities, beyond)
    codes = cells[schema.MESH_CODE].to_numpy(dtype=object)
    polygons = places.geometry.to_numpy(dtype=object)
    found = overlaps(codes, polygons)
    rows = pd.DataFrame({"cell": found.cell, "place": found.polygon, schema.SHARE: found.share})
    add = _nearest_rows if by_prefecture else _outside_rows
    rows = pd.concat([rows, add(rows, codes, polygons)], ignore_index=True)
    # Outside comes last in its cell, so that a tie goes to a municipality.
    rows["last"] = rows["place"] == _OUTSIDE
    rows = rows.sort_values(["cell", "last", "place"], ignore_index=True)
    rows[schema.SHARE] /= rows.groupby("cell")[schema.SHARE].transform("sum")
    rows = _with_people(rows, cells)
    # Of place -1, which is no municipality, the last element tells.
    mine = np.append(places[_MINE].to_numpy(dtype=bool), False)
    outside = ~mine[rows["place"]]
    table = rows.loc[~outside]
    at = table["cell"].to_numpy()
    table = table.assign(
        **{
            schema.MESH_CODE: codes[at],
            schema.PREF_CODE: cells[schema.PREF_CODE].to_numpy(dtype=object)[at],
            schema.MUNI_CODE: places[schema.MUNI_CODE].to_numpy(dtype=object)[table["place"]],
        }
    )
    return OriginAreas(
        schema.ORIGIN_AREAS.conform(table), float(rows.loc[outside, schema.POPULATION].sum())
    )


def _by_code(mine: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return municipalities in one order, whoever's they are: rounding is then the same."""
    columns = [schema.MUNI_CODE, mine.geometry.name]
    parts = [mine[columns].assign(**{_MINE: True})]
    if len(others):
        geometry = others.geometry.rename(mine.geometry.name)
        others = gpd.GeoDataFrame(others[[schema.MUNI_CODE]], geometry=geometry)
        parts.append(others.to_crs(mine.crs).assign(**{_MINE: False}))
    table = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))
    return table.sort_values(schema.MUNI_CODE, ignore_index=True)


def _nearest_rows(
    rows: pd.DataFrame, codes: NDArray[np.object_], polygons: NDArray[np.object_]
) -> pd.DataFrame:
    """Return a row for each cell that nothing overlaps, with the nearest municipality."""
    lone = np.setdiff1d(np.arange(len(codes)), rows["cell"])
    place = nearest_polygon(codes[lone], polygons) if len(lone) else lone
    return pd.DataFrame({"cell": lone, "place": place, schema.SHARE: np.ones(len(lone))})


def _outside_rows(
    rows: pd.DataFrame, codes: NDArray[np.object_], polygons: NDArray[np.object_]
) -> pd.DataFrame:
    """Return a row for what of each cell lies in another prefecture."""
    del polygons
    covered = np.bincount(rows["cell"], rows[schema.SHARE], minlength=len(codes))
    row, col, _ = mesh.to_grid(codes)
    width = int(col.max()) + 2
    alone = row * width + col
    alone = alone[covered == 0]
    by_land = np.zeros(len(codes), dtype=bool)
    for up in (-1, 0, 1):
        for right in (-1, 0, 1):
            by_land |= np.isin((row + up) * width + col + right, alone)
    outside = np.where(by_land & (covered < _FULL), 1 - covered, 0.0)
    cell = np.flatnonzero(outside > 0)
    return pd.DataFrame({"cell": cell, "place": _OUTSIDE, schema.SHARE: outside[cell]})


def _with_people(rows: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` with each one's part of its cell's people."""
    cell = rows["cell"].to_numpy()
    share = rows[schema.SHARE].to_numpy()
    total = {column: cells[column].to_numpy(np.float64) for column in schema.PEOPLE}
    part = {schema.POPULATION: _part(total[schema.POPULATION], share, cell, None)}
    for column, at_most, less in schema.AGE_LIMITS:
        above, ceiling = total[at_most], part[at_most]
        for taken in less:
            above = above - np.nan_to_num(total[taken])
            ceiling = ceiling - np.nan_to_num(part[taken])
        fits = total[column] <= above
        part[column] = _part(total[column], share, cell, np.where(fits[cell], ceiling, np.inf))
    return rows.assign(**part)


def _part(
    total: NDArray[np.float64],
    share: NDArray[np.float64],
    cell: NDArray[np.int64],
    ceiling: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Return the rows' parts of the cells' totals, which add up to them; null stays null."""
    whole = total == np.floor(total)
    most = np.iinfo(np.int64).max
    limit = None
    if ceiling is not None:
        # No ceiling where there is none to speak of: unknown, infinite or with a fraction.
        usable = np.isfinite(ceiling) & (ceiling == np.floor(ceiling))
        limit = np.where(usable, np.nan_to_num(ceiling, posinf=0.0), 0).astype(np.int64)
        limit[~usable] = most
    counts = largest_remainder(share, np.where(whole, total, 0), cell, ceiling=limit)
    parts = np.where(whole[cell], counts, total[cell] * share)
    # What rounding of fractions leaves over goes to the first row of the cell.
    first = np.unique(cell, return_index=True)[1]
    sums = np.bincount(cell, np.nan_to_num(parts), minlength=len(total))
    left = np.where(whole, 0.0, np.nan_to_num(total) - sums)
    parts[first] += left[cell[first]]
    return np.asarray(parts, dtype=np.float64)
