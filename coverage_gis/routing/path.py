"""The way itself: through which vertices a place reaches a target."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.routing.graph import RoutingGraph, prepare
from coverage_gis.routing.nearest import nearest
from coverage_gis.routing.search import search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from coverage_gis.network.model import Network
    from coverage_gis.network.snap import Snap

# Sums of the same parts in another order differ by less: 1e-9 of a way, or a micrometre.
_RELATIVE, _ABSOLUTE = 1e-9, 1e-6
_ORIGIN, _TARGET = -1, -2


@dataclass(frozen=True)
class Path:
    """The way from a place to a target along the network.

    Attributes
    ----------
    lon, lat
        From the place's foot on its edge to the target's foot, degrees, (n,).
    way_id
        OSM ways in the order they are used, each time it is entered.
    distance_m, travel_time_s
        Both access legs included, as `nearest.Nearest` has them.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    way_id: tuple[int, ...]
    distance_m: float
    travel_time_s: float


@dataclass(frozen=True)
class _Step:
    """A run along one chain, from a position to another; metres from the chain's start."""

    chain: int
    start_m: float
    end_m: float


def shortest_path(network: Network, origin: Snap, target: Snap) -> Path | None:
    """Return the way that `nearest` measures from one place to one target, or None.

    A search from the target gives what is left from every junction; the way follows the arcs
    along which nothing is lost.

    Parameters
    ----------
    network
        Network of one mode: walking minimises distance, driving minimises time.
    origin, target
        A place each, joined to the network (`snap`), of length 1.

    Returns
    -------
    Path or None
        None where there is no way, or where either joins no edge.
    """
    graph = prepare(network, target)
    member = np.zeros(1, dtype=np.int64)
    found = nearest(graph, member, origin)
    if found.target[0] < 0:
        return None
    by_time = graph.road.by_time
    total = float((found.travel_time_s if by_time else found.distance_m)[0])
    leg_m = float(origin.snap_m[0])
    leg = leg_m / network.walk_speed_m_per_s if by_time else leg_m
    left = search(graph.road.arcs, graph.seeds(member)).primary
    steps = _Way(graph, origin, target, left).steps(total - leg)
    lon, lat = _line(network, steps, origin, target)
    return Path(
        lon, lat, _ways(network, steps), float(found.distance_m[0]), float(found.travel_time_s[0])
    )


class _Way:
    """Following the arcs along which nothing is lost."""

    def __init__(
        self, graph: RoutingGraph, origin: Snap, target: Snap, left: NDArray[np.float64]
    ) -> None:
        self._net = graph.road.network
        self._by_time = graph.road.by_time
        self._origin, self._target = origin, target
        self._left = left
        leg_m = float(target.snap_m[0])
        speed = self._net.walk_speed_m_per_s
        self._last_leg = leg_m / speed if self._by_time else leg_m

    def steps(self, total: float) -> list[_Step]:
        """Return the runs along chains that make up the way, ``total`` being what it costs."""
        came: dict[int, tuple[int, _Step | None]] = {_ORIGIN: (_ORIGIN, None)}
        waiting = deque([(_ORIGIN, total)])
        while waiting:
            here, rest = waiting.popleft()
            for there, step, cost in self._onward(here):
                after = self._last_leg if there == _TARGET else float(self._left[there])
                if there in came or not _same(rest, cost + after):
                    continue
                came[there] = (here, step)
                if there == _TARGET:
                    return _back(came)
                waiting.append((there, after))
        raise AssertionError("the way that was measured was not found again")

    def _onward(self, here: int) -> Iterator[tuple[int, _Step | None, float]]:
        """Yield what can be reached along one chain: a junction or the target, and its cost."""
        net = self._net
        if here == _ORIGIN:
            junction = int(self._origin.junction[0])
            if junction >= 0:
                yield junction, None, 0.0
            else:
                yield from self._along(int(self._origin.chain[0]), self._origin_at())
            return
        if int(self._target.junction[0]) == here:
            yield _TARGET, None, 0.0
        for chain in np.flatnonzero((net.chain_from == here) | (net.chain_to == here)):
            if net.chain_from[chain] == here:
                yield from self._along(int(chain), (0.0, 0.0, 0.0))
            if net.chain_to[chain] == here:
                yield from self._along(int(chain), self._end_of(int(chain)))

    def _along(
        self, chain: int, start: tuple[float, float, float]
    ) -> Iterator[tuple[int, _Step, float]]:
        net = self._net
        stops = [(int(net.chain_from[chain]), (0.0, 0.0, 0.0))]
        stops.append((int(net.chain_to[chain]), self._end_of(chain)))
        if int(self._target.junction[0]) < 0 and int(self._target.chain[0]) == chain:
            stops.append((_TARGET, _at(self._target)))
        for there, end in stops:
            up = end[0] - start[0]
            if up == 0.0 and there != _TARGET and start[0] in {0.0, self._end_of(chain)[0]}:
                forward_open = bool(net.chain_forward[chain] or net.chain_backward[chain])
            elif up >= 0:
                forward_open = bool(net.chain_forward[chain])
            else:
                forward_open = bool(net.chain_backward[chain])
            if forward_open:
                seconds = end[1] - start[1] if up >= 0 else start[2] - end[2]
                yield there, _Step(chain, start[0], end[0]), seconds if self._by_time else abs(up)

    def _origin_at(self) -> tuple[float, float, float]:
        return _at(self._origin)

    def _end_of(self, chain: int) -> tuple[float, float, float]:
        net = self._net
        last = int(net.chain_first[chain + 1]) - 1
        return (
            float(net.vertex_m[last]),
            float(net.vertex_forward_s[last]),
            float(net.vertex_backward_s[last]),
        )


def _at(place: Snap) -> tuple[float, float, float]:
    return float(place.position_m[0]), float(place.forward_s[0]), float(place.backward_s[0])


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _ABSOLUTE + _RELATIVE * abs(one)


def _back(came: dict[int, tuple[int, _Step | None]]) -> list[_Step]:
    steps, here = [], _TARGET
    while here != _ORIGIN:
        here, step = came[here]
        if step is not None:
            steps.append(step)
    return steps[::-1]


def _vertices(network: Network, step: _Step) -> NDArray[np.int64]:
    """Return the vertices strictly between the ends of a run, in the order of travel."""
    first, last = int(network.chain_first[step.chain]), int(network.chain_first[step.chain + 1])
    low, high = sorted((step.start_m, step.end_m))
    along = np.asarray(network.vertex_m[first:last])
    inside = first + np.flatnonzero((along >= low) & (along <= high)).astype(np.int64)
    return inside if step.end_m >= step.start_m else inside[::-1]


def _line(
    network: Network, steps: list[_Step], origin: Snap, target: Snap
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes = [network.vertex_node[_vertices(network, step)] for step in steps]
    inner = np.concatenate(nodes).astype(np.int64) if nodes else np.empty(0, dtype=np.int64)
    lon = np.concatenate([origin.lon, network.lon[inner], target.lon])
    lat = np.concatenate([origin.lat, network.lat[inner], target.lat])
    moved = np.ones(len(lon), dtype=np.bool_)
    moved[1:] = (np.diff(lon) != 0) | (np.diff(lat) != 0)
    return lon[moved], lat[moved]


def _ways(network: Network, steps: list[_Step]) -> tuple[int, ...]:
    """Return the OSM way of every segment that is used, repeated ones once."""
    out: list[int] = []
    for step in steps:
        first, last = int(network.chain_first[step.chain]), int(network.chain_first[step.chain + 1])
        low, high = sorted((step.start_m, step.end_m))
        along = np.asarray(network.vertex_m[first:last])
        used = first + np.flatnonzero((along[1:] > low) & (along[:-1] < high))
        ways = network.segment_way_id[used if step.end_m >= step.start_m else used[::-1]]
        out += [int(w) for w in ways]
    return tuple(w for i, w in enumerate(out) if i == 0 or out[i - 1] != w)
