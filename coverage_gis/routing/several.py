"""The k nearest targets of each place along the network, with distances and times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_gis.routing.forms import Out
from coverage_gis.routing.groups import grouped_nodes
from coverage_gis.routing.search_several import fill_several, search_several
from coverage_gis.routing.threads import by_slices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.network.snap import Snap
    from coverage_gis.routing.forms import Places
    from coverage_gis.routing.graph import RoutingGraph


@dataclass(frozen=True)
class Several:
    """The k nearest targets of each place, nearest first; all arrays of shape (n_places, k).

    Attributes
    ----------
    target
        Index into the graph's targets, -1 where fewer can be reached.
    distance_m, travel_time_s
        Along the same path, both access legs at walking speed included; NaN without.
    """

    target: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    travel_time_s: NDArray[np.float64]


def k_nearest(graph: RoutingGraph, members: NDArray[np.int64], origins: Snap, k: int) -> Several:
    """Return the ``k`` nearest of some targets from each place.

    Nearest by metres walking and by seconds driving, exactly, in the direction of the
    graph; equally near targets come in the order of their indices. Column 0 is what
    `nearest.nearest` gives.

    Parameters
    ----------
    graph
        From `graph.prepare`.
    members
        Indices into the targets: those of one service. Ones that join no edge are ignored.
    origins
        Places joined to the same network.
    k
        How many, at least 1; a place that reaches fewer has -1 and NaN in the rest.
    """
    places = graph.road.places(origins)
    return _several(graph, members, places, np.arange(len(origins)), k)


def k_nearest_of_nodes(graph: RoutingGraph, members: NDArray[np.int64], k: int) -> Several:
    """Return the ``k`` nearest of some targets from every node of the network, by ``node_id``.

    The same as ``k_nearest(graph, members, node_places(network), k)``, faster: the network has
    its nodes chain by chain.

    Parameters
    ----------
    graph, members, k
        As for `k_nearest`.
    """
    rows = grouped_nodes(graph.road)
    return _several(graph, members, rows.places, rows.index, k)


def _several(
    graph: RoutingGraph,
    members: NDArray[np.int64],
    places: Places,
    index: NDArray[np.int64],
    k: int,
) -> Several:
    """Return the k nearest of places, each in the row that ``index`` says."""
    road = graph.road
    members = graph.joined(members)
    depth = max(1, min(k, len(members)))
    found = search_several(road.arcs, graph.seeds(members), depth)
    beside = graph.beside(members)
    shape = (len(index), depth)
    out = Out(np.empty(shape), np.empty(shape), np.empty(shape, dtype=np.int64))
    by_slices(
        lambda rows: fill_several(
            rows, index, places, road.chains, graph.targets, beside, found, out
        ),
        len(index),
    )
    metres, seconds = road.in_order(out.primary, out.secondary)
    return Several(*(_widen(a, k, depth) for a in (out.label, metres, seconds)))


def _widen(values: NDArray[Any], k: int, depth: int) -> NDArray[Any]:
    """Return ``values`` with columns up to ``k``, of which there are ``depth``."""
    if k == depth:
        return values
    empty = -1 if values.dtype.kind == "i" else np.nan
    return np.pad(values, ((0, 0), (0, k - depth)), constant_values=empty)
