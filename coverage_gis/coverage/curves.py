"""Curves: how many people live within each of many limits, measured as coverage rates are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.coverage.covered import SECONDS_PER_MINUTE
from coverage_gis.settings import UNIT_MIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.access.reach import Reach


def covered_curves(
    places: Places,
    reach: Reach,
    limits: NDArray[np.float64],
    unit: str,
    people: Mapping[str, NDArray[np.float64]],
    *,
    by_subpoints: bool,
) -> dict[str, NDArray[np.float64]]:
    """Return, for each group of people, ``(len(limits),)`` of them within each limit.

    The same as ``people @ covered_share(...)`` limit by limit, in one pass.

    Parameters
    ----------
    places, reach
        As in :func:`coverage_gis.coverage.covered.covered_share`.
    limits, unit
        Ascending and inclusive; "m" metres or "min" minutes.
    people
        Name -> ``(n_cells,)`` to count; 0 for a cell that is in no rate.
    by_subpoints
        True: by the share of sub-points within. False: as the centre is.
    """
    values = reach.travel_time_s if unit == UNIT_MIN else reach.distance_m
    steps = np.asarray(limits, dtype=np.float64) * (SECONDS_PER_MINUTE if unit == UNIT_MIN else 1)
    if by_subpoints:
        values = values[places.n_cells :]
        weights = {k: np.repeat(v / places.per_cell, places.per_cell) for k, v in people.items()}
    else:
        values, weights = values[: places.n_cells], dict(people)
    first = np.searchsorted(steps, values, side="left")  # NaN sorts behind every limit
    return {
        name: np.cumsum(np.bincount(first, weight, minlength=len(steps) + 1)[: len(steps)])
        for name, weight in weights.items()
    }
