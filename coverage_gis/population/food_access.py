"""食料品アクセス困難人口 (試算): people of 65 and over without a car and likely without a store.

After the published outline of the method of 農林水産政策研究所 (PRIMAFF), 2020: by 500 m mesh, the
probability that no store is within 500 m in a straight line, from the numbers of stores in the
3 x 3 meshes around; by kind of store, averaged by food spending; times the people of 65 and over
who do not use a car. The exact formula is not published: here homes and stores lie uniformly within
their meshes and stores independently of each other. It is a probability, not a yes or no: a mesh
with a store in it still has people without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis import crs
from coverage_gis.codes import mesh

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.settings import FoodAccess

_HOMES: Final = 12
_STORES: Final = 24
"""Points to a side that stand for uniform homes and stores; see the tests for the error."""
_CHUNK: Final = 4096
_NEIGHBOURS: Final = tuple((dr, dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1))


@dataclass(frozen=True)
class Difficulty:
    """Probabilities per cell of the run.

    Attributes
    ----------
    none_within
        Kind -> ``(n_cells,)`` probability that no store of the kind is within the radius.
    weighted
        ``(n_cells,)`` their mean by the weights of the kinds.
    """

    none_within: Mapping[str, NDArray[np.float64]]
    weighted: NDArray[np.float64]


def within_shares(lat: float, radius_m: float) -> NDArray[np.float64]:
    """Return ``(homes, 9)`` shares of the 3 x 3 meshes within the radius of a home.

    Parameters
    ----------
    lat
        Of the centre of the middle mesh, degrees; meshes are as wide as at that latitude.
    radius_m
        Straight line, inclusive.

    Returns
    -------
    ndarray
        One row per home of a regular grid in the middle mesh; columns south to north, in each
        west to east. Meshes farther than 3 x 3 count for nothing, as in the method.
    """
    per_lon, per_lat = crs.metres_per_degree(np.array([lat]))
    width = float(per_lon[0]) / mesh.M500.cols_per_degree
    height = float(per_lat[0]) / mesh.M500.rows_per_degree
    home = (np.arange(_HOMES) + 0.5) / _HOMES
    store = (np.arange(_STORES) + 0.5) / _STORES
    out = np.empty((_HOMES * _HOMES, len(_NEIGHBOURS)))
    for column, (dr, dc) in enumerate(_NEIGHBOURS):
        north2 = (((store + dr)[None, :] - home[:, None]) * height) ** 2
        east2 = (((store + dc)[None, :] - home[:, None]) * width) ** 2
        near = north2[:, None, :, None] + east2[None, :, None, :] <= radius_m**2
        out[:, column] = near.mean(axis=(2, 3)).ravel()
    return out


def none_within(counts: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(n,)`` probabilities that no store is within reach.

    The mean over homes h of the product over meshes c of (1 - share of c near h) to the power of
    the stores in c.

    Parameters
    ----------
    counts
        ``(n, 9)`` stores in the meshes around, in the order of :func:`within_shares`.
    shares
        From :func:`within_shares`.
    """
    different, inverse = np.unique(counts, axis=0, return_inverse=True)
    out = np.empty(len(different))
    for first in range(0, len(different), _CHUNK):
        some = different[first : first + _CHUNK]
        product = np.ones((len(some), len(shares)))
        for column in range(some.shape[1]):
            product *= (1 - shares[None, :, column]) ** some[:, column, None]
        out[first : first + _CHUNK] = product.mean(axis=1)
    return out[inverse.reshape(-1)]


def difficulty(
    mesh_codes: NDArray[np.object_],
    stores: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    settings: FoodAccess,
) -> Difficulty:
    """Return for each cell the probability that no store is within the radius.

    Parameters
    ----------
    mesh_codes
        ``(n_cells,)`` cells of one level, from 1 km to 125 m. Finer ones than 500 m have
        their 500 m mesh's probability, coarser ones the mean of the 500 m meshes in them.
    stores
        Kind -> longitudes and latitudes in degrees, of the margin too. A store is of one kind.
    settings
        Radius and kinds; a kind without stores is absent everywhere (probability 1).
    """
    row, col, level = mesh.to_grid(mesh_codes)
    row500, col500, owner = _half_kilometre(row, col, level)
    blocks, inverse = np.unique(np.column_stack([row500, col500]), axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    lat = np.asarray((blocks[:, 0] + 0.5) / mesh.M500.rows_per_degree, dtype=np.float64)
    by_kind = {}
    for kind in settings.kinds:
        at = stores.get(kind.name)
        counts = _around(blocks, *at) if at else np.zeros((len(blocks), 9), dtype=np.int64)
        fine = _by_latitude(counts, lat, settings.radius_m)[inverse]
        total = np.bincount(owner, fine, minlength=len(mesh_codes))
        by_kind[kind.name] = total / np.maximum(np.bincount(owner, minlength=len(mesh_codes)), 1)
    weighted = sum((k.weight * by_kind[k.name] for k in settings.kinds), np.zeros(len(mesh_codes)))
    return Difficulty(by_kind, np.asarray(weighted))


def without_car(
    people_65plus: NDArray[np.float64], people_75plus: NDArray[np.float64], settings: FoodAccess
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the people of 65 and over, and of 75 and over, who do not use a car; NaN unknown."""
    old = people_75plus * (1 - settings.car_use_75plus)
    return (people_65plus - people_75plus) * (1 - settings.car_use_65to74) + old, old


def _by_latitude(
    counts: NDArray[np.int64], lat: NDArray[np.float64], radius_m: float
) -> NDArray[np.float64]:
    """Return :func:`none_within`, meshes narrowing to the north by half degrees of latitude."""
    band = np.floor(lat * 2)
    out = np.empty(len(lat))
    for one in np.unique(band):
        rows = band == one
        out[rows] = none_within(counts[rows], within_shares((one + 0.5) / 2, radius_m))
    return out


def _half_kilometre(
    row: NDArray[np.int64], col: NDArray[np.int64], level: mesh.MeshLevel
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return 500 m meshes and the cell each is of: cells' own, or all those in a coarser cell."""
    factor = level.rows_per_degree / mesh.M500.rows_per_degree
    index = np.arange(len(row))
    if factor >= 1:
        step = round(factor)
        return row // step, col // step, index
    step = round(1 / factor)
    down, right = np.divmod(np.arange(step * step), step)
    return (
        (row[:, None] * step + down).ravel(),
        (col[:, None] * step + right).ravel(),
        np.repeat(index, step * step),
    )


def _around(
    blocks: NDArray[np.int64], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return ``(n, 9)`` numbers of stores in the meshes around each block."""
    store_row = np.floor(lat * mesh.M500.rows_per_degree).astype(np.int64)
    store_col = np.floor((lon - mesh.LON_ORIGIN) * mesh.M500.cols_per_degree).astype(np.int64)
    known, number = np.unique(np.column_stack([store_row, store_col]), axis=0, return_counts=True)
    count = {(int(r), int(c)): int(n) for (r, c), n in zip(known, number, strict=True)}
    out = np.zeros((len(blocks), 9), dtype=np.int64)
    for column, (dr, dc) in enumerate(_NEIGHBOURS):
        out[:, column] = [count.get((int(r) + dr, int(c) + dc), 0) for r, c in blocks]
    return out
