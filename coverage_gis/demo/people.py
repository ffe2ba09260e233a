"""Populated cells: which 500 m cells people live in, how many, and how old they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from coverage_gis.codes import mesh
from coverage_gis.demo.plan import LEVEL, to_lat, to_lon, to_x, to_y
from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from coverage_gis.demo.municipalities import Municipalities
    from coverage_gis.demo.network import Network
    from coverage_gis.demo.plan import Plan
    from coverage_gis.demo.terrain import Terrain
    from coverage_gis.demo.towns import Settlement

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

_NEAR_ROAD_M = (430.0, 600.0, 780.0)  # the first that leaves enough cells; all can be snapped
_FAR_FROM_ROAD_M = 1_300.0  # beyond the snapping limit (half-diagonal + 500 m) with room to spare
_ROADLESS_SHARE = 0.003
_VILLAGE_SPREAD_M = 190.0
_HAMLET_PEOPLE = 23
_CHANCE, _EVEN_PEOPLE = 0.5, 400.0  # spread of the logarithm of people; smaller where many live


@dataclass(frozen=True)
class People:
    """Populated cells by mesh code.

    Attributes
    ----------
    code, x, y
        Mesh code and centre in plane metres.
    people, aged_share
        People, and the expected share of them aged 65 and over.
    muni
        Index of the municipality that holds the centre.
    node
        Nearest road node on foot.
    roadless
        Whether the cell is one of those that no road comes near, on purpose.
    """

    code: NDArray[np.object_]
    x: Array
    y: Array
    people: Ints
    aged_share: Array
    muni: Ints
    node: Ints
    roadless: NDArray[np.bool_]

    def boxes(self) -> Iterator[tuple[float, float, float, float, int]]:
        """Yield west, south, east, north in plane metres and people of each cell."""
        b = mesh.bounds(self.code)
        edges = zip(to_x(b[:, 0]), to_y(b[:, 1]), to_x(b[:, 2]), to_y(b[:, 3]), strict=True)
        for (west, south, east, north), n in zip(edges, self.people, strict=True):
            yield float(west), float(south), float(east), float(north), int(n)


@dataclass(frozen=True)
class _Grid:
    """All cells of the land: grid numbers, centres, road distance."""

    row: Ints
    col: Ints
    x: Array
    y: Array
    road_m: Array
    node: Ints


def make_people(
    plan: Plan, terrain: Terrain, settlement: Settlement, network: Network, areas: Municipalities
) -> People:
    """Settle ``plan.people`` people in exactly ``plan.cells`` cells.

    Raises
    ------
    InputError
        If the land has fewer cells by a road than were asked for.
    """
    rng = plan.rng("people")
    grid = _grid(plan, network, areas)
    expected, scattered = _expected(rng, grid, terrain, settlement, network)
    chance = rng.lognormal(0, _CHANCE / (1 + expected / _EVEN_PEOPLE))
    roadless = _roadless(rng, plan, grid)
    wanted = plan.cells - len(roadless)
    by_road = _by_road(grid, wanted)
    rank = np.where(scattered >= 2, 1e9, 0) + expected * chance
    rank = np.where(by_road, rank, -1.0)
    order = np.argsort(-rank, kind="stable")[:wanted]
    if len(order) < wanted or rank[order[-1]] < 0:
        raise InputError(
            f"The demo land has only {int(by_road.sum())} cells by a road, fewer than {wanted}; "
            "ask for more road nodes."
        )
    people = np.zeros(len(expected))
    people[order] = (expected * chance)[order]
    settled = np.concatenate([order, roadless])
    counts = _whole(plan, people[order], scattered[order])
    counts = np.concatenate([counts, rng.integers(1, 12, len(roadless))])
    return _table(
        rng, grid, settlement, areas, cells=settled, counts=counts, roadless=len(roadless)
    )


def _grid(plan: Plan, network: Network, areas: Municipalities) -> _Grid:
    half_x, half_y = plan.width_m / 2 + 3_000, plan.height_m / 2 + 3_000
    west, east = to_lon([-half_x, half_x])
    south, north = to_lat([-half_y, half_y])
    rows = np.arange(int(south * LEVEL.rows_per_degree), int(north * LEVEL.rows_per_degree))
    cols = np.arange(
        int((west - mesh.LON_ORIGIN) * LEVEL.cols_per_degree),
        int((east - mesh.LON_ORIGIN) * LEVEL.cols_per_degree),
    )
    row, col = (g.ravel() for g in np.meshgrid(rows, cols, indexing="ij"))
    lon, lat = mesh.centroids(mesh.from_grid(row, col, LEVEL))
    x, y = to_x(lon), to_y(lat)
    inside = areas.index_inside(x, y) >= 0
    row, col, x, y = row[inside], col[inside], x[inside], y[inside]
    roads = network.roads
    closed = roads.ways_where("highway", ("motorway", "motorway_link"))
    closed |= roads.ways_where("route", ("ferry",)) | roads.ways_where("foot", ("no",))
    use = np.unique(roads.refs[np.repeat(~closed, np.diff(roads.starts))])
    away, nearest = cKDTree(np.column_stack([roads.x[use], roads.y[use]])).query(
        np.column_stack([x, y])
    )
    return _Grid(row, col, x, y, away, use[nearest])


def _expected(
    rng: np.random.Generator, grid: _Grid, t: Terrain, settlement: Settlement, network: Network
) -> tuple[Array, Array]:
    """Return people expected in each cell, and those of them in villages and on the island."""
    area_km2 = _cell_m2() / 1e6
    out = np.zeros(len(grid.x))
    plain = t.in_plain(grid.x, grid.y)
    out[plain] = settlement.density(grid.x[plain], grid.y[plain]) * area_km2
    island = t.on_island(grid.x, grid.y)
    scattered = np.zeros(len(grid.x))
    scattered[island] = 3 + settlement.town_density(grid.x[island], grid.y[island]) * area_km2
    spots = [(v.x, v.y, v.people) for v in settlement.villages]
    spots.append((*network.hamlet, _HAMLET_PEOPLE))
    scattered += _scatter(rng, grid, np.array(spots))
    out[island] = 0
    near = (grid.road_m < _NEAR_ROAD_M[-1]) & (out + scattered == 0)
    out[near] = 1.2  # a house by a mountain road, should there be too few other cells
    return out + scattered, scattered


def _by_road(grid: _Grid, wanted: int) -> NDArray[np.bool_]:
    """Tell which cells are close enough to a road to be settled."""
    limits = [m for m in _NEAR_ROAD_M if (grid.road_m < m).sum() >= wanted]
    return np.asarray(grid.road_m < (limits[0] if limits else _NEAR_ROAD_M[-1]))


def _scatter(rng: np.random.Generator, grid: _Grid, spots: Array) -> Array:
    """Spread the people of villages over the cells about them."""
    houses = 40
    x = np.repeat(spots[:, 0], houses) + rng.normal(0, _VILLAGE_SPREAD_M, houses * len(spots))
    y = np.repeat(spots[:, 1], houses) + rng.normal(0, _VILLAGE_SPREAD_M, houses * len(spots))
    row = np.floor(to_lat(y) * LEVEL.rows_per_degree).astype(np.int64)
    col = np.floor((to_lon(x) - mesh.LON_ORIGIN) * LEVEL.cols_per_degree).astype(np.int64)
    key, own = row * 100_000 + col, grid.row * 100_000 + grid.col  # the grid is in this order
    at = np.minimum(np.searchsorted(own, key), len(own) - 1)
    hit = own[at] == key
    weight = np.repeat(spots[:, 2] / houses, houses)
    found: Array = np.bincount(at[hit], weight[hit], minlength=len(own)).astype(np.float64)
    return found


def _roadless(rng: np.random.Generator, plan: Plan, grid: _Grid) -> Ints:
    far = np.flatnonzero((grid.road_m > _FAR_FROM_ROAD_M) & (grid.road_m < 4_000))
    count = min(max(3, round(_ROADLESS_SHARE * plan.cells)), len(far))
    return np.sort(rng.choice(far, count, replace=False))


def _whole(plan: Plan, people: Array, scattered: Array) -> Ints:
    """Return whole people that add up to about ``plan.people``; villages keep their own size."""
    fixed = scattered >= 2
    factor = max(plan.people - people[fixed].sum(), 0) / max(people[~fixed].sum(), 1)
    return np.maximum(np.rint(np.where(fixed, people, people * factor)), 1).astype(np.int64)


def _table(
    rng: np.random.Generator,
    grid: _Grid,
    settlement: Settlement,
    areas: Municipalities,
    *,
    cells: Ints,
    counts: Ints,
    roadless: int,
) -> People:
    """Return the settled cells in the order of their codes; the last ones given are roadless."""
    order = np.argsort(mesh.from_grid(grid.row[cells], grid.col[cells], LEVEL).astype(str))
    alone = (np.arange(len(cells)) >= len(cells) - roadless)[order]
    cells, counts = cells[order], counts[order]
    x, y = grid.x[cells], grid.y[cells]
    aged = settlement.aged_share(x, y) + rng.normal(0, 0.035, len(cells))
    return People(
        mesh.from_grid(grid.row[cells], grid.col[cells], LEVEL), x, y, counts,
        np.clip(aged, 0.1, 0.85), areas.index_of(x, y), grid.node[cells], alone,
    )  # fmt: skip


def _cell_m2() -> float:
    b = mesh.bounds(mesh.encode([135.5], [39.0], LEVEL))[0]
    return float((to_x(b[2]) - to_x(b[0])) * (to_y(b[3]) - to_y(b[1])))
