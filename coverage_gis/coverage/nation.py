"""Several prefectures as one country: totals, one row per area, ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.errors import ConservationError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

NATION, NATION_JA = "nation", "全国（集計した都道府県）"
"""Area level of the totals, and what such an area is called."""
PREFECTURES_N: Final = "prefectures_n"
"""Column: how many prefectures a total is of; one without data on a service is not among them."""
CASE: Final = (
    schema.SERVICE,
    schema.MODE,
    schema.METRIC,
    schema.PRESET,
    schema.CUTOFF,
    schema.CUTOFF_UNIT,
)
EVERYBODY: Final = "population_everybody"
"""Column: the people of a whole cell, whichever prefecture they live in."""
_PEOPLE: Final = (
    schema.POPULATION,
    schema.COVERED_POPULATION,
    schema.POPULATION_UNREACHABLE,
    schema.POPULATION_NO_ROAD,
)
_AREA: Final = (schema.AREA_LEVEL, schema.AREA_CODE)
_TOLERANCE: Final = 1e-6
_DECIMALS: Final = 6


def national_totals(coverage: pd.DataFrame) -> pd.DataFrame:
    """Return the sums over prefectures of each rate and age group, with the rate of the sums.

    Parameters
    ----------
    coverage
        Rows of ``schema.COVERAGE`` of all prefectures, one year each.

    Returns
    -------
    DataFrame
        One row per case (service, mode, metric, preset, cutoff) and age group, in the order in
        which they first occur, with :data:`PREFECTURES_N`.
    """
    rows = coverage[coverage[schema.AREA_LEVEL] == schema.PREFECTURE]
    by = rows.groupby([*CASE, schema.AGE_GROUP], sort=False)
    out = by[list(_PEOPLE)].sum()
    out[PREFECTURES_N] = by[schema.AREA_CODE].nunique()
    on_road = out[schema.POPULATION] - out[schema.POPULATION_NO_ROAD]
    rate = out[schema.COVERED_POPULATION] / on_road.where(on_road > 0)
    out[schema.COVERAGE_RATE] = rate.clip(upper=1.0)
    return out.reset_index()


def reached_by_roads(totals: pd.DataFrame) -> float:
    """Return the share of people whom the roads for walking reach; 1 where none were asked for.

    Parameters
    ----------
    totals
        From :func:`national_totals`. A service that some prefectures lack has fewer people in it:
        the share is of the case with the most.
    """
    walking = (totals[schema.MODE] == schema.WALK) & (totals[schema.METRIC] == schema.ROAD)
    mine = totals[walking & (totals[schema.AGE_GROUP] == "total") & (totals[schema.POPULATION] > 0)]
    if mine.empty:
        return 1.0
    most = mine.sort_values(schema.POPULATION, ascending=False, kind="stable").iloc[0]
    return 1.0 - float(most[schema.POPULATION_NO_ROAD]) / float(most[schema.POPULATION])


def check_totals(coverage: pd.DataFrame) -> float:
    """Return the people of all prefectures; municipalities must add up to their prefecture.

    Raises
    ------
    ConservationError
        If they do not, for people of any case and age group.
    """
    case = [*CASE, schema.AGE_GROUP]
    rows = coverage.assign(pref=coverage[schema.AREA_CODE].str[:2])
    sums = {
        level: rows[rows[schema.AREA_LEVEL] == level].groupby(["pref", *case])[list(_PEOPLE)].sum()
        for level in (schema.PREFECTURE, schema.MUNICIPALITY)
    }
    whole, parts = sums[schema.PREFECTURE], sums[schema.MUNICIPALITY]
    # A prefecture without boundaries has no municipalities to add up.
    known = whole.index.get_level_values("pref").isin(parts.index.get_level_values("pref"))
    difference = (parts.reindex(whole.index).fillna(0.0) - whole)[known].abs()
    wrong = difference > _TOLERANCE * whole[known].clip(lower=1.0)
    if bool(wrong.to_numpy().any()):
        row = wrong.index[int(np.argmax(wrong.any(axis=1).to_numpy()))]
        raise ConservationError(
            f"The municipalities of {row[0]} do not add up to their prefecture ({row[1]}, "
            f"{row[-1]}). This is a fault of coverage_gis: please report it."
        )
    first = rows[rows[schema.AREA_LEVEL] == schema.PREFECTURE]
    first = first[first[schema.AGE_GROUP] == "total"].drop_duplicates("pref")
    return float(first[schema.POPULATION].sum())


def rate_column(row: pd.Series, group: str = "total") -> str:
    """Return the name of a case's column: ``shop_walk_road_500m_rate``, ``..._rate_65plus``."""
    cutoff = f"{row[schema.CUTOFF]:g}{row[schema.CUTOFF_UNIT]}"
    name = f"{row[schema.SERVICE]}_{row[schema.MODE]}_{row[schema.METRIC]}_{cutoff}_rate"
    return name if group == "total" else f"{name}_{group}"


def one_row_per_area(coverage: pd.DataFrame) -> pd.DataFrame:
    """Return prefectures, municipalities and wards with all their rates, one row each.

    Presets that ask the same (service, mode, metric, cutoff) share a column. People by age come
    first; a rate is null where the area has no road data or its prefecture no such service.
    """
    key = list(_AREA)
    areas = coverage.drop_duplicates(key)[[*key, schema.AREA_NAME]]
    out = areas.set_index(key)
    out.insert(0, schema.PREF_CODE, out.index.get_level_values(schema.AREA_CODE).str[:2])
    people = coverage.drop_duplicates([*key, schema.AGE_GROUP])
    for group, column in schema.AGE_GROUPS.items():
        mine = people[people[schema.AGE_GROUP] == group].set_index(key)
        out[column] = mine[schema.POPULATION].reindex(out.index)
    total = people[people[schema.AGE_GROUP] == "total"].set_index(key)
    out[schema.POPULATION_NO_ROAD] = total[schema.POPULATION_NO_ROAD].reindex(out.index)
    asked = [c for c in CASE if c != schema.PRESET]
    columns = {}
    for _, rows in coverage.groupby([*asked, schema.AGE_GROUP], sort=False):
        first = rows.iloc[0]
        rate = rows.drop_duplicates(key).set_index(key)[schema.COVERAGE_RATE]
        columns[rate_column(first, first[schema.AGE_GROUP])] = rate.reindex(out.index)
    return pd.concat([out, pd.DataFrame(columns, index=out.index)], axis=1).reset_index()


def with_ranks(areas: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the areas with ``<column>_rank``: 1 is the highest, equal rates share the better rank.

    Prefectures are ranked among prefectures, municipalities among municipalities; wards, which
    are parts of cities, are not ranked.
    """
    ranks = {}
    level = areas[schema.AREA_LEVEL]
    ranked = level.isin([schema.PREFECTURE, schema.MUNICIPALITY])
    for column in columns:
        rank = areas[column].where(ranked).groupby(level).rank(method="min", ascending=False)
        ranks[f"{column}_rank"] = rank.astype("Int64")
    return pd.concat([areas, pd.DataFrame(ranks, index=areas.index)], axis=1)


def check_counted_once(cells: pd.DataFrame) -> None:
    """Stop where the prefectures of a cell together have more people than the census has there.

    Parameters
    ----------
    cells
        ``mesh_code``, ``pref_code``, ``population`` (the prefecture's part) and
        :data:`EVERYBODY`: all people of the cell in the file that the prefecture read, null
        where that file holds its own people alone. Files whose counts differ are of different
        people (prefectures' lists, editions), so that their counts add up.

    Raises
    ------
    InputError
        Which prefectures, how many cells and people, and what to do.
    """
    mine = cells[cells[schema.MESH_CODE].duplicated(keep=False)]
    # Sums of fractions (rasters) differ in their last digits.
    mine = mine.assign(**{EVERYBODY: mine[EVERYBODY].round(_DECIMALS)})
    by = mine.groupby(schema.MESH_CODE)
    census = mine.drop_duplicates([schema.MESH_CODE, EVERYBODY]).groupby(schema.MESH_CODE)
    there = census[EVERYBODY].sum(min_count=1).reindex(by.size().index)
    excess = by[schema.POPULATION].sum() - there
    twice = excess[excess > _TOLERANCE * there.clip(lower=1.0)]
    if twice.empty:
        return
    rows = mine[mine[schema.MESH_CODE].isin(twice.index)]
    raise InputError(
        f"{twice.sum():,.0f} people in {len(twice):,} cells (such as {twice.index[0]}) would be "
        "counted more than once in the country, by the prefectures "
        f"{', '.join(sorted(set(rows[schema.PREF_CODE])))}: give each of them municipal boundaries "
        "(N03) of one edition and census files of one kind, and run again. The results of each "
        "prefecture are in place; the national ones are left as they were."
    )


def cells_of_several(cells: pd.DataFrame) -> tuple[int, float]:
    """Return how many cells lie in more than one prefecture, and the people of their parts.

    Parameters
    ----------
    cells
        ``mesh_code``, ``pref_code`` and ``population``; each part of a cell once.
    """
    repeated = cells[schema.MESH_CODE].duplicated(keep=False)
    mine = cells[repeated]
    return int(mine[schema.MESH_CODE].nunique()), float(mine[schema.POPULATION].sum())
