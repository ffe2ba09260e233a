"""What lies at the same place and is the same thing: nearness in metres within a group."""

from __future__ import annotations

import itertools
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
_MOST_PAIRS = 20_000_000
"""More pairs than any real list has, and what fits into memory: beyond, crowds are put together."""


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
    label = _linked(points, same_m)
    return np.asarray(pd.factorize(label[spot])[0], dtype=np.int64)


def _linked(points: NDArray[np.float64], same_m: float) -> NDArray[np.int64]:
    """Return a number for each embedded point: the same for those linked by steps of ``same_m``.

    Points crowded within a few metres have as many pairs as the square of their number. They
    are put into cubes so small that all in one are linked anyway, and only the least distance
    between neighbouring cubes is sought.
    """
    if not len(points):
        return np.empty(0, dtype=np.int64)
    tree = KDTree(points)
    n = len(points)
    if tree.count_neighbors(tree, same_m) - n <= _MOST_PAIRS:
        pairs = tree.query_pairs(same_m, output_type="ndarray").reshape(-1, 2)
        return _components(n, pairs)
    cube = np.floor(points / (same_m / 2))  # its diagonal is 0.87 of same_m
    cube[:, 3] = points[:, 3]
    _, home = np.unique(cube, axis=0, return_inverse=True)
    home = home.ravel()
    order = np.argsort(home, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(home))])
    members = [order[a:b] for a, b in itertools.pairwise(first)]
    trees = [KDTree(points[m]) for m in members]
    middle = np.array([points[m].mean(axis=0) for m in members])
    near = KDTree(middle).query_pairs(3 * same_m, output_type="ndarray").reshape(-1, 2)
    links = [(a, b) for a, b in near if _least(trees[a], trees[b]) <= same_m]
    cubes = _components(len(members), np.array(links, dtype=np.int64).reshape(-1, 2))
    return cubes[home]


def _least(one: KDTree, other: KDTree) -> float:
    """Return the least distance between two sets of points."""
    few, many = sorted((one, other), key=lambda tree: tree.n)
    return float(many.query(few.data)[0].min())


def _components(n: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    rows, columns = pairs.T
    links = coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)
