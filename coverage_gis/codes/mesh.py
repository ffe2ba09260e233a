"""Regional mesh codes (地域メッシュコード, JIS X 0410), vectorised.

A code names a cell of a grid in longitude and latitude. Inside the package a cell is
a pair of integers (row, col), counted from latitude 0 and longitude 100 in cells of its
level; codes are text at every border, since a code is a name, not a number.

Levels: 1 km (8 digits, 30" x 45"), 500 m (9), 250 m (10), 125 m (11), each half of the one
before, and the primary (4 digits, about 80 km) and secondary (6, about 10 km) mesh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

LON_ORIGIN = 100
"""Degrees east from which mesh columns are counted."""


@dataclass(frozen=True)
class MeshLevel:
    """One level of the mesh.

    Attributes
    ----------
    digits
        Length of its codes.
    label
        The usual name of its size.
    rows_per_degree, cols_per_degree
        Cells per degree of latitude and of longitude (rational: given as a fraction).
    """

    digits: int
    label: str
    rows_per_degree: float
    cols_per_degree: float

    @property
    def lat_step(self) -> float:
        """Height of a cell in degrees."""
        return 1 / self.rows_per_degree

    @property
    def lon_step(self) -> float:
        """Width of a cell in degrees."""
        return 1 / self.cols_per_degree


PRIMARY = MeshLevel(4, "80km", 1.5, 1)
SECONDARY = MeshLevel(6, "10km", 12, 8)
KM1 = MeshLevel(8, "1km", 120, 80)
M500 = MeshLevel(9, "500m", 240, 160)
M250 = MeshLevel(10, "250m", 480, 320)
M125 = MeshLevel(11, "125m", 960, 640)
LEVELS = (PRIMARY, SECONDARY, KM1, M500, M250, M125)
POPULATION_LEVELS = (KM1, M500, M250, M125)
"""Levels at which Japan publishes population."""

_BY_DIGITS = {level.digits: level for level in LEVELS}
_BY_LABEL = {level.label: level for level in LEVELS}

# Japan lies between primary meshes 3036 (Okinotorishima) and 6848 (Etorofu);
# 22 to 53 is the range of the last two digits over all of its islands.
_PRIMARY_LAT = (30, 68)
_PRIMARY_LON = (22, 53)


def level_by_label(label: str) -> MeshLevel:
    """Return the level called ``label`` ("1km", "500m", "250m", "125m", ...)."""
    try:
        return _BY_LABEL[label]
    except KeyError:
        raise InputError(
            f"'{label}' is not a mesh level; choose one of {', '.join(_BY_LABEL)}."
        ) from None


def valid(codes: Sequence[str] | NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which texts are mesh codes that exist over Japan, at any level.

    Parameters
    ----------
    codes
        Texts, any length.

    Returns
    -------
    array of bool
        One per code: digits only, a known length, each digit in its range.
    """
    text = np.asarray(codes, dtype=str)
    out = np.zeros(text.shape, dtype=bool)
    lengths = np.char.str_len(text)
    digits_only = _count_digits(text) == lengths
    for digits in _BY_DIGITS:
        pick = (lengths == digits) & digits_only
        if pick.any():
            out[pick] = _digits_in_range(_digit_matrix(text[pick], digits))
    return out


def level_of(codes: Sequence[str] | NDArray[np.object_]) -> MeshLevel:
    """Return the one level of all ``codes``.

    Raises
    ------
    InputError
        If there are none, if they mix levels, or if one does not exist.
    """
    text = np.asarray(codes, dtype=str)
    if text.size == 0:
        raise InputError("There are no mesh codes.")
    lengths = np.unique(np.char.str_len(text))
    if len(lengths) > 1:
        raise InputError(
            f"Mesh codes of several lengths ({', '.join(map(str, lengths))} digits) in one table; "
            "use one mesh level at a time."
        )
    bad = ~valid(text)
    if bad.any():
        raise InputError(f"'{text[bad][0]}' is not a mesh code (地域メッシュコード) of Japan.")
    return _BY_DIGITS[int(lengths[0])]


def to_grid(
    codes: Sequence[str] | NDArray[np.object_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], MeshLevel]:
    """Return the grid rows and columns of ``codes`` and their level.

    Raises
    ------
    InputError
        As :func:`level_of`.
    """
    level = level_of(codes)
    d = _digit_matrix(np.asarray(codes, dtype=str), level.digits).astype(np.int64)
    row = d[:, 0] * 10 + d[:, 1]
    col = d[:, 2] * 10 + d[:, 3]
    if level.digits >= SECONDARY.digits:
        row, col = row * 8 + d[:, 4], col * 8 + d[:, 5]
    if level.digits >= KM1.digits:
        row, col = row * 10 + d[:, 6], col * 10 + d[:, 7]
    for k in range(KM1.digits, level.digits):  # quarters: 1 SW, 2 SE, 3 NW, 4 NE
        row, col = row * 2 + (d[:, k] - 1) // 2, col * 2 + (d[:, k] - 1) % 2
    return row, col, level


def from_grid(rows: ArrayLike, cols: ArrayLike, level: MeshLevel) -> NDArray[np.object_]:
    """Return the codes (text) of grid cells; the inverse of :func:`to_grid`."""
    row = np.asarray(rows, dtype=np.int64)
    col = np.asarray(cols, dtype=np.int64)
    tail = np.zeros(row.shape, dtype=np.int64)
    factor = 1
    for _ in range(KM1.digits, level.digits):
        tail += factor * (1 + 2 * (row % 2) + col % 2)
        factor *= 10
        row, col = row // 2, col // 2
    if level.digits >= KM1.digits:
        tail += factor * (10 * (row % 10) + col % 10)
        factor *= 100
        row, col = row // 10, col // 10
    if level.digits >= SECONDARY.digits:
        tail += factor * (10 * (row % 8) + col % 8)
        factor *= 100
        row, col = row // 8, col // 8
    number = factor * (100 * row + col) + tail
    return number.astype(f"U{level.digits}").astype(object)


def encode(lon: ArrayLike, lat: ArrayLike, level: MeshLevel) -> NDArray[np.object_]:
    """Return the codes of the cells that hold the points (degrees).

    A point on a border belongs to the cell north and east of it. Floating point puts a
    cell's own corner on either side: encode centres, not corners, to name a cell.
    """
    rows = np.floor(np.asarray(lat, dtype=np.float64) * level.rows_per_degree)
    cols = np.floor((np.asarray(lon, dtype=np.float64) - LON_ORIGIN) * level.cols_per_degree)
    return from_grid(rows.astype(np.int64), cols.astype(np.int64), level)


def bounds(codes: Sequence[str] | NDArray[np.object_]) -> NDArray[np.float64]:
    """Return ``(n, 4)`` west, south, east, north of each cell in degrees."""
    row, col, level = to_grid(codes)
    return np.column_stack(
        [
            LON_ORIGIN + col / level.cols_per_degree,
            row / level.rows_per_degree,
            LON_ORIGIN + (col + 1) / level.cols_per_degree,
            (row + 1) / level.rows_per_degree,
        ]
    )


def centroids(
    codes: Sequence[str] | NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitudes and latitudes of the cells' centres in degrees."""
    row, col, level = to_grid(codes)
    lon = LON_ORIGIN + (col.astype(np.float64) + 0.5) / level.cols_per_degree
    lat = (row.astype(np.float64) + 0.5) / level.rows_per_degree
    return lon, lat


def polygons(codes: Sequence[str] | NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the cells as shapely boxes in degrees; none of no codes."""
    if len(codes) == 0:
        return np.empty(0, dtype=object)
    b = bounds(codes)
    return np.asarray(shapely.box(b[:, 0], b[:, 1], b[:, 2], b[:, 3]), dtype=object)


def _count_digits(text: NDArray[np.str_]) -> NDArray[np.intp]:
    """Return how many ASCII digits each text has (full-width ones are none here)."""
    if text.size == 0:
        return np.zeros(text.shape, dtype=np.intp)
    points = np.ascontiguousarray(text).view(np.uint32).reshape(*text.shape, -1)
    zero = np.uint32(ord("0"))
    return np.asarray((points - zero < 10).sum(axis=-1))  # below "0" it wraps round to billions


def _digit_matrix(text: NDArray[np.str_], digits: int) -> NDArray[np.uint8]:
    """Return ``(n, digits)`` digits of texts that are ``digits`` ASCII digits long."""
    raw = np.ascontiguousarray(text.astype(f"S{digits}")).view(np.uint8)
    return np.asarray(raw.reshape(-1, digits) - ord("0"), dtype=np.uint8)


def _digits_in_range(d: NDArray[np.uint8]) -> NDArray[np.bool_]:
    row = d[:, 0].astype(int) * 10 + d[:, 1]
    col = d[:, 2].astype(int) * 10 + d[:, 3]
    ok = (row >= _PRIMARY_LAT[0]) & (row <= _PRIMARY_LAT[1])
    ok &= (col >= _PRIMARY_LON[0]) & (col <= _PRIMARY_LON[1])
    if d.shape[1] >= SECONDARY.digits:
        ok &= (d[:, 4:6] < 8).all(axis=1)
    if d.shape[1] > KM1.digits:
        quarters = d[:, KM1.digits :]
        ok &= ((quarters >= 1) & (quarters <= 4)).all(axis=1)
    return np.asarray(ok, dtype=bool)
