"""What lies at the same place and is the same thing: nearness in metres within a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from coverage_gis.crs import GRS80_A, GRS80_E2

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# Farther apart than anything on Earth: a fourth coordinate that keeps groups apart.
_APART_M = 1e8


def embed(lon: ArrayLike, lat: ArrayLike, groups: ArrayLike) -> NDArray[np.float64]:
    """Return points in which nearness in space means nearness on the ground, group by group.

    Earth-centred coordinates on GRS 80 in metres (a chord of 1 km is 1 µm shorter than the
    arc) and a fourth coordinate that no two groups share, so that a search never leaves
    the group.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).
    groups
        Whole numbers, shape (n,).

    Returns
    -------
    Array of shape (n, 4), metres.
    """
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    normal = GRS80_A / np.sqrt(1 - GRS80_E2 * np.sin(phi) ** 2)
    return np.column_stack(
        [
            normal * np.cos(phi) * np.cos(lam),
            normal * np.cos(phi) * np.sin(lam),
            normal * (1 - GRS80_E2) * np.sin(phi),
            np.asarray(groups, float) * _APART_M,
        ]
    )


def nearest_within(
    points: NDArray[np.float64], targets: NDArray[np.float64], same_m: float
) -> NDArray[np.int64]:
    """Return for each embedded point the nearest embedded target within ``same_m``, or -1."""
    if not len(points) or not len(targets):
        return np.full(len(points), -1, dtype=np.int64)
    # distance_upper_bound excludes its own value; the limit here is inclusive.
    limit = np.nextafter(same_m, np.inf)
    distance, index = KDTree(targets).query(points, k=1, distance_upper_bound=limit)
    return np.where(np.isfinite(distance), index, -1).astype(np.int64)


def greatest_within(
    points: NDArray[np.float64],
    targets: NDArray[np.float64],
    values: NDArray[np.float64],
    same_m: float,
) -> NDArray[np.float64]:
    """Return for each embedded point the greatest value of a target within ``same_m``, or NaN.

    One more target never lowers it, as the nearest one's value might.
    """
    if not len(points) or not len(targets):
        return np.full(len(points), np.nan)
    near = KDTree(points).query_ball_tree(KDTree(targets), same_m)
    return np.array([values[rows].max() if rows else np.nan for rows in near], dtype=np.float64)


def clusters(keys: ArrayLike, lon: ArrayLike, lat: ArrayLike, same_m: float) -> NDArray[np.int64]:
    """Return a cluster number for each point: same key, linked by steps of at most ``same_m``.

    Parameters
    ----------
    keys
        What must be equal, shape (n,); points with an empty key ("") stay alone.
    lon, lat
        Degrees, shape (n,).
    same_m
        Metres, inclusive.

    Returns
    -------
    Array of shape (n,): numbers from 0, in order of first appearance.
    """
    frame = pd.DataFrame({"key": keys, "lon": lon, "lat": lat}).reset_index(drop=True)
    alone = frame["key"] == ""
    frame.loc[alone, "key"] = "\0" + frame.index[alone].astype(str)
    spot = frame.groupby(["key", "lon", "lat"], sort=False, dropna=False).ngroup().to_numpy()
    distinct = frame.drop_duplicates(["key", "lon", "lat"])
    points = embed(distinct["lon"], distinct["lat"], pd.factorize(distinct["key"])[0])
    pairs = KDTree(points).query_pairs(same_m, output_type="ndarray") if len(points) else []
    rows, columns = np.asarray(pairs, dtype=np.int64).reshape(-1, 2).T
    links = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(points), len(points)))
    _, label = connected_components(links, directed=False)
    return np.asarray(pd.factorize(label[spot])[0], dtype=np.int64)
