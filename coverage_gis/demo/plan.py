"""What was asked for and where it lies: sizes, code, origin, and metres to degrees.

The prefecture lies in open water of the Sea of Japan, where nothing real is, inside mesh
codes that exist. Everything is laid out in plane metres (x east, y north) from its centre
and turned into degrees by one linear map, so that mesh cells stay upright rectangles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis.codes import mesh
from coverage_gis.crs import metres_per_degree
from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

GENERATOR_VERSION: Final = 7
"""Raised whenever the same arguments give other bytes."""

PREF_CODE: Final = "00"
PREF_NAME: Final = "架空県"
ATTRIBUTION: Final = "架空のデータ（coverage_gis による生成、実在しません）/ synthetic"
EDITION_DATE: Final = "2026-04-01"

CENTRE_LON: Final = 135.5
CENTRE_LAT: Final = 39.0
LEVEL: Final = mesh.M500

_CELLS_AT_SCALE_1 = 3000
_NODES_AT_SCALE_1 = 320_000  # as dense as streets get before the prefecture must grow
_WIDTH_M, _HEIGHT_M = 60_000.0, 50_000.0
_SCALE = (0.45, 5.0)  # beyond 5 the coasts of Noto and Oki come near
_PEOPLE_PER_CELL = 165


@dataclass(frozen=True)
class Site:
    """Which prefecture the files are written as, and how far from the demo's own place.

    Everything is laid out at the demo's place; files alone are moved, by whole primary meshes
    (1 degree of longitude, 40 minutes of latitude), so that cells stay cells.

    Attributes
    ----------
    code, name
        Of the prefecture.
    east, north
        Primary meshes to move by.
    """

    code: str = PREF_CODE
    name: str = PREF_NAME
    east: int = 0
    north: int = 0

    def lon(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return longitudes of plane x, to 1e-7 degrees."""
        return np.round(to_lon(x) + self.east, 7)

    def lat(self, y: ArrayLike) -> NDArray[np.float64]:
        """Return latitudes of plane y, to 1e-7 degrees."""
        return np.round(to_lat(y) + self.north * 2 / 3, 7)

    def mesh_code(self, code: str) -> str:
        """Return the code of a cell at the demo's place as it is here."""
        return f"{int(code[:2]) + self.north:02d}{int(code[2:4]) + self.east:02d}{code[4:]}"


HOME: Final = Site()
"""The demo prefecture itself."""


@dataclass(frozen=True)
class Plan:
    """Arguments of a prefecture and what follows from them.

    Attributes
    ----------
    cells, nodes, seed
        Populated 500 m cells and road nodes asked for, and the seed of everything random.
    scale
        Side of the prefecture against the default's 60 x 50 km.
    """

    cells: int
    nodes: int
    seed: int
    scale: float

    @property
    def width_m(self) -> float:
        """West to east."""
        return _WIDTH_M * self.scale

    @property
    def height_m(self) -> float:
        """South to north, sea and island included."""
        return _HEIGHT_M * self.scale

    @property
    def people(self) -> int:
        """People in all."""
        return _PEOPLE_PER_CELL * self.cells

    def rng(self, part: str) -> np.random.Generator:
        """Return the random stream of one part, independent of every other part's."""
        return np.random.default_rng([self.seed, *part.encode()])


def make_plan(cells: int, nodes: int, seed: int) -> Plan:
    """Check the arguments and return the plan.

    Raises
    ------
    InputError
        If the sizes are out of range.
    """
    if cells < 100 or nodes < 8_000 or seed < 0:
        raise InputError(
            f"A demo prefecture needs at least 100 cells, 8000 road nodes and a seed of 0 or "
            f"more; got cells={cells}, nodes={nodes}, seed={seed}."
        )
    scale = math.sqrt(max(cells / _CELLS_AT_SCALE_1, nodes / _NODES_AT_SCALE_1))
    if scale > _SCALE[1]:
        raise InputError(
            f"A demo prefecture has at most {int(_CELLS_AT_SCALE_1 * _SCALE[1] ** 2)} cells and "
            f"{int(_NODES_AT_SCALE_1 * _SCALE[1] ** 2)} road nodes; "
            f"got cells={cells}, nodes={nodes}."
        )
    return Plan(cells, nodes, seed, max(scale, _SCALE[0]))


def to_lon(x: ArrayLike) -> NDArray[np.float64]:
    """Return longitudes of plane x, to 1e-7 degrees (OSM's own precision)."""
    return np.round(CENTRE_LON + np.asarray(x, dtype=np.float64) / _per_lon(), 7)


def to_lat(y: ArrayLike) -> NDArray[np.float64]:
    """Return latitudes of plane y, to 1e-7 degrees."""
    return np.round(CENTRE_LAT + np.asarray(y, dtype=np.float64) / _per_lat(), 7)


def to_x(lon: ArrayLike) -> NDArray[np.float64]:
    """Return plane x of longitudes."""
    return (np.asarray(lon, dtype=np.float64) - CENTRE_LON) * _per_lon()


def to_y(lat: ArrayLike) -> NDArray[np.float64]:
    """Return plane y of latitudes."""
    return (np.asarray(lat, dtype=np.float64) - CENTRE_LAT) * _per_lat()


def _per_lon() -> float:
    return float(metres_per_degree(CENTRE_LAT)[0])


def _per_lat() -> float:
    return float(metres_per_degree(CENTRE_LAT)[1])
