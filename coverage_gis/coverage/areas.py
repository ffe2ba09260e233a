"""Coverage of areas: people and covered people by municipality, ward and prefecture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from coverage_gis import schema
from coverage_gis.population.medical_areas import MEDICAL_AREA_CODE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Areas:
    """Areas to report on, and which of them the people of each part of a cell belong to.

    A "part" is a row of ``schema.ORIGIN_AREAS``: the people of one cell in one municipality.

    Attributes
    ----------
    table
        ``area_level, area_code, area_name``, one row per area.
    cell
        ``(n_parts,)`` row of the part's cell in the origins.
    member_part, member_area
        Pairs (part, area): a part belongs to its prefecture, its municipality and, in a
        designated city, its ward.
    people
        Age group -> ``(n_parts,)`` people. Only groups known for every part.
    """

    table: pd.DataFrame
    cell: NDArray[np.int64]
    member_part: NDArray[np.int64]
    member_area: NDArray[np.int64]
    people: dict[str, NDArray[np.float64]]

    def of_cells(self, per_cell: NDArray[T], beyond: T) -> NDArray[T]:
        """Return ``(n_parts,)`` the values of each part's cell.

        Parameters
        ----------
        per_cell
            ``(n_cells,)`` values of the run's cells.
        beyond
            Of the parts whose cell comes after them: only a projection knows such cells
            (:func:`coverage_gis.population.outlook.outlook`).
        """
        return np.append(per_cell, beyond).astype(per_cell.dtype)[
            np.minimum(self.cell, len(per_cell))
        ]

    def without(self, level: str) -> Areas:
        """Return the areas of all other levels; people and parts stay."""
        kept = (self.table[schema.AREA_LEVEL] != level).to_numpy()
        if kept.all():
            return self
        number = np.cumsum(kept) - 1
        member = kept[self.member_area]
        return replace(
            self,
            table=self.table[kept].reset_index(drop=True),
            member_part=self.member_part[member],
            member_area=number[self.member_area[member]],
        )

    def total(self, per_part: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(n_areas,)`` sums of ``(n_parts,)`` values."""
        sums = np.bincount(self.member_area, per_part[self.member_part], minlength=len(self.table))
        return sums.astype(np.float64)

    def totals(self, per_part: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(k, n_areas)`` sums of ``(k, n_parts)`` values."""
        return np.stack([self.total(row) for row in per_part])

    @cached_property
    def people_by_area(self) -> csr_array:
        """The people of each group and part as a matrix, ``(n_groups * n_areas, n_parts)``.

        Its product with shares per part is their people by group and area: made once, it
        serves every rate.
        """
        n_areas, n_groups = len(self.table), len(self.people)
        people = [group[self.member_part] for group in self.people.values()]
        row = np.arange(n_groups)[:, None] * n_areas + self.member_area
        column = np.tile(self.member_part, n_groups)
        shape = (n_groups * n_areas, len(self.cell))
        return csr_array((np.concatenate(people), (row.ravel(), column)), shape=shape)

    @cached_property
    def everybody(self) -> NDArray[np.float64]:
        """People of each group and area, ``(n_groups * n_areas,)``."""
        return np.concatenate([self.total(people) for people in self.people.values()])


def areas_of(
    origins: pd.DataFrame,
    origin_areas: pd.DataFrame,
    municipalities: pd.DataFrame,
    prefecture: tuple[str, str],
    medical_areas: pd.DataFrame | None = None,
) -> Areas:
    """Return the areas of a run.

    Parameters
    ----------
    origins, origin_areas, municipalities
        Tables of the schema; only origins that are ``inside`` count.
    prefecture
        Code and name of the prefecture.
    medical_areas
        From :func:`coverage_gis.population.medical_areas.medical_area_of`: each municipality's
        people are its medical area's too.

    Notes
    -----
    A municipality without any resident in the cells is listed too, with zero people.
    """
    key = [schema.MESH_CODE, schema.PREF_CODE]
    rows = np.flatnonzero(origins[schema.INSIDE])
    row_of = pd.Series(rows, index=pd.MultiIndex.from_frame(origins.iloc[rows][key]))
    parts = origin_areas[
        pd.MultiIndex.from_frame(origin_areas[key]).isin(row_of.index)
    ].reset_index(drop=True)
    cell = row_of.reindex(pd.MultiIndex.from_frame(parts[key])).to_numpy(dtype=np.int64)

    table = _area_table(municipalities, parts, prefecture)
    if medical_areas is not None and len(medical_areas):
        table = pd.concat([table, _medical_table(medical_areas)], ignore_index=True)
    number = {(lv, c): i for i, (lv, c) in enumerate(_level_and_code(table))}
    city_of = dict(zip(municipalities[schema.MUNI_CODE], municipalities["city_code"], strict=True))
    muni = parts[schema.MUNI_CODE]
    city = muni.map(city_of)
    is_ward = city.notna()
    groups = [
        np.full(len(parts), number[schema.PREFECTURE, prefecture[0]]),
        _numbers(number, schema.MUNICIPALITY, muni.where(~is_ward, city)),
        _numbers(number, schema.WARD, muni[is_ward]),
    ]
    part_numbers = np.arange(len(parts))
    members = [part_numbers, part_numbers, part_numbers[is_ward.to_numpy()]]
    if medical_areas is not None and len(medical_areas):
        area = muni.map(medical_areas.set_index(schema.MUNI_CODE)[MEDICAL_AREA_CODE])
        groups.append(_numbers(number, schema.MEDICAL_AREA, area[area.notna()]))
        members.append(part_numbers[area.notna().to_numpy()])
    return Areas(
        table,
        cell,
        np.concatenate(members),
        np.concatenate(groups),
        {
            group: parts[column].to_numpy(dtype=np.float64)
            for group, column in schema.AGE_GROUPS.items()
            if group == "total" or (column in parts and len(parts) and parts[column].notna().all())
        },
    )


@dataclass(frozen=True)
class Rates:
    """The rates of one service, mode, metric and cutoff, for some people and their areas.

    Attributes
    ----------
    areas
        Whose.
    columns
        Column of ``schema.COVERAGE`` -> ``(n_groups * n_areas,)`` values, age groups outermost.
    labels
        The columns that are one value: year, population_source, service, mode, metric, preset,
        cutoff, cutoff_unit.
    """

    areas: Areas
    columns: Mapping[str, NDArray[np.float64]]
    labels: Mapping[str, str | int | float | None]


def rates_of(
    areas: Areas,
    share: NDArray[np.float64],
    status: NDArray[np.object_],
    has_road: NDArray[np.bool_],
    labels: Mapping[str, str | int | float | None],
) -> Rates:
    """Return the rates of one service, mode, metric and cutoff.

    Parameters
    ----------
    areas
        From :func:`areas_of`.
    share
        ``(n_cells,)`` covered shares; NaN where there is no road data.
    status
        ``(n_cells,)`` statuses of the cells for this service, mode and metric.
    has_road
        ``(n_cells,)`` whether the mode's network reaches the cell; all true when the run is
        by straight lines alone. Cells without are in no rate, by road or straight: where
        the road data ends, so do the facilities read from the same source.
    labels
        As of :class:`Rates`.

    Notes
    -----
    ``coverage_rate`` is covered people over people with road data; null without any.
    """
    counted = has_road[areas.cell]
    covered_share = np.where(counted, np.nan_to_num(share[areas.cell]), 0.0)
    unreachable = counted & (status == schema.UNREACHABLE)[areas.cell]
    parts = np.column_stack([counted, ~counted, unreachable, covered_share])
    on_road, no_road, unreached, covered = (areas.people_by_area @ parts).T
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(on_road > 0, covered / on_road, np.nan)
    columns = {
        schema.POPULATION: areas.everybody,
        schema.COVERED_POPULATION: covered,
        schema.COVERAGE_RATE: np.minimum(rate, 1.0),  # rounding may exceed it by an ulp
        schema.POPULATION_UNREACHABLE: unreached,
        schema.POPULATION_NO_ROAD: no_road,
    }
    return Rates(areas, columns, labels)


def coverage_table(rates: Sequence[Rates]) -> pd.DataFrame:
    """Return rows of ``schema.COVERAGE``: by area, then in the order of ``rates``, by age group.

    Areas are in the order of ``schema.AREA_LEVELS``, then by code.
    """
    # Thousands of cases: each kind of text is laid out once, not once for each.
    owners = list({id(r.areas): r.areas for r in rates}.values())
    listed = pd.concat([_groups_and_areas(a) for a in owners], ignore_index=True)
    sizes = [len(a.people) * len(a.table) for a in owners]
    begin = dict(zip((id(a) for a in owners), np.cumsum([0, *sizes]).tolist(), strict=False))
    size = dict(zip((id(a) for a in owners), sizes, strict=True))
    at = np.concatenate([begin[id(r.areas)] + np.arange(size[id(r.areas)]) for r in rates])
    case = np.repeat(np.arange(len(rates)), [size[id(r.areas)] for r in rates])

    level = {name: i for i, name in enumerate(schema.AREA_LEVELS)}
    keys = [listed[schema.AREA_LEVEL].map(level), listed[schema.AREA_CODE]]
    rank = pd.factorize(pd.MultiIndex.from_arrays(keys), sort=True)[0]
    order = np.argsort(rank[at], kind="stable")

    labels = pd.DataFrame([dict(r.labels) for r in rates]).iloc[case[order]]
    values = {
        name: np.concatenate([r.columns[name] for r in rates])[order] for name in rates[0].columns
    }
    areas = listed.iloc[at[order]]
    return pd.concat(
        [areas.reset_index(drop=True), labels.reset_index(drop=True), pd.DataFrame(values)], axis=1
    )


def _groups_and_areas(areas: Areas) -> pd.DataFrame:
    """Return area columns and age group of each rate, age groups outermost."""
    n = len(areas.table)
    rows = areas.table.iloc[np.tile(np.arange(n), len(areas.people))].reset_index(drop=True)
    rows[schema.AGE_GROUP] = pd.array(np.repeat(list(areas.people), n), dtype="str")
    return rows


def _area_table(
    municipalities: pd.DataFrame, parts: pd.DataFrame, prefecture: tuple[str, str]
) -> pd.DataFrame:
    """List the prefecture, then municipalities and wards by code."""
    rows = [(schema.PREFECTURE, *prefecture)]
    known = municipalities[[schema.MUNI_CODE, schema.NAME, "city_code"]]
    is_ward = known["city_code"].notna()
    own = known[~is_ward]
    cities = known[is_ward].drop_duplicates("city_code")
    named = dict(zip(own[schema.MUNI_CODE], own[schema.NAME], strict=True))
    for code, ward_name in zip(cities["city_code"], cities[schema.NAME], strict=True):
        named[code] = ward_name[: ward_name.rfind("市") + 1] or ward_name
    known_codes = set(known[schema.MUNI_CODE])
    for code in parts[schema.MUNI_CODE].unique():
        if code not in known_codes:
            named[code] = prefecture[1]  # no boundaries: the prefecture stands for all
    rows += [(schema.MUNICIPALITY, code, named[code]) for code in sorted(named)]
    wards = known[is_ward].sort_values(schema.MUNI_CODE)
    rows += [
        (schema.WARD, code, name)
        for code, name in zip(wards[schema.MUNI_CODE], wards[schema.NAME], strict=True)
    ]
    return pd.DataFrame(rows, columns=[schema.AREA_LEVEL, schema.AREA_CODE, schema.AREA_NAME])


def _medical_table(medical_areas: pd.DataFrame) -> pd.DataFrame:
    """List the medical areas by code, those without people too."""
    once = medical_areas.drop_duplicates(MEDICAL_AREA_CODE).sort_values(MEDICAL_AREA_CODE)
    return pd.DataFrame(
        {
            schema.AREA_LEVEL: schema.MEDICAL_AREA,
            schema.AREA_CODE: once[MEDICAL_AREA_CODE].to_numpy(),
            schema.AREA_NAME: once[schema.NAME].to_numpy(),
        }
    )


def _level_and_code(table: pd.DataFrame) -> Sequence[tuple[str, str]]:
    return list(zip(table[schema.AREA_LEVEL], table[schema.AREA_CODE], strict=True))


def _numbers(number: dict[tuple[str, str], int], level: str, codes: pd.Series) -> NDArray[np.int64]:
    of_level = {code: i for (lv, code), i in number.items() if lv == level}
    return np.asarray(codes.map(of_level), dtype=np.int64)
