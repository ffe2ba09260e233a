"""A network made ready for routing to given targets: each of them becomes a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.routing.search import arcs_by_node

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.network.model import Network
    from coverage_gis.network.snap import Snap


@dataclass(frozen=True)
class RoutingGraph:
    """Chains broken at the feet of targets, as arcs to be searched from the targets.

    Attributes
    ----------
    by_time
        Whether seconds are minimised (driving), or metres (walking).
    outward
        Whether paths lead from targets to places; else from places to targets.
    walk_speed_m_per_s
        Speed on access legs.
    first, to, cost
        Arcs out of each node in the direction of the search, i.e. against travel unless
        ``outward``; cost is (primary, secondary), (A, 2).
    stop_first, stop, stop_node
        Nodes along each chain; ``stop`` is metres, seconds along, seconds against, (T, 3).
    ahead, behind
        Whether travel goes along and against each chain (swapped if ``outward``), (C,).
    target_node
        Node of each target, -1 where it joins no edge, (n_targets,).
    target_cost
        Access leg of each target as (primary, secondary), (n_targets, 2).
    """

    by_time: bool
    outward: bool
    walk_speed_m_per_s: float
    first: NDArray[np.int64]
    to: NDArray[np.int32]
    cost: NDArray[np.float64]
    stop_first: NDArray[np.int64]
    stop: NDArray[np.float64]
    stop_node: NDArray[np.int32]
    ahead: NDArray[np.bool_]
    behind: NDArray[np.bool_]
    target_node: NDArray[np.int32]
    target_cost: NDArray[np.float64]

    @property
    def n_nodes(self) -> int:
        """Junctions and feet of targets."""
        return len(self.first) - 1


def prepare(network: Network, targets: Snap, *, outward: bool = False) -> RoutingGraph:
    """Return the graph on which anything about ``targets`` can be asked.

    Targets with the same foot share a node; a foot at the end of a chain is its junction.

    Parameters
    ----------
    network
        Network of one mode: "walk" minimises metres, any other seconds.
    targets
        All facilities of all services, joined to this network.
    outward
        Measure from targets to places (an ambulance) instead of from places to targets.
    """
    by_time = network.mode != schema.WALK
    seconds = [network.vertex_forward_s, network.vertex_backward_s]
    target_seconds = [targets.forward_s, targets.backward_s]
    ahead, behind = network.chain_forward, network.chain_backward
    if outward:
        seconds.reverse()
        target_seconds.reverse()
        ahead, behind = behind, ahead
    start, end = network.chain_first[:-1], network.chain_first[1:] - 1
    measures = np.column_stack([network.vertex_m, *seconds])

    node, broken = _target_nodes(network, targets)
    first_target, chain = broken
    n_chains = len(start)
    extra = np.bincount(chain, minlength=n_chains)
    stop_first = np.concatenate([[0], np.cumsum(extra + 2)]).astype(np.int64)
    stop = np.empty((stop_first[-1], 3))
    stop_node = np.empty(stop_first[-1], dtype=np.int32)
    stop[stop_first[:-1]], stop_node[stop_first[:-1]] = measures[start], network.chain_from
    stop[stop_first[1:] - 1], stop_node[stop_first[1:] - 1] = measures[end], network.chain_to
    # breaks are sorted by chain, each chain's first stop is before and its last behind them
    place = np.arange(len(chain)) + 2 * chain + 1
    stop[place] = np.column_stack([targets.position_m, *target_seconds])[first_target]
    stop_node[place] = node[first_target]

    n_nodes = len(network.junction) + len(chain)
    first, to, cost = _arcs(
        stop_first,
        stop,
        stop_node,
        ahead=ahead,
        behind=behind,
        n_nodes=n_nodes,
        by_time=by_time,
    )
    legs = np.column_stack([targets.snap_m, targets.snap_m / network.walk_speed_m_per_s])
    return RoutingGraph(
        by_time=by_time,
        outward=outward,
        walk_speed_m_per_s=network.walk_speed_m_per_s,
        first=first,
        to=to,
        cost=cost,
        stop_first=stop_first,
        stop=stop,
        stop_node=stop_node,
        # copies, since a stored network is read-only, for which numba would compile anew
        ahead=np.array(ahead),
        behind=np.array(behind),
        target_node=node,
        target_cost=np.ascontiguousarray(legs[:, ::-1] if by_time else legs),
    )


def _target_nodes(
    network: Network, targets: Snap
) -> tuple[NDArray[np.int32], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return each target's node, and for each new node one of its targets and its chain."""
    node = targets.junction.astype(np.int32)
    chain, position = targets.chain, targets.position_m
    inner = np.flatnonzero(targets.joined & (node < 0))
    inner = inner[np.lexsort((inner, position[inner], chain[inner]))]
    new = np.ones(len(inner), dtype=np.bool_)
    new[1:] = (np.diff(chain[inner]) != 0) | (np.diff(position[inner]) != 0)
    node[inner] = len(network.junction) + np.cumsum(new) - 1
    return node, (inner[new], chain[inner[new]])


def _arcs(
    stop_first: NDArray[np.int64],
    stop: NDArray[np.float64],
    stop_node: NDArray[np.int32],
    *,
    ahead: NDArray[np.bool_],
    behind: NDArray[np.bool_],
    n_nodes: int,
    by_time: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return the pieces between neighbouring stops as arcs against the direction of travel."""
    chain = np.repeat(np.arange(len(ahead)), np.diff(stop_first))
    goes_on = np.ones(len(chain), dtype=np.bool_)
    goes_on[stop_first[1:] - 1] = False
    here = np.flatnonzero(goes_on)
    length = np.diff(stop, axis=0)[here]
    along, against = ahead[chain[here]], behind[chain[here]]
    low, high = stop_node[here], stop_node[here + 1]
    order = (1, 0) if by_time else (0, 1)
    metres_seconds_along = length[:, [0, 1]][:, order]
    metres_seconds_against = length[:, [0, 2]][:, order]
    return arcs_by_node(
        np.concatenate([high[along], low[against]]),
        np.concatenate([low[along], high[against]]),
        np.concatenate([metres_seconds_along[along], metres_seconds_against[against]]),
        n_nodes,
    )
