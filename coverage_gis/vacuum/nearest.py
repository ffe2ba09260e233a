"""The nearest stop or station of each cell, by name, with distance and trips per day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.access.reach import NONE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.access.reach import Reach


@dataclass(frozen=True)
class NearestService:
    """``(n,)`` names, metres and trips per day; None or NaN where unknown or out of reach."""

    name: NDArray[np.object_]
    distance_m: NDArray[np.float64]
    trips_per_day: NDArray[np.float64]


def nearest_service(
    reach: Reach, n: int, destinations: pd.DataFrame, trips: NDArray[np.float64]
) -> NearestService:
    """Return what the first ``n`` places of ``reach`` have nearest to them.

    Parameters
    ----------
    reach
        Of stops or stations; the first ``n`` places are the cells' centres.
    n
        Number of cells.
    destinations
        Rows of the schema, to which the reach's targets refer.
    trips
        Trips per day of each, NaN where unknown.
    """
    target = reach.target[:n]
    found = target != NONE
    names = destinations[schema.NAME].to_numpy(dtype=object)
    name = np.full(n, None, dtype=object)
    name[found] = names[target[found]]
    per_day = np.full(n, np.nan)
    per_day[found] = trips[target[found]]
    return NearestService(name, np.asarray(reach.distance_m[:n], dtype=np.float64), per_day)
