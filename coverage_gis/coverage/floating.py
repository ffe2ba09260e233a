"""Supply per head of areas: population-weighted mean and deciles of floating catchments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.coverage.inequality import inequality

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.access.floating_catchment import FloatingCatchment
    from coverage_gis.coverage.areas import Areas

PER: Final = 1000.0
"""Supply is told per so many people."""
MEAN: Final = "mean_per_1000"
DECILES: Final = tuple(f"decile_{n}_per_1000" for n in range(1, 10))


def floating_rows(
    areas: Areas,
    found: FloatingCatchment,
    has_road: NDArray[np.bool_],
    labels: Mapping[str, str | int | float | None],
) -> pd.DataFrame:
    """Return supply per 1,000 people: a row per area and age group.

    Parameters
    ----------
    areas
        From :func:`coverage_gis.coverage.areas.areas_of`.
    found
        Of the run's cells, ``(n_cells,)``; those of the margin left out.
    has_road
        ``(n_cells,)`` cells without are in no figure.
    labels
        The remaining columns.

    Returns
    -------
    DataFrame
        ``mean_per_1000`` weighted by people, ``decile_1_per_1000`` ... (so many tenths of the
        people have at most this), ``people_none`` within reach of nothing,
        ``people_lower_bound`` within reach of a facility of unknown supply, whose figure is too
        low, ``population_no_road``. Null where nobody lives with roads.
    """
    table = areas.table
    rows: list[dict[str, object]] = []
    for i in range(len(table)):
        part = areas.member_part[areas.member_area == i]
        cell = areas.cell[part]
        counted = has_road[cell]
        per_1000 = found.access[cell] * PER
        for group, everybody in areas.people.items():
            people = np.where(counted, everybody[part], 0.0)
            one = inequality(per_1000, people)
            none = (found.access[cell] == 0) & ~found.unknown[cell]
            rows.append(
                dict(table.iloc[i])
                | {
                    schema.AGE_GROUP: group,
                    **labels,
                    schema.POPULATION: float(everybody[part].sum()),
                    schema.POPULATION_NO_ROAD: float(everybody[part][~counted].sum()),
                    "people_none": float(people[none].sum()),
                    "people_lower_bound": float(people[found.unknown[cell]].sum()),
                    MEAN: one.mean_m,
                    **dict(zip(DECILES, one.deciles_m, strict=True)),
                    "gini": one.gini,
                }
            )
    return pd.DataFrame(rows)
