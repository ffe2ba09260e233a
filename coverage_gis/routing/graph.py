"""A network made ready for routing, and targets made ready to be searched from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.network.compiled import compiled
from coverage_gis.routing.arcs import junction_arcs
from coverage_gis.routing.forms import Arcs, Beside, Chains, Places, Seeds

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from coverage_gis.network.model import Network
    from coverage_gis.network.snap import Snap


@dataclass(frozen=True)
class RoadGraph:
    """The junctions of a network as a graph, whatever is to be searched for.

    The search runs from targets, against travel unless ``outward``. Along a chain it runs
    *up* (from the chain's start to its end) or *down*.

    Attributes
    ----------
    network
        The network; its vertices are used where all of its nodes are asked for.
    outward
        Whether paths lead from targets to places; else from places to targets.
    arcs, chains
        What is searched; see `forms`.
    """

    network: Network
    outward: bool
    arcs: Arcs
    chains: Chains

    @property
    def by_time(self) -> bool:
        """Whether seconds are minimised (driving), or metres (walking)."""
        return self.chains.by_time

    def places(self, snapped: Snap) -> Places:
        """Return places as the compiled functions want them."""
        up, down = snapped.backward_s, snapped.forward_s
        if self.outward:
            up, down = down, up
        metres = snapped.snap_m
        seconds = metres / self.network.walk_speed_m_per_s
        return Places(
            chain=owned(snapped.chain),
            junction=owned(snapped.junction),
            measure=np.column_stack([snapped.position_m, up, down]),
            leg=np.column_stack([seconds, metres] if self.by_time else [metres, seconds]),
        )

    def in_order(
        self, primary: NDArray[np.float64], secondary: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return primary and secondary costs as metres and seconds."""
        return (secondary, primary) if self.by_time else (primary, secondary)


@dataclass(frozen=True)
class RoutingGraph:
    """A road graph and the targets that can be asked about."""

    road: RoadGraph
    targets: Places

    def joined(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the members that join the network, ascending, each once."""
        members = np.unique(np.asarray(members, dtype=np.int64))
        return members[self.targets.chain[members] >= 0]

    def seeds(self, members: NDArray[np.int64]) -> Seeds:
        """Return where a search from targets that join the network starts.

        A target at a junction gives one row, one along a chain up to two.
        """
        chains, at = self.road.chains, self.targets
        chain, junction = at.chain[members], at.junction[members].astype(np.int32)
        measure, leg = at.measure[members], at.leg[members]
        order = [1, 0] if chains.by_time else [0, 1]
        along = junction < 0
        here = np.flatnonzero(~along)
        down = np.flatnonzero(along & chains.down_open[chain])
        up = np.flatnonzero(along & chains.up_open[chain])
        left = chains.total[chain[up]] - measure[up]
        to_start, to_end = measure[down][:, [0, 2]][:, order], left[:, [0, 1]][:, order]
        return Seeds(
            np.concatenate([junction[here], chains.low[chain[down]], chains.high[chain[up]]]),
            # in rows, as every time: for columns numba would compile anew
            np.ascontiguousarray(
                np.concatenate([leg[here], leg[down] + to_start, leg[up] + to_end])
            ),
            members[np.concatenate([here, down, up])].astype(np.int32),
        )

    def beside(self, members: NDArray[np.int64]) -> Beside:
        """Return the targets along each chain; those at junctions are on none."""
        inside = members[self.targets.junction[members] < 0]
        return Beside(*by_key(self.targets.chain[inside], inside, len(self.road.chains.low)))


def road_graph(network: Network, *, outward: bool = False) -> RoadGraph:
    """Return a network as a graph to search.

    Parameters
    ----------
    network
        Network of one mode: "walk" minimises metres, any other seconds.
    outward
        Measure from targets to places (an ambulance) instead of from places to targets.
    """
    last = network.chain_first[1:] - 1
    up, down = network.vertex_backward_s, network.vertex_forward_s
    up_open, down_open = network.chain_backward, network.chain_forward
    if outward:
        up, down, up_open, down_open = down, up, down_open, up_open
    chains = Chains(
        low=owned(network.chain_from),
        high=owned(network.chain_to),
        up_open=owned(up_open),
        down_open=owned(down_open),
        total=np.column_stack([network.vertex_m[last], up[last], down[last]]),
        by_time=network.mode != schema.WALK,
    )
    arcs = junction_arcs(chains, len(network.junction))
    return RoadGraph(network, outward, Arcs(*arcs), chains)


def prepare(network: Network | RoadGraph, targets: Snap, *, outward: bool = False) -> RoutingGraph:
    """Return the graph on which anything about ``targets`` can be asked.

    Parameters
    ----------
    network
        Network of one mode, or the `RoadGraph` of one, to be used again and again.
    targets
        All facilities of all services, joined to this network.
    outward
        As for `road_graph`; a graph that is given has its own direction.
    """
    road = network if isinstance(network, RoadGraph) else road_graph(network, outward=outward)
    return RoutingGraph(road, road.places(targets))


def owned(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array, writable: for one that is not numba would compile anew."""
    return array if array.flags.writeable and type(array) is np.ndarray else np.array(array)


@compiled
def by_key(
    key: NDArray[np.int64], item: NDArray[np.int64], n: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return items grouped by key: those of k are ``grouped[first[k]:first[k + 1]]``, in order."""
    first = np.zeros(n + 1, np.int32)
    for k in key:
        first[k + 1] += 1
    for k in range(n):
        first[k + 1] += first[k]
    at = first[:-1].copy()
    grouped = np.empty(len(item), np.int32)
    for i in range(len(item)):
        grouped[at[key[i]]] = item[i]
        at[key[i]] += 1
    return first, grouped
