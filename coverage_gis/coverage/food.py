"""食料品アクセス困難人口 (試算) by area, beside plain distances and never mixed with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.coverage.daily import ratio
from coverage_gis.population.food_access import without_car

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.coverage.areas import Areas
    from coverage_gis.population.food_access import Difficulty
    from coverage_gis.settings import CoveragePreset, FoodAccess

ESTIMATE = "試算"
_OLD, _VERY_OLD = "65plus", "75plus"


def food_rows(
    areas: Areas,
    difficulty: Difficulty,
    has_road: NDArray[np.bool_],
    settings: FoodAccess,
    labels: Mapping[str, str | int | float | None],
) -> pd.DataFrame:
    """Return one row per area: people of 65 and over, and how many likely lack a store and a car.

    Parameters
    ----------
    areas, has_road
        As for :func:`coverage_gis.coverage.areas.rates_of`.
    difficulty
        Per cell.
    settings
        Shares of people who use a car.
    labels
        Columns that are the same in all rows.

    Returns
    -------
    DataFrame
        ``area_*``, ``labels``, ``kind_of_figure`` (試算), people of 65 and 75 and over, those
        without road data (in no rate), ``no_store_probability_65plus`` (mean over the people)
        and by kind, ``difficult_65plus``, ``difficult_75plus`` and their rates. Empty where the
        population has no ages: nobody can say then.
    """
    if _OLD not in areas.people or _VERY_OLD not in areas.people:
        return pd.DataFrame()
    counted = areas.of_cells(has_road, np.False_)
    old, very_old = areas.people[_OLD], areas.people[_VERY_OLD]
    no_car, no_car_very_old = without_car(old, very_old, settings)
    chance = areas.of_cells(difficulty.weighted, np.float64(0))
    with_road, very_old_with_road = (
        areas.total(np.where(counted, people, 0.0)) for people in (old, very_old)
    )
    out = areas.table.assign(**labels)
    out["kind_of_figure"] = ESTIMATE
    out[schema.POPULATION_65PLUS] = areas.total(old)
    out[schema.POPULATION_75PLUS] = areas.total(very_old)
    out["population_65plus_no_road"] = out[schema.POPULATION_65PLUS] - with_road
    for name, values in ({"store": difficulty.weighted} | dict(difficulty.none_within)).items():
        none = areas.of_cells(values, np.float64(0))
        mean = areas.total(np.where(counted, old * none, 0.0))
        out[f"no_{name}_probability_65plus"] = ratio(mean, with_road)
    for name, people, whole in (
        ("difficult_65plus", no_car, with_road),
        ("difficult_75plus", no_car_very_old, very_old_with_road),
    ):
        out[name] = areas.total(np.where(counted, people * chance, 0.0))
        out[f"{name}_rate"] = ratio(out[name].to_numpy(), whole)
    return out


def with_plain_distance(
    table: pd.DataFrame, coverage: pd.DataFrame, preset: CoveragePreset, service: str
) -> pd.DataFrame:
    """Return the estimate with the share of people of 65 and over beyond a plain distance.

    Another question, in columns of its own: everybody beyond the preset's first cutoff, with a
    car or without.

    Parameters
    ----------
    table
        From :func:`food_rows`.
    coverage
        ``COVERAGE`` of one year.
    preset, service
        Whose first rule for the service gives mode, cutoff and metrics.
    """
    rule = next(r for r in preset.rules if service in r.services)
    mine = coverage[
        (coverage[schema.AGE_GROUP] == _OLD)
        & (coverage[schema.SERVICE] == service)
        & (coverage[schema.PRESET] == preset.name)
        & (coverage[schema.MODE] == rule.mode)
        & (coverage[schema.CUTOFF] == rule.cutoffs[0])
    ]
    area = [schema.AREA_LEVEL, schema.AREA_CODE]
    key = pd.MultiIndex.from_frame(table[area])
    out = table
    for metric in rule.metrics:
        rate = mine[mine[schema.METRIC] == metric].set_index(area)[schema.COVERAGE_RATE]
        if len(rate):
            beyond = 1 - rate.reindex(key).to_numpy(dtype=np.float64)
            name = f"beyond_{rule.cutoffs[0]:.0f}{rule.unit}_{metric}_65plus_rate"
            out = out.assign(**{name: beyond})
    return out
