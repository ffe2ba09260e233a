"""Daily services (日常生活サービス): who has all of several on foot, and how many are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.coverage.areas import Areas
    from coverage_gis.settings import DailyPreset, DailyReach

ALL: Final = "all"
MISSING: Final = "missing_"


@dataclass(frozen=True)
class Daily:
    """Who has what by one definition.

    Attributes
    ----------
    shares
        What -> ``(n_cells,)`` share of the cell: each part by name, :data:`ALL` of them
        together, and ``missing_0`` ... by how many parts are missing. They are measured at
        the same sub-points, so that "all" is the very places that have every part.
    missing
        ``(n_cells,)`` how many parts the cell lacks: the median of its sub-points, the fewer
        on a tie, as with the classes of 交通空白.
    unknown
        Names of parts for which the data has no facility at all. They are left out: ``all`` is
        then an upper bound.
    """

    shares: Mapping[str, NDArray[np.float64]]
    missing: NDArray[np.int64]
    unknown: tuple[str, ...]


def daily_services(
    preset: DailyPreset, places: Places, distance_m: Mapping[DailyReach, NDArray[np.float64]]
) -> Daily:
    """Return who has every part of a definition within reach.

    Parameters
    ----------
    preset
        The definition.
    places
        Centres and sub-points.
    distance_m
        Reach -> ``(n_places,)`` metres to the nearest facility, NaN for none in reach. A reach
        that the data knows no facility of is not in it.

    Notes
    -----
    Cutoffs are inclusive. 徒歩圏充足率 is the share within all of medical, care, shops and
    frequent transit (国土交通省「都市構造の評価に関するハンドブック」, 2014).
    """
    has: dict[str, NDArray[np.bool_]] = {}
    unknown = []
    for part in preset.parts:
        known = [r for r in part.any_of if r in distance_m]
        if not known:
            unknown.append(part.name)
            continue
        each = [places.inside(distance_m[r]) <= r.cutoff_m for r in known]
        has[part.name] = np.asarray(np.logical_or.reduce(each), dtype=bool)
    lacking = np.zeros((places.n_cells, places.per_cell), dtype=np.int64)
    for within in has.values():
        lacking += ~within
    shares = {name: _mean(within) for name, within in has.items()}
    shares[ALL] = _mean(lacking == 0) if has else np.zeros(places.n_cells)
    for count in range(len(has) + 1):
        shares[f"{MISSING}{count}"] = _mean(lacking == count)
    ordered = np.sort(lacking, axis=1)
    return Daily(shares, ordered[:, (places.per_cell - 1) // 2], tuple(unknown))


def daily_rows(
    areas: Areas,
    daily: Daily,
    has_road: NDArray[np.bool_],
    labels: Mapping[str, str | int | float | None],
) -> pd.DataFrame:
    """Return people of areas by what they have: one row per area, age group and ``what``.

    ``people`` and ``people_rate`` are null where nobody lives that there is road data for.

    Parameters
    ----------
    areas
        From :func:`coverage_gis.coverage.areas.areas_of`.
    daily
        From :func:`daily_services`.
    has_road
        ``(n_cells,)``; cells without are in no rate, nor are those that only a projection knows.
    labels
        Columns that are the same in all rows.
    """
    counted = areas.of_cells(has_road, np.False_)
    groups, population, on_road, have = [], [], [], []
    for group, people in areas.people.items():
        everybody = areas.total(people)
        near_road = areas.total(np.where(counted, people, 0.0))
        for share in daily.shares.values():
            within = areas.of_cells(share, np.float64(0))
            groups.append(group)
            population.append(everybody)
            on_road.append(near_road)
            have.append(areas.total(np.where(counted, people * within, 0.0)))
    # One table of all blocks: a frame per block takes ten times as long to make as its figures.
    n, blocks = len(areas.table), len(groups)
    what = list(daily.shares) * len(areas.people)
    out = areas.table.iloc[np.tile(np.arange(n), blocks)].reset_index(drop=True)
    out[schema.AGE_GROUP] = pd.array(np.repeat(groups, n), dtype="str")
    out["what"] = pd.array(np.repeat(what, n), dtype="str")
    whole, living, part = (np.concatenate(v) for v in (population, on_road, have))
    out[schema.POPULATION] = whole
    out["people"] = np.where(living > 0, part, np.nan)
    out["people_rate"] = ratio(part, living)
    out[schema.POPULATION_NO_ROAD] = whole - living
    return out.assign(**labels)


def ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return part / whole, at most 1 (sums may exceed it by rounding); NaN of nobody."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.minimum(np.where(whole > 0, part / whole, np.nan), 1.0))


def reaches_of(presets: Sequence[DailyPreset]) -> list[DailyReach]:
    """Return what the definitions ask for, each once, in order."""
    every = [r for preset in presets for part in preset.parts for r in part.any_of]
    return list(dict.fromkeys(every))


def _mean(within: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(within.mean(axis=1), dtype=np.float64)
