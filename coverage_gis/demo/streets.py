"""Where the lattices of streets lie and how dense they are: the plain and the island's town."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.demo.lattice import BLOCK_M, Lattice, make_lattice
from coverage_gis.demo.noise import Noise, noise
from coverage_gis.demo.terrain import BEYOND_M

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from coverage_gis.demo.plan import Plan
    from coverage_gis.demo.terrain import Terrain
    from coverage_gis.demo.towns import Settlement

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

_WIDEN = ((12_000, 420), (3_000, 55), (900, 8))  # slopes add up to less than 1: no folds
_LEVELS = (1, 2, 4, 8)
_STEPS = (380.0, 1_300.0, 3_400.0)  # people per km2 at which streets double, before fitting
_EMPTY = 0.42  # blocks with less than this share of the mean rural density have no street
_NORTH_M = 1_000.0  # lattice north of the smooth coast, for capes


@dataclass(frozen=True)
class _Blocks:
    """Blocks of one lattice: people per square kilometre, where streets may be, and the map."""

    density: Array
    free: NDArray[np.bool_]
    place: Callable[[Array, Array], tuple[Array, Array]]


def make_streets(
    plan: Plan, terrain: Terrain, settlement: Settlement, other_nodes: int
) -> tuple[Lattice, Lattice]:
    """Return the streets of the plain and of the island.

    Parameters
    ----------
    other_nodes
        Nodes that roads outside the lattices will have: the rest of ``plan.nodes`` is fitted
        here, by moving the densities at which streets get closer.
    """
    rng = plan.rng("warp")
    warp = (noise(rng, _WIDEN), noise(rng, _WIDEN))
    plain = _plain(terrain, settlement, warp)
    island = _island(terrain, settlement, warp)
    blocks = np.concatenate([plain.density[plain.free], island.density[island.free]])
    wanted = max(plan.nodes - other_nodes, 1)
    stay = _STAY
    for _ in range(_TRIES):  # how many links can be taken out is known only afterwards
        divisions = _divisions(wanted / stay / len(blocks))
        factor = _fit(blocks, divisions, wanted / stay)
        rng = plan.rng("streets")
        on_plain, on_island = (
            make_lattice(rng, _levels(b, divisions, factor), divisions, b.place)
            for b in (plain, island)
        )
        made = len(on_plain.x) + len(on_island.x)
        if abs(made / wanted - 1) < _CLOSE:
            break
        stay *= made / wanted
    return on_plain, on_island


_STAY = 0.93
"""Share of a full lattice's nodes that is left when links are taken out, at first guess."""
_TRIES, _CLOSE = 3, 0.02


def _divisions(nodes_per_block: float) -> int:
    """Return points along a block's side: enough for the nodes, few enough to be roads."""
    for divisions, most in ((4, 11), (8, 60), (16, 170)):
        if nodes_per_block < most:
            return divisions
    return 32


def _fit(density: Array, divisions: int, wanted: float) -> float:
    """Return the factor on the density steps that brings about ``wanted`` nodes (bisection)."""
    low, high = 1e-4, 1e4
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        streets = np.take(_LEVELS, np.searchsorted(np.multiply(_STEPS, middle), density))
        streets = np.minimum(streets, divisions)
        if (2 * streets * divisions - streets**2).sum() > wanted:
            low = middle
        else:
            high = middle
    return high


def _levels(blocks: _Blocks, divisions: int, factor: float) -> Ints:
    step = np.searchsorted(np.multiply(_STEPS, factor), blocks.density)
    streets = np.minimum(np.take(_LEVELS, step), divisions)
    return np.where(blocks.free, streets, 0).astype(np.int64)


def _plain(t: Terrain, settlement: Settlement, warp: tuple[Noise, Noise]) -> _Blocks:
    west = -t.width / 2 - BEYOND_M
    cols = int(np.ceil((t.width + 2 * BEYOND_M) / BLOCK_M))
    deepest = float(t.plain_depth(np.linspace(-t.width / 2, t.width / 2, 400)).max())
    rows = int(np.ceil((deepest + _NORTH_M + 1_500) / BLOCK_M))

    def place(u: Array, v: Array) -> tuple[Array, Array]:
        x = west + u + warp[0](u, v)
        return x, t.smooth_coast(x) + _NORTH_M - v + warp[1](u, v)

    u, v = _corners(rows, cols)
    x, y = place(u, v)
    free = _all_corners(t.in_plain(x, y, 80.0))
    x, y = _centres(x), _centres(y)
    density = settlement.density(x, y)
    rural = np.median(density[free])
    at_border = np.abs(x) > t.width / 2 - BEYOND_M  # the coast road must get across
    free &= (np.abs(x) < t.width / 2 + BEYOND_M) & ((density > _EMPTY * rural) | at_border)
    return _Blocks(density, free, place)


def _island(t: Terrain, settlement: Settlement, warp: tuple[Noise, Noise]) -> _Blocks:
    town = settlement.towns[-1]
    side = 2 * int(np.ceil(4.2 * town.radius_m / BLOCK_M)) + 1
    cx, cy = town.x - side * BLOCK_M / 2, town.y - side * BLOCK_M / 2

    def place(u: Array, v: Array) -> tuple[Array, Array]:
        return cx + u + 0.3 * warp[0](u, v), cy + v + 0.3 * warp[1](u, v)

    u, v = _corners(side, side)
    x, y = place(u, v)
    free = _all_corners(t.on_island(x.ravel(), y.ravel(), 0.97).reshape(x.shape))
    x, y = _centres(x), _centres(y)
    density = settlement.town_density(x, y)
    return _Blocks(density, free & (density > 12), place)


def _corners(rows: int, cols: int) -> tuple[Array, Array]:
    u, v = np.meshgrid(np.arange(cols + 1) * BLOCK_M, np.arange(rows + 1) * BLOCK_M)
    return u, v


def _all_corners(ok: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return ok[:-1, :-1] & ok[1:, :-1] & ok[:-1, 1:] & ok[1:, 1:]


def _centres(value: Array) -> Array:
    return (value[:-1, :-1] + value[1:, :-1] + value[:-1, 1:] + value[1:, 1:]) / 4
