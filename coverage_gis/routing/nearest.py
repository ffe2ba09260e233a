"""The nearest target of each place along the network, with distance and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.routing.forms import Out
from coverage_gis.routing.graph import RoadGraph, RoutingGraph, owned, prepare, road_graph
from coverage_gis.routing.places import fill_nodes, fill_places
from coverage_gis.routing.search import search
from coverage_gis.routing.threads import by_slices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.network.snap import Snap

__all__ = [
    "Nearest",
    "RoadGraph",
    "RoutingGraph",
    "nearest",
    "nearest_of_nodes",
    "prepare",
    "road_graph",
]


@dataclass(frozen=True)
class Nearest:
    """The nearest target of each place; all arrays of shape (n_places,).

    Attributes
    ----------
    target
        Index into the graph's targets, -1 where none can be reached.
    distance_m, travel_time_s
        Along the same path, both access legs at walking speed included; NaN without.
    """

    target: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    travel_time_s: NDArray[np.float64]


def nearest(graph: RoutingGraph, members: NDArray[np.int64], origins: Snap) -> Nearest:
    """Return the nearest of some targets from each place.

    Walking minimises distance and driving minimises time; the other quantity is measured
    along that path. One-way streets bind, in the direction place to target (or target to
    place if the graph was prepared ``outward``). Among equally near targets the one with
    the lowest index wins.

    Parameters
    ----------
    graph
        From `prepare`.
    members
        Indices into the targets: those of one service. Ones that join no edge are ignored.
    origins
        Places joined to the same network.
    """
    road = graph.road
    members = graph.joined(members)
    found = search(road.arcs, graph.seeds(members))
    beside, places = graph.beside(members), road.places(origins)
    out = _out(len(origins))
    by_slices(
        lambda rows: fill_places(rows, places, road.chains, graph.targets, beside, found, out),
        len(origins),
    )
    return Nearest(out.label, *road.in_order(out.primary, out.secondary))


def nearest_of_nodes(graph: RoutingGraph, members: NDArray[np.int64]) -> Nearest:
    """Return the nearest of some targets from every node of the network, by ``node_id``.

    The same as ``nearest(graph, members, node_places(network))``, faster: chains are filled
    one by one.

    Parameters
    ----------
    graph
        From `prepare`.
    members
        Indices into the targets. Ones that join no edge are ignored.
    """
    road, network = graph.road, graph.road.network
    members = graph.joined(members)
    found = search(road.arcs, graph.seeds(members))
    beside = graph.beside(members)
    out = _out(len(network.node_id))
    reached = found.label >= 0
    out.primary[network.junction] = np.where(reached, found.primary, np.nan)
    out.secondary[network.junction] = np.where(reached, found.secondary, np.nan)
    out.label[network.junction] = found.label
    up, down = network.vertex_backward_s, network.vertex_forward_s
    if road.outward:
        up, down = down, up
    first, node = owned(network.chain_first), owned(network.vertex_node)
    vertex = (owned(network.vertex_m), owned(up), owned(down))
    by_slices(
        lambda rows: fill_nodes(
            rows, first, node, vertex, road.chains, graph.targets, beside, found, out
        ),
        len(network.chain_from),
    )
    return Nearest(out.label, *road.in_order(out.primary, out.secondary))


def _out(n: int) -> Out:
    return Out(np.empty(n), np.empty(n), np.empty(n, dtype=np.int64))
