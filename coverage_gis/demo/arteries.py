"""Classes of lattice streets: main roads run where the shortest ways between towns run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from coverage_gis.demo.lattice import ALLEY, LANE, MAIN, Lattice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_gis.demo.towns import Town

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

CLASSES = (
    "residential", "unclassified", "tertiary", "secondary", "primary", "trunk", "pedestrian",
)  # fmt: skip
RESIDENTIAL, UNCLASSIFIED, TERTIARY, SECONDARY, PRIMARY, TRUNK, PEDESTRIAN = range(7)
_COST = (1.2, 0.9, 0.72)  # per metre by kind of line: traffic keeps to the main lines
_MALL_M = 450.0


@dataclass(frozen=True)
class Arteries:
    """Class and road number of each link; number 0 is a road without one."""

    road_class: Ints
    number: Ints


@dataclass(frozen=True)
class _Trip:
    """A main road to be: its class, and the towns or places it runs between."""

    road_class: int
    start: int
    ends: tuple[int, ...]


def make_arteries(
    rng: np.random.Generator,
    lattice: Lattice,
    towns: Sequence[Town],
    gates: Array,
) -> Arteries:
    """Classify the links of the plain's lattice.

    Parameters
    ----------
    rng
        Decides which alleys of the centre are for people on foot.
    lattice
        The plain's streets.
    towns
        Towns of the plain; the city first.
    gates
        ``(n, 2)`` points where roads leave the plain: the west end and the east end of the
        coast road first, then the valleys' mouths.
    """
    road_class = _by_line(rng, lattice, towns)
    number = np.zeros_like(road_class)
    places = np.vstack([[(t.x, t.y) for t in towns], gates])
    ends, inverse = np.unique(np.concatenate([lattice.link_a, lattice.link_b]), return_inverse=True)
    n = len(lattice.link_a)
    a, b = inverse[:n], inverse[n:]
    cost = lattice.link_m * np.take(_COST, lattice.link_kind)
    graph = coo_matrix((cost, (a, b)), shape=(len(ends), len(ends))).tocsr()
    label = coo_matrix((np.arange(n) + 1.0, (a, b)), shape=(len(ends), len(ends))).tocsr()
    label = label + label.T
    main = np.unique(np.concatenate([a[lattice.link_kind == MAIN], b[lattice.link_kind == MAIN]]))
    spots = np.column_stack([lattice.x[ends[main]], lattice.y[ends[main]]])
    at = main[cKDTree(spots).query(places)[1]]
    for k, trip in enumerate(_trips(places, len(towns))):
        away = np.hypot(*(places[list(trip.ends)] - places[trip.start]).T).max()
        _, before = dijkstra(
            graph, directed=False, indices=at[trip.start], return_predecessors=True,
            limit=2 * away + 5_000,
        )  # fmt: skip
        for end in trip.ends:
            links = _path(label, before, int(at[end]))
            links = links[road_class[links] <= trip.road_class]
            road_class[links] = trip.road_class
            number[links] = 1 if trip.road_class == TRUNK else 10 + k
    return Arteries(road_class, number)


def _by_line(rng: np.random.Generator, lattice: Lattice, towns: Sequence[Town]) -> Ints:
    """Return classes before any main road: by kind of line and density of streets."""
    kind, level = lattice.link_kind, lattice.link_level
    out = np.where(level >= 2, RESIDENTIAL, UNCLASSIFIED)
    out[(kind == MAIN) | ((kind == LANE) & (level >= 8))] = TERTIARY
    city = towns[0]
    x, y = lattice.x[lattice.link_a], lattice.y[lattice.link_a]
    mall = (kind == ALLEY) & (np.hypot(x - city.x, y - city.y) < _MALL_M)
    out[mall & (rng.random(len(out)) < 0.35)] = PEDESTRIAN
    return out


def _trips(places: Array, towns: int) -> list[_Trip]:
    """Return roads to be, the lesser classes first: the greater overwrite them."""
    town = places[:towns]
    trips = []
    for k in range(towns):
        away = np.hypot(*(town - town[k]).T)
        trips.append(_Trip(SECONDARY, k, tuple(int(i) for i in np.argsort(away)[1:3])))
    mouths = range(towns + 2, len(places))
    for mouth in mouths:
        nearest = int(np.hypot(*(town - places[mouth]).T).argmin())
        trips.append(_Trip(PRIMARY, mouth, (nearest,)))
    trips.append(_Trip(PRIMARY, 0, tuple(range(1, min(towns, 12)))))
    coast = [towns, *sorted(range(min(towns, 3)), key=lambda k: town[k, 0]), towns + 1]
    trips += [_Trip(TRUNK, a, (b,)) for a, b in pairwise(coast)]
    return trips


def _path(label: coo_matrix, before: NDArray[np.int32], end: int) -> Ints:
    """Return the links of the shortest path to ``end``."""
    nodes = [end]
    while before[nodes[-1]] >= 0:
        nodes.append(int(before[nodes[-1]]))
    if len(nodes) < 2:
        return np.empty(0, dtype=np.int64)
    return np.asarray(label[nodes[1:], nodes[:-1]], dtype=np.int64).ravel() - 1


def add_lattice(
    rng: np.random.Generator, lattice: Lattice, arteries: Arteries
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the lattice's ways as (nodes, nodes per way, class, number): runs along lines.

    A way goes on through crossings while class and number stay, as mappers draw them, and is
    cut now and then.
    """
    road_class = arteries.road_class[lattice.link]
    number = arteries.number[lattice.link]
    goes_on = (
        (lattice.line[1:] == lattice.line[:-1])
        & (lattice.a[1:] == lattice.b[:-1])
        & (road_class[1:] == road_class[:-1])
        & (number[1:] == number[:-1])
    )
    new_link = lattice.link[1:] != lattice.link[:-1]
    goes_on &= ~(new_link & (rng.random(len(new_link)) < 0.25))
    first = np.concatenate([[True], ~goes_on])
    way = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    refs = np.empty(len(lattice.a) + len(starts), dtype=np.int64)
    refs[np.arange(len(lattice.b)) + way + 1] = lattice.b
    refs[starts + np.arange(len(starts))] = lattice.a[starts]
    sizes = np.diff(np.append(starts, len(lattice.a))) + 1
    return refs, sizes, road_class[starts], number[starts]
