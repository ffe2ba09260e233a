"""People of the years to come, by cell and municipality, where people live or will live.

A projection (メッシュ別将来推計人口) knows cells, not municipalities: a cell's people of a year
are shared out over its municipalities as those of the census are. Its cells need not be the run's:
coarser ones are shared out over the run's cells in them, finer ones are summed; a cell in which
the census has nobody stays, with no road data, so that no year loses people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.population.areas import origin_areas
from coverage_gis.population.origins import build_origins

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

_KEY = [schema.MESH_CODE, schema.PREF_CODE]
_CELL = "_cell"


@dataclass(frozen=True)
class Outlook:
    """The people of the years to come.

    Attributes
    ----------
    origins
        Table ``origins``: the run's, in their order, then the cells that only the projection
        knows; those have the people of their best year.
    beyond
        How many of the last rows are such cells.
    areas
        Year -> table ``origin_areas`` of all of them, with that year's people; their sum is
        the projection's.
    """

    origins: pd.DataFrame
    beyond: int
    areas: dict[int, pd.DataFrame]


def outlook(
    years: pd.DataFrame,
    wanted: Sequence[int],
    origins: pd.DataFrame,
    areas: pd.DataFrame,
    municipalities: gpd.GeoDataFrame,
) -> Outlook:
    """Return the people of each wanted year that the projection has.

    Parameters
    ----------
    years
        ``POPULATION_YEARS`` of one mesh level and of the prefecture alone.
    wanted
        Years; those that the projection does not have are left out.
    origins, areas
        ``ORIGINS`` and ``ORIGIN_AREAS`` of the run, of today.
    municipalities
        Table ``municipalities`` with geometry; without any, cells that only the projection
        knows go to the one area of the run.

    Notes
    -----
    Within a cell of the projection people of every age are shared out in proportion to today's
    people.
    """
    known = [y for y in wanted if (years[schema.YEAR] == y).any()]
    if not known:
        return Outlook(origins, 0, {})
    length = min(years[schema.MESH_CODE].str.len().min(), origins[schema.MESH_CODE].str.len().min())
    mine = years.assign(**{_CELL: years[schema.MESH_CODE].str[:length]})
    by_cell = mine.groupby([_CELL, schema.YEAR])[list(schema.PEOPLE)].sum(min_count=1)
    inside = origins.loc[origins[schema.INSIDE], _KEY]
    parts = areas.merge(inside, on=_KEY, how="inner").reset_index(drop=True)
    cell = parts[schema.MESH_CODE].str[:length]
    everybody = parts[schema.POPULATION].groupby(cell).transform("sum")
    weight = parts[schema.POPULATION] / everybody
    lonely = by_cell.index.get_level_values(_CELL).unique().difference(pd.Index(cell.unique()))
    extra, extra_areas = _beyond(by_cell, lonely, parts, municipalities)
    every = pd.concat([parts, extra_areas], ignore_index=True)
    key = pd.concat([cell, extra_areas[schema.MESH_CODE]], ignore_index=True)
    share = np.concatenate([weight, extra_areas[schema.SHARE]])
    return Outlook(
        pd.concat([origins, extra], ignore_index=True) if len(extra) else origins,
        len(extra),
        {year: _of_year(every, by_cell, key, share, year) for year in known},
    )


def _beyond(
    by_cell: pd.DataFrame, codes: pd.Index, parts: pd.DataFrame, municipalities: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells that only the projection knows as origins, and their municipalities."""
    most = by_cell.groupby(level=0)[schema.POPULATION].max().reindex(codes)
    pref = str(parts[schema.PREF_CODE].iloc[0]) if len(parts) else ""
    cells = pd.DataFrame({schema.MESH_CODE: codes, schema.POPULATION: most.to_numpy()})
    extra = build_origins(cells, pref)
    if extra.empty:
        return extra, schema.ORIGIN_AREAS.empty()
    if len(municipalities):
        return extra, origin_areas(extra, municipalities, by_prefecture=True).areas
    one = extra.assign(
        **{schema.MUNI_CODE: parts[schema.MUNI_CODE].iloc[0], schema.SHARE: 1.0},
    )
    return extra, schema.ORIGIN_AREAS.conform(one)


def _of_year(
    parts: pd.DataFrame,
    by_cell: pd.DataFrame,
    key: pd.Series,
    share: np.ndarray[tuple[int], np.dtype[np.float64]],
    year: int,
) -> pd.DataFrame:
    """Return the parts with the people of a year; an age that is not known there is null."""
    people = by_cell.xs(year, level=schema.YEAR)
    known = people.reindex(key)
    # A cell without a row has nobody that year, whatever the age; unless nobody knows the age.
    absent = ~key.isin(people.index).to_numpy()
    out = parts.copy()
    for column in schema.PEOPLE:
        values = known[column].to_numpy(dtype=np.float64)
        if people[column].notna().any():
            values = np.where(absent, 0.0, values)
        out[column] = values * share
    return out
