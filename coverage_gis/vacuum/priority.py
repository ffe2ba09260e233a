"""Which vacuum areas to look at first: a score with its formula in the settings (試案)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis import schema

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.settings import Priority

SCORE: Final = "priority_score"
PRIORITY_RANK: Final = "priority_rank"


def with_priority(areas: pd.DataFrame, priority: Priority) -> pd.DataFrame:
    """Return ``areas`` with ``priority_score`` (0 to 100) and ``priority_rank``.

    ``100 * sum(weight * min(1, value / full)) / sum(weight)`` over the parts that are known:
    people; share of 75 and over (of 65 and over where 75 is unknown); metres to the nearest
    served station or stop, food store and hospital. A distance out of reach counts as full.
    Where ages are unknown, or a service has no column, that part is left out. Rank 1
    is the highest score; areas below ``priority.min_people`` have none, and lose nothing else.

    Parameters
    ----------
    areas
        ``population``, ``population_65plus``, ``population_75plus``, ``served_m``,
        ``nearest_shop_m``, ``nearest_hospital_m``, ``area_id``.
    priority
        Weights and full values.
    """
    people = areas[schema.POPULATION].to_numpy(dtype=np.float64)
    old = areas[schema.POPULATION_75PLUS].fillna(areas[schema.POPULATION_65PLUS])
    share = np.divide(old, people, out=np.full(len(areas), np.nan), where=people > 0)
    values = {
        "people": people,
        "elderly_share": np.asarray(share, dtype=np.float64),
        "transit_m": _metres(areas, "served_m"),
        "shop_m": _metres(areas, "nearest_shop_m"),
        "hospital_m": _metres(areas, "nearest_hospital_m"),
    }
    total, weights = np.zeros(len(areas)), np.zeros(len(areas))
    for name, part in priority.parts.items():
        known = ~np.isnan(values[name])
        weights += part.weight * known
        total += np.where(known, part.weight * np.clip(values[name] / part.full, 0, 1), 0.0)
    out = areas.copy()
    out[SCORE] = np.round(100 * np.divide(total, weights, out=total, where=weights > 0), 1)
    ranked = out[people >= priority.min_people].sort_values(
        [SCORE, schema.POPULATION, "area_id"], ascending=[False, False, True]
    )
    out[PRIORITY_RANK] = np.nan
    out.loc[ranked.index, PRIORITY_RANK] = np.arange(1.0, len(ranked) + 1)
    return out


def _metres(areas: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return metres, infinite where out of reach; NaN where the column is not there."""
    if column not in areas:
        return np.full(len(areas), np.nan)
    values = areas[column].to_numpy(dtype=np.float64)
    return np.where(np.isnan(values), np.inf, values)
