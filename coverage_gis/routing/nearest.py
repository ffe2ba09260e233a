"""The nearest target of each place along the network, with distance and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.routing.graph import RoutingGraph, prepare
from coverage_gis.routing.places import evaluate_places
from coverage_gis.routing.search import search

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.network.snap import Snap

__all__ = ["Nearest", "RoutingGraph", "nearest", "prepare"]


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
    members = np.unique(np.asarray(members, dtype=np.int64))
    members = members[graph.target_node[members] >= 0]
    primary, secondary, label = search(
        graph.first,
        graph.to,
        graph.cost,
        graph.target_node[members],
        graph.target_cost[members],
        members,
    )
    seconds = [origins.forward_s, origins.backward_s]
    if graph.outward:
        seconds.reverse()
    primary, secondary, label = evaluate_places(
        origins.chain,
        origins.junction,
        np.column_stack([origins.position_m, *seconds]),
        graph.stop_first,
        graph.stop,
        graph.stop_node,
        graph.ahead,
        graph.behind,
        graph.by_time,
        primary,
        secondary,
        label,
    )
    unreached = label < 0
    primary[unreached] = secondary[unreached] = np.nan
    distance_m, travel_time_s = (secondary, primary) if graph.by_time else (primary, secondary)
    return Nearest(
        target=label,
        distance_m=distance_m + origins.snap_m,
        travel_time_s=travel_time_s + origins.snap_m / graph.walk_speed_m_per_s,
    )
