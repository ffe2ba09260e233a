"""The access table: every cell by every service, mode and metric, with a status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.access.reach import Reach


def access_rows(
    origins: pd.DataFrame,
    destination_ids: NDArray[np.object_],
    reach: Reach,
    snap_m: NDArray[np.float64] | None,
    *,
    service: str,
    mode: str,
    metric: str,
    rank: int = 1,
    beyond: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return the rows of ``schema.ACCESS`` of one service, mode and metric: one per origin.

    Parameters
    ----------
    origins
        Rows of ``schema.ORIGINS``, ``(n,)``.
    destination_ids
        Ids by the numbers in ``reach.target``.
    reach
        From the origins' centres, ``(n,)``.
    snap_m
        ``(n,)`` metres to the road, NaN without one; None for straight lines, which need none.
    service, mode, metric, rank
        What was measured.
    beyond
        ``(n,)`` where the margin does not vouch for it (:mod:`coverage_gis.access.margin`).
    """
    status = status_of(reach, snap_m)
    found = status == schema.OK
    if beyond is not None:
        status[found & beyond] = schema.BEYOND_MARGIN
    n = len(origins)
    ids = np.full(n, None, dtype=object)
    ids[found] = destination_ids[reach.target[found]]
    return pd.DataFrame(
        {
            # as they are: pandas would look through every text of an array of objects
            schema.MESH_CODE: origins[schema.MESH_CODE].array,
            schema.PREF_CODE: origins[schema.PREF_CODE].array,
            schema.SERVICE: pd.array([service], dtype="str").repeat(n),
            schema.MODE: pd.array([mode], dtype="str").repeat(n),
            schema.METRIC: pd.array([metric], dtype="str").repeat(n),
            schema.RANK: np.full(n, rank, dtype=np.int64),
            schema.DESTINATION_ID: pd.array(ids, dtype="str"),
            schema.DISTANCE_M: np.where(found, reach.distance_m, np.nan),
            schema.TRAVEL_TIME_S: np.where(found, reach.travel_time_s, np.nan),
            schema.SNAP_M: np.full(n, np.nan) if snap_m is None else snap_m,
            schema.STATUS: pd.array(status, dtype="str"),
        }
    )


def status_of(reach: Reach, snap_m: NDArray[np.float64] | None) -> NDArray[np.object_]:
    """Return ``(n,)`` statuses: ``ok``, ``unreachable`` or ``no_road``."""
    status = np.where(np.isnan(reach.distance_m), schema.UNREACHABLE, schema.OK).astype(object)
    if snap_m is not None:
        status[np.isnan(snap_m)] = schema.NO_ROAD
    return status


def people_beyond(
    origins: pd.DataFrame, snap_m: NDArray[np.float64], limit_m: float = np.inf
) -> float:
    """Return the people of origins whose centre is further than ``limit_m`` from any road.

    Without a limit: the people without road data, whose ``snap_m`` is NaN.
    """
    people = origins[schema.POPULATION].to_numpy(dtype=np.float64)
    return float(people[~(snap_m <= limit_m)].sum())
