"""Candidate 無医地区 (districts without a doctor): who lives far from any medical institution.

After the definition of 無医地区等調査 (see ``medical.toml``): a circle about a centre without a
medical institution in it, where enough people live. Where the survey takes the centres of
communities, this takes the cell around which most such people live, again and again, until no
circle holds enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.spatial import cKDTree

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.facilities.places import embed
from coverage_gis.vacuum.polygons import people_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DISTRICT_ID: Final = "district_id"
CENTRE: Final = "centre_mesh_code"
TRANSPORT: Final = "transport"
TRIPS: Final = "transport_trips"

NO_TRANSPORT, FEW, ENOUGH, UNKNOWN = "none", "few", "enough", "unknown"
"""Regular transport at a district's centre: none in reach; at most so many trips a day; more; or
only stops whose trips nobody knows beside at most so many."""
TRANSPORTS: Final = (NO_TRANSPORT, FEW, UNKNOWN, ENOUGH)

NEAR, SPARSE = "near", "sparse"
"""Cells in no district: with an institution within the radius, or too few people around."""


def districts(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    people: NDArray[np.float64],
    order: NDArray[np.int64],
    *,
    radius_m: float,
    min_people: float,
) -> NDArray[np.int64]:
    """Return the district of each place, -1 for none.

    The place around which most people live within ``radius_m``, itself included, becomes the
    centre of a district of all of them; then the same among those left, as long as there are
    ``min_people``. Of equal ones the place with most people of its own, then the first by
    ``order``, goes first.

    Parameters
    ----------
    lon, lat
        ``(n,)`` degrees.
    people
        ``(n,)``.
    order
        ``(n,)`` distinct numbers that break ties, so that the order of rows does not.
    radius_m
        Straight line, inclusive.
    min_people
        Inclusive.

    Returns
    -------
    array
        ``(n,)`` row of the district's centre, -1 where there is none.
    """
    n = len(people)
    centre = np.full(n, -1, dtype=np.int64)
    if n == 0:
        return centre
    tree = cKDTree(embed(lon, lat, np.zeros(n)))
    pairs = tree.query_pairs(radius_m, output_type="ndarray")
    both = np.concatenate([pairs, pairs[:, ::-1], np.repeat(np.arange(n)[:, None], 2, axis=1)])
    near = coo_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(n, n)).tocsr()
    rank = np.lexsort((order, -people))  # ties in this order
    left = people.astype(np.float64).copy()
    free = np.ones(n, dtype=bool)
    while free.any():
        around = np.where(free, near @ left, -np.inf)
        best = int(rank[np.argmax(around[rank])])
        if around[best] < min_people:
            break
        start, end = near.indptr[best : best + 2]
        mine = near.indices[start:end]
        mine = mine[free[mine]]
        centre[mine] = best
        free[mine], left[mine] = False, 0.0
    return centre


def doctorless_districts(
    cells: pd.DataFrame,
    institution_m: NDArray[np.float64],
    *,
    radius_m: float,
    min_people: float,
    pref_code: str,
) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Return the candidate districts, most people first, and what becomes of each cell.

    Parameters
    ----------
    cells
        One row per populated cell: ``mesh_code``, ``lon``, ``lat``, ``muni_code``,
        ``muni_name``, people (columns that begin with ``population``).
    institution_m
        ``(n,)`` straight metres from the cell's centre to the nearest medical institution.
    radius_m, min_people
        A cell is far if its institution is more than ``radius_m`` away; districts as in
        :func:`districts`, within one municipality.
    pref_code
        Leads the districts' ids.

    Returns
    -------
    GeoDataFrame
        ``district_id`` ("30-0001"), ``rank``, municipality, ``centre_mesh_code`` and its ``lon``
        and ``lat``, ``cells``, people, ``area_km2``; MultiPolygon of its cells, EPSG:6668.
    Series
        On the index of ``cells``: the district's id, "near" or "sparse".
    """
    far = np.flatnonzero(~(institution_m <= radius_m))
    codes = cells[schema.MESH_CODE].to_numpy(dtype=object)
    order = np.argsort(np.argsort(codes.astype(str), kind="stable"), kind="stable")
    centre = np.full(len(cells), -1, dtype=np.int64)
    for rows in _by_municipality(cells, far):
        found = districts(
            cells[schema.LON].to_numpy(dtype=np.float64)[rows],
            cells[schema.LAT].to_numpy(dtype=np.float64)[rows],
            cells[schema.POPULATION].to_numpy(dtype=np.float64)[rows],
            order[rows],
            radius_m=radius_m,
            min_people=min_people,
        )
        centre[rows] = np.where(found >= 0, rows[found], -1)
    fate = np.full(len(cells), NEAR, dtype=object)
    fate[far] = SPARSE
    in_one = np.flatnonzero(centre >= 0)
    table = _table(cells, centre, in_one, pref_code)
    fate[in_one] = pd.Series(centre[in_one]).map(table.set_index("row")[DISTRICT_ID]).to_numpy()
    frame = gpd.GeoDataFrame(table.drop(columns="row"), geometry="geometry", crs=crs.JGD2011)
    return frame, pd.Series(fate, index=cells.index, dtype="str")


def transport_at(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    stops: pd.DataFrame,
    trips: NDArray[np.float64],
    *,
    within_m: float,
    few: float,
) -> pd.DataFrame:
    """Return the regular transport within reach of places.

    Parameters
    ----------
    lon, lat
        ``(n,)`` places, degrees.
    stops
        Bus stops and stations, rows of ``DESTINATIONS``.
    trips
        Trips a day of each in its busier direction, which stand for round trips; NaN unknown.
    within_m
        Straight line, inclusive.
    few
        At most so many trips a day are few.

    Returns
    -------
    DataFrame
        ``(n,)`` ``transport`` (one of :data:`TRANSPORTS`) and ``transport_trips``, those of the
        best stop whose trips are known, null without one. Stops known to have no trip at all
        are no transport.
    """
    n = len(lon)
    most, blind = np.full(n, np.nan), np.zeros(n, dtype=bool)
    if n and len(stops):
        tree = cKDTree(embed(stops[schema.LON], stops[schema.LAT], np.zeros(len(stops))))
        near = tree.query_ball_point(embed(lon, lat, np.zeros(n)), within_m, return_sorted=True)
        for i, found in enumerate(near):
            there = trips[found]
            blind[i] = np.isnan(there).any()
            known = there[there > 0]
            most[i] = known.max() if len(known) else np.nan
    kind = np.select([most > few, blind, most > 0], [ENOUGH, UNKNOWN, FEW], default=NO_TRANSPORT)
    return pd.DataFrame({TRANSPORT: pd.array(kind, dtype="str"), TRIPS: most})


def reaches_beyond(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    municipalities: gpd.GeoDataFrame,
    radius_m: float,
) -> NDArray[np.bool_]:
    """Return whether circles about places reach over the border of all municipalities.

    Over the sea or into another prefecture, whose institutions the data may lack. Circles are of
    32 corners, in degrees that are metres at the place.
    """
    if municipalities.empty:
        return np.ones(len(lon), dtype=bool)
    whole = shapely.union_all(municipalities.geometry.to_numpy())
    shapely.prepare(whole)
    per_lon, per_lat = crs.metres_per_degree(lat)
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    x = lon[:, None] + radius_m * np.cos(turn) / per_lon[:, None]
    y = lat[:, None] + radius_m * np.sin(turn) / per_lat[:, None]
    return np.asarray(~shapely.intersects_xy(whole, x, y).all(axis=1))


def _by_municipality(cells: pd.DataFrame, far: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    muni = cells[schema.MUNI_CODE].to_numpy(dtype=object)[far]
    for code in sorted(set(muni)):
        yield far[muni == code]


def _table(
    cells: pd.DataFrame, centre: NDArray[np.int64], rows: NDArray[np.int64], pref_code: str
) -> pd.DataFrame:
    """Return one row per centre with its people and its polygon; ``row`` is the centre's."""
    mine = cells.iloc[rows]
    grouped = mine.groupby(centre[rows], sort=True)
    heads = np.unique(centre[rows])
    head = cells.iloc[heads]
    table = pd.DataFrame(
        {
            "row": heads,
            schema.PREF_CODE: pref_code,
            schema.MUNI_CODE: head[schema.MUNI_CODE].to_numpy(),
            "muni_name": head["muni_name"].to_numpy(),
            CENTRE: head[schema.MESH_CODE].to_numpy(),
            schema.LON: head[schema.LON].to_numpy(),
            schema.LAT: head[schema.LAT].to_numpy(),
            "cells": grouped.size().to_numpy(dtype=np.int64),
        }
    )
    for column in people_columns(cells):
        # unknown in a part: unknown in all
        table[column] = grouped[column].sum(skipna=False).to_numpy(dtype=np.float64)
    codes = mine[schema.MESH_CODE].to_numpy(dtype=object)
    shapes = [_union(mesh.polygons(codes[centre[rows] == head])) for head in heads]
    table["geometry"] = pd.Series(shapes, dtype=object)
    table["area_km2"] = [abs(crs.GRS80.geometry_area_perimeter(g)[0]) / 1e6 for g in shapes]
    table = table.sort_values([schema.POPULATION, CENTRE], ascending=[False, True])
    table.insert(0, schema.RANK, np.arange(1, len(table) + 1))
    table = table.reset_index(drop=True)
    ids = [f"{pref_code}-{rank:04d}" for rank in table[schema.RANK]]
    table.insert(0, DISTRICT_ID, pd.Series(ids, dtype="str"))
    return table


def _union(boxes: NDArray[np.object_]) -> shapely.MultiPolygon:
    merged = shapely.normalize(shapely.union_all(boxes))
    return shapely.MultiPolygon(list(shapely.get_parts(merged)))
