"""The table of origins: one row per cell where somebody lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.codes import mesh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_gis.population.extent import Bounds

_KEY = [schema.MESH_CODE, schema.PREF_CODE]
_PEOPLE = list(schema.PEOPLE)


def build_origins(cells: pd.DataFrame, pref_code: str, *, inside: bool = True) -> pd.DataFrame:
    """Return cells as the table ``origins``, with their centres, sorted by mesh code.

    Cells without people are left out: a populated cell has a population above zero.

    Parameters
    ----------
    cells
        mesh_code, population and, where known, people by age (``schema.PEOPLE``).
    pref_code
        The prefecture whose people these are.
    inside
        False for cells of the margin.

    Raises
    ------
    InputError
        If codes mix mesh levels or one is not a mesh code.
    SchemaError
        If a cell is there twice.
    """
    lived_in = cells.loc[cells[schema.POPULATION] > 0]
    if lived_in.empty:
        return schema.ORIGINS.empty()
    lon, lat = mesh.centroids(lived_in[schema.MESH_CODE].to_numpy(dtype=object))
    table = lived_in.reindex(columns=[schema.MESH_CODE, *_PEOPLE])
    table[schema.PREF_CODE] = pref_code
    table[schema.LON], table[schema.LAT] = lon, lat
    table[schema.INSIDE] = inside
    return schema.ORIGINS.conform(table.sort_values(schema.MESH_CODE))


def within_prefecture(origins: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """Return origins with only those of their people whom ``areas`` places in the prefecture.

    For files by primary mesh, whose cells hold the neighbours' people too. Cells in which
    nobody is left go; columns other than people stay.

    Parameters
    ----------
    origins
        Table ``origins``.
    areas
        Table ``origin_areas`` of the same origins.

    Returns
    -------
    DataFrame
        Table ``origins``; its people add up to those of ``areas``.
    """
    # min_count: an age that no row knows stays unknown, and is not zero.
    people = areas.groupby(_KEY)[_PEOPLE].sum(min_count=1).reset_index()
    rest = origins.drop(columns=_PEOPLE).assign(_order=np.arange(len(origins)))
    out = rest.merge(people, on=_KEY, how="inner", validate="one_to_one")
    out = out.loc[out[schema.POPULATION] > 0].sort_values("_order")
    return schema.ORIGINS.conform(out)


def outside_prefecture(everywhere: pd.DataFrame, origins: pd.DataFrame) -> pd.DataFrame:
    """Return those of the people of a population file whom the prefecture does not have.

    Parameters
    ----------
    everywhere
        Table ``origins`` as read, with the neighbours' people.
    origins
        Those of :func:`within_prefecture`.

    Returns
    -------
    DataFrame
        Table ``origins`` with ``inside`` false and ``pref_code`` empty: the file does not say
        whose they are. With the people of ``origins`` they are those of ``everywhere``.
    """
    mine = origins[[*_KEY, *_PEOPLE]]
    both = everywhere.merge(mine, on=_KEY, how="left", suffixes=("", "_mine"))
    for column in _PEOPLE:
        both[column] -= both[f"{column}_mine"].fillna(0.0)
    # fractions leave rounding behind
    least = 1e-9 * everywhere[schema.POPULATION].to_numpy()
    rest = both[(both[schema.POPULATION] > least).to_numpy()].copy()
    rest[schema.PREF_CODE], rest[schema.INSIDE] = "", False
    return schema.ORIGINS.conform(rest)


def margin_of(tables: Sequence[pd.DataFrame], bounds: Bounds) -> pd.DataFrame:
    """Return the cells of the margin: people outside the prefecture whose centre is in bounds.

    Parameters
    ----------
    tables
        Tables ``origins`` with ``inside`` false; what comes first counts where one cell and
        prefecture is there twice.
    bounds
        West, south, east, north in degrees.
    """
    rows = pd.concat([schema.ORIGINS.empty(), *(t for t in tables if len(t))], ignore_index=True)
    west, south, east, north = bounds
    near = rows[schema.LON].between(west, east) & rows[schema.LAT].between(south, north)
    rows = rows[near].drop_duplicates(_KEY).sort_values(_KEY)
    return schema.ORIGINS.conform(rows)
