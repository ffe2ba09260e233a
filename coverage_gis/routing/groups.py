"""Places grouped by the chain or the junction they are at, to be asked about again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled
from coverage_gis.routing.forms import Groups, Places
from coverage_gis.routing.graph import by_key, owned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.network.snap import Snap
    from coverage_gis.routing.forms import Arcs
    from coverage_gis.routing.graph import RoadGraph

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grouped:
    """Places in the order of their groups: inside each chain, then at each junction.

    Attributes
    ----------
    places
        The places in that order, as the compiled functions want them, (P,).
    first
        Where each group begins; see `forms.Groups`.
    index
        Which of the caller's places each is, (P,): those that join no edge are in no group.
    look_first, look
        See `forms.Groups`.
    """

    places: Places
    first: NDArray[np.int32]
    index: NDArray[np.int64]
    look_first: NDArray[np.int32]
    look: NDArray[np.int32]

    def weighed(self, weight: Floats) -> tuple[Groups, Floats]:
        """Return the groups with their bounds and sums, and the weights in their order.

        ``weight`` is of the caller's places.
        """
        own = np.ascontiguousarray(weight[self.index], dtype=np.float64)
        bounds = _bounds(self.first, self.places.leg, own)
        return Groups(self.first, *bounds, self.look_first, self.look), own


def grouped(road: RoadGraph, origins: Snap) -> Grouped:
    """Return places that join the network, grouped."""
    chains = len(road.chains.low)
    joined = np.flatnonzero(origins.chain >= 0)
    junction = origins.junction[joined]
    key = np.where(junction < 0, origins.chain[joined], chains + junction)
    first, order = by_key(key, joined, chains + len(road.network.junction))
    index = order.astype(np.int64)
    return Grouped(road.places(origins.take(index)), first, index, *_looks(first, road.arcs))


def grouped_nodes(road: RoadGraph) -> Grouped:
    """Return all nodes of the network, grouped; ``index`` is into its ``node_id``.

    The same as grouping ``node_places(network)``: the network has them in that order.
    """
    network = road.network
    size = np.diff(network.chain_first)
    inside = np.ones(len(network.vertex_node), np.bool_)
    inside[network.chain_first[:-1]] = inside[network.chain_first[1:] - 1] = False
    at = np.flatnonzero(inside)
    n, n_at = len(network.junction), len(at)
    up, down = network.vertex_backward_s, network.vertex_forward_s
    if road.outward:
        up, down = down, up
    first = np.zeros(len(size) + n + 1, np.int32)
    np.cumsum(np.concatenate([size - 2, np.ones(n, np.int64)]), out=first[1:])
    chain = np.concatenate([np.repeat(np.arange(len(size)), size - 2), np.zeros(n, np.int64)])
    measure = np.zeros((n_at + n, 3))
    for column, values in enumerate((network.vertex_m, up, down)):
        measure[:n_at, column] = values[at]
    places = Places(
        chain=chain,
        junction=np.concatenate([np.full(n_at, -1, np.int64), np.arange(n)]),
        measure=measure,
        leg=np.zeros((n_at + n, 2)),
    )
    index = np.concatenate([network.vertex_node[at], network.junction]).astype(np.int64)
    return Grouped(places, first, owned(index), *_looks(first, road.arcs))


@compiled
def _looks(first: NDArray[np.int32], arcs: Arcs) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return what is to be looked at from each junction: most chains of a search have no place."""
    arc_first, through = arcs.first, arcs.through
    n = len(arc_first) - 1
    chains = len(first) - 1 - n
    look_first = np.zeros(n + 1, np.int32)
    look = np.empty(n + len(through), np.int32)
    k = 0
    for u in range(n):
        if first[chains + u] < first[chains + u + 1]:
            look[k] = -1
            k += 1
        for arc in range(arc_first[u], arc_first[u + 1]):
            c = through[arc] >> 2
            if first[c] < first[c + 1]:
                look[k] = arc
                k += 1
        look_first[u + 1] = k
    return look_first, look[:k].copy()


@compiled
def _bounds(first: NDArray[np.int32], leg: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the least and the greatest primary leg of each group, and its sum of weights."""
    n = len(first) - 1
    least, greatest, total = np.empty(n), np.empty(n), np.zeros(n)
    for g in range(n):
        least[g], greatest[g] = np.inf, -np.inf
        for row in range(first[g], first[g + 1]):
            least[g] = min(least[g], leg[row, 0])
            greatest[g] = max(greatest[g], leg[row, 0])
            total[g] += weight[row]
    return least, greatest, total


@compiled
def spread(first: NDArray[np.int32], group_sum: Floats, place_sum: Floats) -> None:
    """Add what was counted for each group at once to each of its places."""
    for g in range(len(first) - 1):
        for row in range(first[g], first[g + 1]):
            for j in range(group_sum.shape[1]):
                place_sum[row, j] += group_sum[g, j]
