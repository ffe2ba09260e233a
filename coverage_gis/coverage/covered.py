"""The covered share of each cell, from its sub-points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.settings import UNIT_MIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.access.reach import Reach

SECONDS_PER_MINUTE = 60


def covered_share(
    places: Places,
    reach: Reach,
    cutoff: float,
    unit: str,
    *,
    by_subpoints: bool,
    pace: float = 1.0,
) -> NDArray[np.float64]:
    """Return ``(n_cells,)`` shares of the cells within a cutoff, from 0 to 1.

    Parameters
    ----------
    places
        Centres and sub-points.
    reach
        From all of them.
    cutoff, unit
        Inclusive; "m" metres or "min" minutes.
    by_subpoints
        True: the share of sub-points within. False: 0 or 1, as the centre is (the named
        alternative ``covered_by = "centroid"``; 500 m cells are coarse for a 300 m cutoff).
    pace
        Times are so many times those of ``reach``: of people who walk slower.
    """
    value = reach.travel_time_s * pace if unit == UNIT_MIN else reach.distance_m
    limit = cutoff * SECONDS_PER_MINUTE if unit == UNIT_MIN else cutoff
    within = value <= limit  # NaN is never within
    if by_subpoints:
        inside = within[places.n_cells :].reshape(places.n_cells, places.per_cell)
        return np.asarray(inside.mean(axis=1), dtype=np.float64)
    return within[: places.n_cells].astype(np.float64)


def covered_rows(
    origins: pd.DataFrame,
    share: NDArray[np.float64],
    *,
    service: str,
    mode: str,
    metric: str,
    preset: str,
    cutoff: float,
    unit: str,
) -> pd.DataFrame:
    """Return the rows of ``schema.COVERED`` of one service, mode, metric and cutoff."""
    n = len(origins)
    return pd.DataFrame(
        {
            schema.MESH_CODE: origins[schema.MESH_CODE].to_numpy(),
            schema.PREF_CODE: origins[schema.PREF_CODE].to_numpy(),
            schema.SERVICE: pd.array([service] * n, dtype="str"),
            schema.MODE: pd.array([mode] * n, dtype="str"),
            schema.METRIC: pd.array([metric] * n, dtype="str"),
            schema.PRESET: pd.array([preset] * n, dtype="str"),
            schema.CUTOFF: np.full(n, float(cutoff)),
            schema.CUTOFF_UNIT: pd.array([unit] * n, dtype="str"),
            schema.COVERED_SHARE: share,
        }
    )
