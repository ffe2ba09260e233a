"""The road network of the prefecture: valleys first, then streets, then what joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from coverage_gis.demo import joints
from coverage_gis.demo.arteries import (
    CLASSES,
    PEDESTRIAN,
    PRIMARY,
    RESIDENTIAL,
    SECONDARY,
    TERTIARY,
    TRUNK,
    UNCLASSIFIED,
    Arteries,
    add_lattice,
    make_arteries,
)
from coverage_gis.demo.roads import RoadBuilder, Roads
from coverage_gis.demo.streets import make_streets
from coverage_gis.demo.terrain import BEYOND_M
from coverage_gis.demo.valleys import add_valley_roads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.demo.lattice import Lattice
    from coverage_gis.demo.plan import Plan
    from coverage_gis.demo.terrain import Terrain
    from coverage_gis.demo.towns import Settlement

    Ints = NDArray[np.int64]

_ALLEYS = 0.012  # alleys per node: each brings two nodes
_MISC_NODES = 450
_ONE_WAY = 0.07  # of residential ways in the plain
_SPEED_POSTED = 0.12
_MAXSPEED = {TRUNK: "60", PRIMARY: "50", SECONDARY: "40", TERTIARY: "40", RESIDENTIAL: "30"}
_LANES = {TRUNK: "4", PRIMARY: "2", SECONDARY: "2"}


@dataclass(frozen=True)
class Network:
    """Roads, and where the hamlet lies that they do not reach."""

    roads: Roads
    hamlet: tuple[float, float]


def make_network(plan: Plan, terrain: Terrain, settlement: Settlement) -> Network:
    """Lay all roads of a plan."""
    rng = plan.rng("roads")
    builder = RoadBuilder()
    valleys = add_valley_roads(rng, builder, terrain, settlement)
    coastal = settlement.towns[: min(3, len(settlement.towns) - 1)]
    gates = joints.add_motorway(builder, terrain, coastal, BEYOND_M)
    alleys = int(_ALLEYS * plan.nodes)
    plain, island = make_streets(
        plan, terrain, settlement, builder.nodes + 2 * alleys + _MISC_NODES
    )
    ways_out = _ends_of_the_coast_road(terrain)
    mouths = np.array([builder.position(node) for node in valleys.mouths])
    arteries = make_arteries(rng, plain, settlement.towns[:-1], np.vstack([ways_out, mouths]))
    first = _add(rng, builder, plain, arteries)
    quiet = np.where(island.link_kind > 0, UNCLASSIFIED, RESIDENTIAL)
    on_island = _add(rng, builder, island, Arteries(quiet, np.zeros_like(quiet)))
    for node in valleys.mouths:
        joints.join(builder, plain, first, node, "primary")
    for node in gates:
        joints.join(builder, plain, first, node, "secondary")
    joints.add_island_loop(builder, terrain, island, on_island)
    joints.add_ferry(builder, terrain, (plain, first), (island, on_island))
    joints.add_alleys(rng, builder, plain, first, alleys)
    return Network(builder.build(), valleys.hamlet)


def _ends_of_the_coast_road(t: Terrain) -> NDArray[np.float64]:
    x = np.array([-t.width / 2 - BEYOND_M, t.width / 2 + BEYOND_M])
    return np.column_stack([x, t.smooth_coast(x) - 1_500])


def _add(
    rng: np.random.Generator, builder: RoadBuilder, streets: Lattice, arteries: Arteries
) -> int:
    """Add a lattice's nodes and ways; return the number of its first node."""
    first = int(builder.add_nodes(streets.x, streets.y)[0])
    refs, sizes, road_class, number = add_lattice(rng, streets, arteries)
    n = len(sizes)
    one_way = (road_class == RESIDENTIAL) & (rng.random(n) < _ONE_WAY)
    one_way &= ~_traps(refs, sizes, one_way, road_class != PEDESTRIAN)
    posted = (road_class != RESIDENTIAL) | (rng.random(n) < _SPEED_POSTED)
    key = np.column_stack([road_class, number, one_way, posted])
    kinds, which = np.unique(key, axis=0, return_inverse=True)
    tags = np.array([builder.tag(_tags(*(int(v) for v in kind))) for kind in kinds])
    builder.add_ways(refs + first, sizes, tags[which.ravel()])
    return first


def _traps(
    refs: NDArray[np.int64],
    sizes: NDArray[np.int64],
    one_way: NDArray[np.bool_],
    for_cars: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return the one-way streets that lead cars to where no way leads back, or from there.

    Nobody signs a town's middle so that cars cannot leave it. Those streets join strongly
    connected parts in one direction only; with them two-way, whatever is joined at all can be
    driven to and from.
    """
    last = np.cumsum(sizes)
    inside = np.ones(len(refs), dtype=bool)
    inside[last - 1] = False  # the last node of a way begins no piece
    start = np.flatnonzero(inside & np.repeat(for_cars, sizes))
    tail, head = refs[start], refs[start + 1]
    way = np.repeat(np.arange(len(sizes)), sizes)[start]
    both = ~one_way[way]
    edges = np.append(tail, head[both]), np.append(head, tail[both])
    n = int(refs.max()) + 1
    graph = coo_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(n, n))
    part = connected_components(graph, connection="strong")[1]
    out = np.zeros(len(sizes), dtype=bool)
    out[way[part[tail] != part[head]]] = True
    return out


def _tags(road_class: int, number: int, one_way: int, posted: int) -> dict[str, str]:
    tags = {"highway": CLASSES[road_class]}
    if road_class == TRUNK:
        tags |= {"name": f"架空国道{number}号", "ref": str(number)}
    elif number:
        tags |= {"name": f"架空県道{number}号", "ref": str(number)}
    if posted and road_class in _MAXSPEED:
        tags["maxspeed"] = _MAXSPEED[road_class]
    if road_class in _LANES:
        tags["lanes"] = _LANES[road_class]
    if one_way:
        tags["oneway"] = "yes"
    return tags
