"""From the tables of a run to what the report shows: rows picked, nothing measured anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.coverage.peers import Rank, peers_with_rate, rank
from coverage_gis.report.model import Measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coverage_gis.settings import Settings

VACUUM_PEOPLE: Final = "vacuum_people"
_MODES_JA: Final = {schema.WALK: "徒歩", schema.DRIVE: "車"}
_UNITS_JA: Final = {"m": " m", "min": "分"}


def first_year(coverage: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the run's own population: the census, not a projection.

    A projection has a row for the year of the census too, with people of its own.
    """
    if schema.POPULATION_SOURCE not in coverage:
        return coverage
    first: pd.DataFrame = coverage[coverage[schema.POPULATION_SOURCE] != schema.PROJECTION]
    return first


@dataclass(frozen=True)
class Case:
    """A rate of ``coverage``: which service, how, by which preset and cutoff."""

    service: str
    mode: str
    metric: str
    preset: str
    cutoff: float
    unit: str

    def rows(self, coverage: pd.DataFrame) -> pd.DataFrame:
        """Return its rows of the table."""
        mine: pd.DataFrame = coverage[
            (coverage[schema.SERVICE] == self.service)
            & (coverage[schema.MODE] == self.mode)
            & (coverage[schema.METRIC] == self.metric)
            & (coverage[schema.PRESET] == self.preset)
            & (coverage[schema.CUTOFF] == self.cutoff)
            & (coverage[schema.CUTOFF_UNIT] == self.unit)
        ]
        return mine


def cases(
    coverage: pd.DataFrame, settings: Settings, services: Sequence[str], metric: str
) -> list[tuple[Measure, Case]]:
    """Return the rate each service is shown by: its first preset's first cutoff on foot.

    Parameters
    ----------
    coverage
        Rows of ``schema.COVERAGE``.
    services
        In the order of the columns; those without a rate are left out.
    metric
        road or straight.
    """
    out = []
    for name in services:
        rows = coverage[
            (coverage[schema.SERVICE] == name)
            & (coverage[schema.MODE] == schema.WALK)
            & (coverage[schema.METRIC] == metric)
        ]
        if rows.empty:
            continue
        first = rows.iloc[0]
        case = Case(
            name,
            schema.WALK,
            metric,
            str(first[schema.PRESET]),
            float(first[schema.CUTOFF]),
            str(first[schema.CUTOFF_UNIT]),
        )
        label = settings.services[name].label_ja
        limit = f"{case.cutoff:,.0f}{_UNITS_JA[case.unit]}"
        way = _MODES_JA[case.mode] if metric == schema.ROAD else "直線"
        preset = settings.coverage_presets[case.preset].label_ja
        measure = Measure(
            f"{name}_{case.cutoff:g}{case.unit}_rate",
            f"{label}まで{way}{limit}以内に住む人の割合",
            f"{label} {limit}",
            preset,
        )
        out.append((measure, case))
    return out


def area_table(coverage: pd.DataFrame, chosen: Sequence[tuple[Measure, Case]]) -> pd.DataFrame:
    """Return one row per area of one year: people by age, then the chosen rates.

    Sorted by level (the prefecture first), then by code, so that wards follow their city.
    """
    key = [schema.AREA_LEVEL, schema.AREA_CODE, schema.AREA_NAME]
    out = coverage[key].drop_duplicates().set_index(schema.AREA_CODE)
    if not chosen:
        return out.reset_index()
    _, first = chosen[0]
    rows = first.rows(coverage)
    for age, column in schema.AGE_GROUPS.items():
        of_age = rows[rows[schema.AGE_GROUP] == age].set_index(schema.AREA_CODE)
        if len(of_age):
            out[column] = of_age[schema.POPULATION]
        if age == "total":
            out[schema.POPULATION_NO_ROAD] = of_age[schema.POPULATION_NO_ROAD]
    for measure, case in chosen:
        mine = case.rows(coverage)
        total = mine[mine[schema.AGE_GROUP] == "total"].set_index(schema.AREA_CODE)
        out[measure.column] = total[schema.COVERAGE_RATE]
    out = out.reset_index()
    whole = out[schema.AREA_LEVEL] == schema.PREFECTURE
    parts = out[~whole].sort_values(schema.AREA_CODE, kind="stable")
    return pd.concat([out[whole], parts], ignore_index=True)


def year_table(
    coverage: pd.DataFrame, chosen: Sequence[tuple[Measure, Case]]
) -> pd.DataFrame | None:
    """Return :func:`area_table` of every year of the projection; None without one.

    Its first year is the projection's own: later ones are compared with it, not with the census.
    """
    coverage = coverage[coverage[schema.POPULATION_SOURCE] == schema.PROJECTION]
    years = sorted(coverage[schema.YEAR].dropna().unique().tolist())
    if len(years) < 2:
        return None
    tables = [
        area_table(coverage[coverage[schema.YEAR] == year], chosen).assign(year=int(year))
        for year in years
    ]
    return pd.concat(tables, ignore_index=True)


def ranks_among_peers(
    areas: pd.DataFrame, measures: Sequence[Measure], count: int
) -> tuple[dict[str, list[str]], dict[str, dict[str, Rank]]]:
    """Return each area's peers by name (of the first measure), and its rank by each measure.

    Municipalities have municipalities as peers, wards have wards: ``count`` others with a rate,
    as in ``coverage.attainment.ranking``.
    """
    names: dict[str, list[str]] = {}
    ranks: dict[str, dict[str, Rank]] = {}
    for _, level in areas.groupby(schema.AREA_LEVEL, sort=False):
        codes = level[schema.AREA_CODE].tolist()
        people = level[schema.POPULATION].to_numpy(dtype=np.float64)
        for code in codes:
            names[code], ranks[code] = [], {}
        for measure in measures:
            values = level[measure.column].to_numpy(dtype=np.float64)
            for own, members in enumerate(peers_with_rate(people, values, count)):
                found = rank(values, members, own)
                if found is not None:
                    ranks[codes[own]][measure.column] = found
                if measure is measures[0]:
                    names[codes[own]] = level[schema.AREA_NAME].iloc[members].tolist()
    return names, ranks


def members_of(areas: pd.DataFrame, municipalities: pd.DataFrame) -> dict[str, list[str]]:
    """Return area code -> codes of the municipalities and wards that make it up."""
    codes = municipalities[schema.MUNI_CODE].astype(str).tolist()
    city: Mapping[str, Any] = dict(zip(codes, municipalities["city_code"].tolist(), strict=True))
    out = {str(code): [str(code)] for code in areas[schema.AREA_CODE]}
    for code in codes:
        parent = city[code]
        if isinstance(parent, str) and parent in out and parent != code:
            out[parent].append(code)
    return out
