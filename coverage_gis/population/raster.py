"""People of a raster summed onto mesh cells, nobody lost.

A pixel's people are taken to live evenly on it. On a grid of longitude and latitude each pixel
is shared over the cells it overlaps, in proportion to area in degrees, which is exact: overlaps
of intervals in both directions, multiplied. On any other grid (GHS-POP is in Mollweide) each
pixel is cut into ``PARTS`` x ``PARTS`` equal parts whose centres are transformed; a part's
people go to the cell its centre lies in. Either way the shares of a pixel add up to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from coverage_gis.codes import mesh
from coverage_gis.schema import MESH_CODE, POPULATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    ToDegrees = Callable[[Floats, Floats], tuple[Floats, Floats]]

PARTS: Final = 5
"""Parts of a pixel along each side, on grids that are not in degrees."""
_EDGE: Final = 1e-9
"""Of a cell: a pixel that reaches so little over an edge by rounding does not overlap it."""


@dataclass(frozen=True)
class Affine:
    """From a pixel's corner to coordinates, in the order of rasterio.

    ``x = a * column + b * row + c`` and ``y = d * column + e * row + f``.
    """

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    @property
    def is_straight(self) -> bool:
        """Whether columns run along x and rows along y."""
        return self.b == 0 and self.d == 0


@dataclass(frozen=True)
class RasterCells:
    """People by mesh cell.

    Attributes
    ----------
    cells
        ``mesh_code`` and ``population`` (fractions), sorted by code; people above zero.
    elsewhere
        People on pixels where there is no mesh: beyond Japan, or where the projection ends.
    """

    cells: pd.DataFrame
    elsewhere: float


def people_on_mesh(
    people: Floats, affine: Affine, level: mesh.MeshLevel, to_degrees: ToDegrees | None = None
) -> RasterCells:
    """Return the people of a raster, or of a strip of one, by mesh cell.

    Parameters
    ----------
    people
        People per pixel, shape (rows, columns), finite and not negative; 0 where there is no
        data.
    affine
        Of this array (a strip has its own offset).
    level
        Mesh level of the cells.
    to_degrees
        From the raster's x and y to longitude and latitude; None if they are these.

    Returns
    -------
    RasterCells
        ``cells`` and ``elsewhere`` together have the raster's people.
    """
    if to_degrees is None and affine.is_straight:
        row, col, count = _by_overlap(people, affine, level)
    else:
        row, col, count = _by_parts(people, affine, level, to_degrees)
    there = count > 0
    known = there & _in_mesh_range(row, col, level)
    codes = np.full(len(count), "", dtype=object)
    codes[known] = mesh.from_grid(row[known], col[known], level)
    known[known] = mesh.valid(codes[known])
    cells = pd.DataFrame({MESH_CODE: codes[known], POPULATION: count[known]})
    return RasterCells(
        summed([cells.astype({MESH_CODE: "str"})]), float(count[there & ~known].sum())
    )


def summed(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the cells of several strips, each once, sorted by code."""
    empty = pd.DataFrame({MESH_CODE: pd.Series(dtype="str"), POPULATION: pd.Series(dtype=float)})
    every = pd.concat([empty, *tables], ignore_index=True)
    return every.groupby(MESH_CODE, sort=True)[POPULATION].sum().reset_index()


def _by_overlap(
    people: Floats, affine: Affine, level: mesh.MeshLevel
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    rows, columns = people.shape
    x = (affine.c + affine.a * np.arange(columns + 1) - mesh.LON_ORIGIN) * level.cols_per_degree
    y = (affine.f + affine.e * np.arange(rows + 1)) * level.rows_per_degree
    first_col, over_cols = _overlaps(x)
    first_row, over_rows = _overlaps(y)
    grid = over_rows.T @ (over_cols.T @ people.T).T
    row, col = np.nonzero(grid)
    return row + first_row, col + first_col, np.asarray(grid[row, col], dtype=np.float64)


def _overlaps(edges: Floats) -> tuple[int, csr_array]:
    """Return how intervals between consecutive edges are shared over unit cells.

    Returns
    -------
    The number of the first cell, and shares of shape (intervals, cells); each row adds up to 1.
    """
    low, high = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
    start = np.floor(low + _EDGE).astype(np.int64)
    stop = np.maximum(np.ceil(high - _EDGE).astype(np.int64), start + 1)
    count = stop - start
    which = np.repeat(np.arange(len(low)), count)
    cell = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + start[which]
    part = np.minimum(high[which], cell + 1) - np.maximum(low[which], cell)
    part = np.maximum(part, 0)
    share = part / np.bincount(which, part, minlength=len(low))[which]
    first = int(start.min())
    shape = (len(low), int(stop.max()) - first)
    return first, csr_array((share, (which, cell - first)), shape=shape)


def _by_parts(
    people: Floats, affine: Affine, level: mesh.MeshLevel, to_degrees: ToDegrees | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    row, col = np.nonzero(people)
    offset = (np.arange(PARTS) + 0.5) / PARTS
    r = (row[:, None, None] + offset[None, :, None] + np.zeros((1, 1, PARTS))).ravel()
    c = (col[:, None, None] + offset[None, None, :] + np.zeros((1, PARTS, 1))).ravel()
    x = affine.a * c + affine.b * r + affine.c
    y = affine.d * c + affine.e * r + affine.f
    lon, lat = (x, y) if to_degrees is None else to_degrees(x, y)
    count = np.repeat(people[row, col] / PARTS**2, PARTS**2)
    with np.errstate(invalid="ignore"):
        mesh_row = np.floor(lat * level.rows_per_degree)
        mesh_col = np.floor((lon - mesh.LON_ORIGIN) * level.cols_per_degree)
    bad = ~(np.isfinite(mesh_row) & np.isfinite(mesh_col))
    mesh_row, mesh_col = np.where(bad, -1, mesh_row), np.where(bad, -1, mesh_col)
    keys, inverse = np.unique(
        np.column_stack([mesh_row, mesh_col]).astype(np.int64), axis=0, return_inverse=True
    )
    total = np.bincount(inverse.ravel(), count, minlength=len(keys)).astype(np.float64)
    return keys[:, 0], keys[:, 1], total


def _in_mesh_range(
    row: NDArray[np.int64], col: NDArray[np.int64], level: mesh.MeshLevel
) -> NDArray[np.bool_]:
    """Tell which cells have a code at all: two digits each for latitude and longitude."""
    last_row = 100 / 1.5 * level.rows_per_degree
    last_col = 100 * level.cols_per_degree
    inside: NDArray[np.bool_] = (row >= 0) & (row < last_row) & (col >= 0) & (col < last_col)
    return inside
