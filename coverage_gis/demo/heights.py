"""Heights of the made-up land: plain rising from the coast, hills, valley floors, island."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import KDTree

from coverage_gis.demo.noise import noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.demo.plan import Plan
    from coverage_gis.demo.terrain import Terrain

    Array = NDArray[np.float64]

_SHORE_M = 2.0
_PLAIN_RISE = 0.004  # an alluvial fan
_VALLEY_RISE = 0.012
_HILL_RISE, _HILL_TOP_M = 0.22, 700.0
_FLOOR_M = 250.0  # half the width of a valley's floor
_FOOT_M = 4_000.0  # from the plain's edge to full hills
_ISLAND_TOP_M = 90.0


def heights(plan: Plan, terrain: Terrain, x: Array, y: Array) -> Array:
    """Return metres above the sea at points in plane metres, in whole metres; 0 on the sea."""
    swell = noise(plan.rng("heights"), [(3_800, 9), (1_500, 4)])(x, y)
    inland = terrain.smooth_coast(x) - y
    depth = terrain.plain_depth(x)
    beyond = np.maximum(inland - depth, 0.0)
    rise = _PLAIN_RISE * np.clip(inland, 0.0, depth) + _VALLEY_RISE * beyond
    floors = KDTree(np.vstack([v.line for v in terrain.valleys]))
    away = floors.query(np.column_stack([x.ravel(), y.ravel()]))[0].reshape(x.shape)
    away = np.maximum(away - _FLOOR_M, 0.0)
    hill = _HILL_TOP_M * (1 - np.exp(-_HILL_RISE * away / _HILL_TOP_M))
    hill *= np.clip(beyond / _FOOT_M, 0.0, 1.0)
    # terraces stand out of the plain only away from the shore
    mainland = _SHORE_M + rise + hill + np.maximum(swell, 0.0) * np.clip(inland / 2_000, 0.0, 1.0)
    on_island = terrain.on_island(x.ravel(), y.ravel()).reshape(x.shape)
    land = np.where(y < terrain.coast(x), np.maximum(mainland, 1.0), 0.0)
    return np.asarray(np.round(np.where(on_island, _island(terrain, x, y), land)))


def _island(terrain: Terrain, x: Array, y: Array) -> Array:
    """Return heights of a hill that falls to the island's shore."""
    shore = shapely.LinearRing(terrain.island)
    inward = shapely.distance(shore, shapely.points(x, y))
    return np.asarray(_SHORE_M + _ISLAND_TOP_M * (1 - np.exp(-inward / 900)))
