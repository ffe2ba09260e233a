"""Inequality of access across people: deciles of the way, and the Gini coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.access.reach import Reach, Way
    from coverage_gis.coverage.areas import Areas

_GROUPS: Final = ("total", "65plus")
DECILES: Final = tuple(f"decile_{n}_m" for n in range(1, 10))


@dataclass(frozen=True)
class Inequality:
    """How unequally far people live from a service.

    Attributes
    ----------
    people, people_unreachable
        Who can reach it, and who cannot; only the first are in what follows.
    mean_m
        Mean way.
    deciles_m
        ``(9,)`` so many tenths of the people have at most this way.
    gini
        0: all have the same way; towards 1: a few have nearly all of the ways' sum.
    """

    people: float
    people_unreachable: float
    mean_m: float
    deciles_m: NDArray[np.float64]
    gini: float


def inequality(distance_m: NDArray[np.float64], people: NDArray[np.float64]) -> Inequality:
    """Return deciles and Gini coefficient of the way to a service across people.

    Parameters
    ----------
    distance_m
        ``(n,)`` per place; NaN where it cannot be reached.
    people
        ``(n,)`` who live there.

    Notes
    -----
    Gini coefficient of a weighted sample, twice the area between the Lorenz curve (of
    trapezoids) and the diagonal. All NaN where nobody reaches it; the coefficient is 0 where
    everybody lives at the door.
    """
    reached = ~np.isnan(distance_m)
    unreachable = float(people[~reached].sum())
    order = np.argsort(distance_m[reached], kind="stable")
    way, weight = distance_m[reached][order], people[reached][order]
    way, weight = way[weight > 0], weight[weight > 0]
    total = float(weight.sum())
    if total == 0:
        return Inequality(0.0, unreachable, np.nan, np.full(9, np.nan), np.nan)
    upto = np.cumsum(weight)
    # the tenth part of the people, less what rounding adds to a sum
    at = np.searchsorted(upto, np.arange(1, 10) / 10 * total * (1 - 1e-12))
    share = upto / total
    metres = np.cumsum(weight * way)
    if metres[-1] == 0:
        return Inequality(total, unreachable, 0.0, way[at], 0.0)
    lorenz = metres / metres[-1]
    before = np.concatenate([[0.0], lorenz[:-1]])
    area = float(((lorenz + before) / 2 * np.diff(share, prepend=0.0)).sum())
    return Inequality(total, unreachable, float(metres[-1] / total), way[at], 1 - 2 * area)


def inequality_rows(
    areas: Areas, reaches: Mapping[Way, Reach], has_road: NDArray[np.bool_], metric: str
) -> pd.DataFrame:
    """Return deciles and Gini of the way on foot: a row per area, service and age group.

    Parameters
    ----------
    areas, has_road
        As for :func:`coverage_gis.coverage.areas.rates_of`; wards are left out.
    reaches
        From all places; a cell's way is its centre's.
    metric
        Road or straight.
    """
    table = areas.table
    wanted = np.flatnonzero(table[schema.AREA_LEVEL] != schema.WARD)
    parts = [areas.member_part[areas.member_area == i] for i in wanted]
    groups = [g for g in _GROUPS if g in areas.people]
    rows: list[dict[str, object]] = []
    for (service, mode, measured), reach in reaches.items():
        if mode != schema.WALK or measured != metric:
            continue
        for i, part in zip(wanted, parts, strict=True):
            cell = areas.cell[part]
            for group in groups:
                people = np.where(has_road[cell], areas.people[group][part], 0.0)
                one = inequality(reach.distance_m[cell], people)
                rows.append(
                    dict(table.iloc[i])
                    | {
                        schema.AGE_GROUP: group,
                        schema.SERVICE: service,
                        schema.MODE: mode,
                        schema.METRIC: metric,
                        "people": one.people,
                        "people_unreachable": one.people_unreachable,
                        "mean_m": one.mean_m,
                        **dict(zip(DECILES, one.deciles_m, strict=True)),
                        "gini": one.gini,
                    }
                )
    return pd.DataFrame(rows)
