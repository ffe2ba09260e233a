"""Roads laid over the streets: motorway, island loop, ferry, joints to the valleys, alleys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_gis.demo.lattice import Lattice
    from coverage_gis.demo.roads import RoadBuilder
    from coverage_gis.demo.terrain import Terrain
    from coverage_gis.demo.towns import Town

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOTORWAY = "架空自動車道"
FERRY = "架空浮島フェリー"
_MOTORWAY_STEP_M = 130.0
_CARRIAGEWAY_M = 9.0


def join(builder: RoadBuilder, streets: Lattice, offset: int, node: int, highway: str) -> None:
    """Join a node to the nearest point of a lattice by a road with bends every 60 m."""
    here = builder.position(node)
    there = int(cKDTree(np.column_stack([streets.x, streets.y])).query(here)[1])
    to = np.array([streets.x[there], streets.y[there]])
    count = int(np.hypot(*(to - here)) / 60)
    t = np.linspace(0, 1, count + 2)[1:-1, None]
    points = here + t * (to - here)
    own = builder.add_nodes(points[:, 0], points[:, 1]) if count else np.empty(0, dtype=np.int64)
    builder.add_way([node, *own, there + offset], {"highway": highway})


def add_motorway(
    builder: RoadBuilder, t: Terrain, towns: Sequence[Town], beyond_m: float
) -> list[int]:
    """Add two one-way carriageways along the coast with interchanges; return their gates.

    Traffic keeps to the left: the eastbound carriageway is the northern one. Gates are nodes
    that are still to be joined to the streets.
    """
    x = np.arange(-t.width / 2 - beyond_m, t.width / 2 + beyond_m, _MOTORWAY_STEP_M)
    y = t.smooth_coast(x) - 0.62 * t.plain_depth(x)
    slope = np.gradient(y, x)
    normal = np.column_stack([-slope, np.ones_like(slope)]) / np.hypot(slope, 1)[:, None]
    middle = np.column_stack([x, y])
    tags = {
        "highway": "motorway", "name": MOTORWAY, "oneway": "yes", "maxspeed": "80", "lanes": "2",
        "motorroad": "yes", "toll": "yes", "layer": "1", "bridge": "yes",
    }  # fmt: skip
    north, south = (middle + side * _CARRIAGEWAY_M * normal for side in (1, -1))
    east = builder.add_nodes(north[:, 0], north[:, 1])
    west = builder.add_nodes(south[:, 0], south[:, 1])[::-1]
    for nodes in (east, west):
        for start in range(0, len(nodes) - 1, 60):
            builder.add_way(nodes[start : start + 61], tags)
    gates = []
    for town in towns:
        k = int(np.clip(np.abs(x - town.x).argmin(), 8, len(x) - 9))
        at = middle[k] - 260 * normal[k]
        gate = int(builder.add_nodes(at[0], at[1])[0])
        back = len(x) - 1 - k
        _ramps(builder, gate, (east[k - 4], east[k + 4]), (north[k], south[k]))
        _ramps(builder, gate, (west[back - 4], west[back + 4]), (south[k], south[k]))
        gates.append(gate)
    return gates


def _ramps(
    builder: RoadBuilder, gate: int, ends: tuple[int, int], via: tuple[Array, Array]
) -> None:
    """Add the ramp off a carriageway and the one onto it."""
    here = builder.position(gate)
    tags = {"highway": "motorway_link", "oneway": "yes", "maxspeed": "40", "layer": "1"}
    for end, towards, off in ((ends[0], via[0], True), (ends[1], via[1], False)):
        bend = 0.45 * builder.position(int(end)) + 0.15 * towards + 0.4 * here
        own = builder.add_nodes(bend[0], bend[1])
        run = [int(end), int(own[0]), gate]
        builder.add_way(run if off else run[::-1], tags)


def add_island_loop(builder: RoadBuilder, t: Terrain, streets: Lattice, offset: int) -> None:
    """Add the road round the island where there are no streets, joined to them at both ends."""
    cx, cy = t.island_centre
    ring = np.array([cx, cy]) + 0.78 * (t.island[:-1] - [cx, cy])
    tree = cKDTree(np.column_stack([streets.x, streets.y]))
    free = tree.query(ring)[0] > 170
    if free.any() and not free.all():  # start where the streets end
        ring = np.roll(ring, -int(np.flatnonzero(~free[:-1] & free[1:])[0] + 1), axis=0)
        free = tree.query(ring)[0] > 170
        ring = ring[: int(np.argmin(free)) or None]
    nodes = builder.line(_denser(ring, 55.0), {"highway": "tertiary", "name": "浮島一周道路"})
    join(builder, streets, offset, int(nodes[0]), "tertiary")
    join(builder, streets, offset, int(nodes[-1]), "tertiary")


def add_ferry(
    builder: RoadBuilder, t: Terrain, mainland: tuple[Lattice, int], island: tuple[Lattice, int]
) -> None:
    """Add a ferry line between piers at the ends of harbour roads."""
    piers = []
    for (streets, offset), shift, aim in (
        (mainland, 220.0, np.array([t.city_x, float(t.coast(np.array([t.city_x]))[0])])),
        (island, -220.0, np.array([t.island_centre[0], float(t.island[:, 1].min())])),
    ):
        near = int(cKDTree(np.column_stack([streets.x, streets.y])).query(aim)[1])
        end = np.array([streets.x[near], streets.y[near] + shift])
        pier = builder.add_nodes(end[0], end[1])
        builder.add_way([near + offset, *pier], {"highway": "service", "service": "driveway"})
        piers.append((int(pier[0]), end))
    (start, a), (stop, b) = piers
    s = np.linspace(0, 1, 9)[1:-1, None]
    middle = a + s * (b - a) + np.sin(np.pi * s) * [600.0, 0.0]
    own = builder.add_nodes(middle[:, 0], middle[:, 1])
    tags = {
        "route": "ferry", "name": FERRY, "duration": "00:45", "foot": "yes", "motor_vehicle": "yes",
        "operator": "架空浮島汽船",
    }  # fmt: skip
    builder.add_way([start, *own, stop], tags)


def add_alleys(
    rng: np.random.Generator, builder: RoadBuilder, streets: Lattice, offset: int, count: int
) -> None:
    """Add dead-end drives, private yards, footways and steps that leave streets in towns."""
    town = np.unique(streets.link_a[streets.link_level >= 2])
    count = min(count, len(town))
    if not count:
        return
    start = rng.choice(town, count, replace=False)
    angle = rng.uniform(0, 2 * np.pi, count)
    reach = rng.uniform(12, 26, count)
    bend = angle + rng.normal(0, 0.5, count)
    x1 = streets.x[start] + reach * np.cos(angle)
    y1 = streets.y[start] + reach * np.sin(angle)
    first = builder.add_nodes(x1, y1)
    second = builder.add_nodes(x1 + reach * np.cos(bend), y1 + reach * np.sin(bend))
    choices = [
        builder.tag(tags)
        for tags in (
            {"highway": "service", "service": "driveway"},
            {"highway": "service", "service": "parking_aisle"},
            {"highway": "service", "access": "private"},
            {"highway": "footway"},
            {"highway": "footway", "surface": "paving_stones"},
            {"highway": "steps"},
            {"highway": "path", "bicycle": "no"},
        )
    ]
    tag = rng.choice(choices, count, p=[0.25, 0.2, 0.1, 0.25, 0.1, 0.05, 0.05])
    refs = np.column_stack([start + offset, first, second]).ravel()
    builder.add_ways(refs, np.full(count, 3), tag)


def _denser(points: Array, step_m: float) -> Array:
    """Return a line with points about ``step_m`` apart along it."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.linspace(0, along[-1], max(2, int(along[-1] / step_m)))
    return np.column_stack([np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1])])
