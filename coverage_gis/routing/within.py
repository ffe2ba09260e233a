"""Counts, sums and pairs of places and targets within cutoffs along the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from coverage_gis.errors import InputError
from coverage_gis.routing.forms import Answer, Asked, Seeds
from coverage_gis.routing.groups import grouped, grouped_nodes, spread
from coverage_gis.routing.search_within import within_members
from coverage_gis.routing.threads import in_threads

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from coverage_gis.network.snap import Snap
    from coverage_gis.routing.forms import Groups
    from coverage_gis.routing.graph import RoutingGraph
    from coverage_gis.routing.groups import Grouped

_BLOCKS = 4
"""Targets are shared among threads in this many blocks: a fixed number, so that sums of
fractions are rounded alike however many threads there are."""


@dataclass(frozen=True)
class Within:
    """What lies within each of J cutoffs.

    Attributes
    ----------
    place_sum
        Weights of the targets within each cutoff of each place, (n_places, J).
    target_sum
        Weights of the places within each cutoff of each member, (n_members, J).
    """

    place_sum: NDArray[np.float64]
    target_sum: NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Places and targets within a cutoff of each other, by place, then target; arrays (n,).

    Attributes
    ----------
    origin, target
        Index into the places and the graph's targets.
    distance_m, travel_time_s
        Along the same path, both access legs at walking speed included.
    """

    origin: NDArray[np.int32]
    target: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    travel_time_s: NDArray[np.float64]


def within(
    graph: RoutingGraph,
    members: NDArray[np.int64],
    origins: Snap,
    cutoffs: ArrayLike,
    *,
    target_weight: ArrayLike = 1.0,
    origin_weight: ArrayLike = 1.0,
) -> Within:
    """Return counts, or sums of weights, within several cutoffs at once, both ways.

    With the weights left at 1, ``place_sum`` is the number of facilities that each place has
    within each cutoff; with people as ``origin_weight``, ``target_sum`` is the population of
    each facility's catchment. One search per member, to the greatest cutoff.

    Parameters
    ----------
    graph
        From `graph.prepare`.
    members
        Indices into the targets. Ones that join no edge have and give sums of zero.
    origins
        Places joined to the same network.
    cutoffs
        Inclusive, on the whole way with both access legs, in what the graph minimises: metres
        walking, seconds driving; in any order, (J,).
    target_weight
        Of each member, (n_members,), or one number.
    origin_weight
        Of each place, (n_places,), or one number.

    Raises
    ------
    InputError
        If a cutoff is negative or no number.
    """
    limits = _checked(cutoffs)
    rows = grouped(graph.road, origins)
    return _sums((graph, rows), members, len(origins), limits, (target_weight, origin_weight))


def within_of_nodes(
    graph: RoutingGraph,
    members: NDArray[np.int64],
    cutoffs: ArrayLike,
    *,
    target_weight: ArrayLike = 1.0,
    node_weight: ArrayLike = 1.0,
) -> Within:
    """Return counts, or sums of weights, for every node of the network, by ``node_id``.

    The same as ``within(graph, members, node_places(network), cutoffs)``, faster: the network
    has its nodes chain by chain.

    Parameters
    ----------
    graph, members, cutoffs, target_weight
        As for `within`.
    node_weight
        Of each node, (N,), or one number.

    Raises
    ------
    InputError
        If a cutoff is negative or no number.
    """
    limits = _checked(cutoffs)
    rows, n = grouped_nodes(graph.road), len(graph.road.network.node_id)
    return _sums((graph, rows), members, n, limits, (target_weight, node_weight))


def _sums(
    where: tuple[RoutingGraph, Grouped],
    members: NDArray[np.int64],
    n_places: int,
    cutoffs: NDArray[np.float64],
    weights: tuple[ArrayLike, ArrayLike],
) -> Within:
    """Return sums for grouped places; ``weights`` are of members and of places."""
    graph, rows = where
    cutoff, column = np.unique(cutoffs, return_inverse=True)
    members = np.asarray(members, dtype=np.int64)
    given = np.broadcast_to(np.asarray(weights[0], np.float64), len(members))
    groups, own = rows.weighed(np.broadcast_to(np.asarray(weights[1], np.float64), n_places))
    # a member that joins no edge keeps its zeros
    blocks = _blocks(np.flatnonzero(graph.targets.chain[members] >= 0))
    answers = in_threads(
        lambda b: _ask(graph, rows, groups, Asked(members[b], cutoff, given[b], own, pairs=False)),
        blocks,
    )
    row_sum = np.zeros((len(rows.index), len(cutoff)))
    group_sum = np.zeros((len(rows.first) - 1, len(cutoff)))
    target_sum = np.zeros((len(members), len(cutoff)))
    for block, answer in zip(blocks, answers, strict=True):
        row_sum += answer.place_sum
        group_sum += answer.group_sum
        target_sum[block] = answer.member_sum
    spread(rows.first, group_sum, row_sum)
    place_sum = np.zeros((n_places, len(cutoff)))
    place_sum[rows.index] = row_sum
    np.cumsum(place_sum, axis=1, out=place_sum)
    np.cumsum(target_sum, axis=1, out=target_sum)
    return Within(place_sum[:, column], target_sum[:, column])


def pairs_within(
    graph: RoutingGraph, members: NDArray[np.int64], origins: Snap, cutoff: float
) -> Pairs:
    """Return the table of all places and targets within a cutoff of each other.

    24 bytes per pair, twice that while it is sorted.

    Parameters
    ----------
    graph, members, origins
        As for `within`.
    cutoff
        Inclusive, metres walking and seconds driving; infinite for all that can be reached.

    Raises
    ------
    InputError
        If the cutoff is negative or no number.
    """
    limit = _checked([cutoff])
    rows = grouped(graph.road, origins)
    members = graph.joined(members)
    blocks = _blocks(np.arange(len(members)))
    groups, one = rows.weighed(np.ones(len(origins)))
    answers = in_threads(
        lambda b: _ask(graph, rows, groups, Asked(members[b], limit, one[:1], one, pairs=True)),
        blocks,
    )
    origin = np.concatenate([rows.index[a.row] for a in answers]).astype(np.int32)
    which = np.concatenate([b[a.which] for a, b in zip(answers, blocks, strict=True)])
    # members ascend within and across blocks, so a stable sort by place leaves them in order
    order = np.argsort(origin, kind="stable")
    primary, secondary = np.concatenate([a.cost for a in answers])[order].T.copy()
    return Pairs(
        origin[order],
        members[which[order]].astype(np.int32),
        *graph.road.in_order(primary, secondary),
    )


def _ask(graph: RoutingGraph, rows: Grouped, groups: Groups, asked: Asked) -> Answer:
    """Return what is within the cutoffs of members that join the network."""
    members = asked.member
    seeds = graph.seeds(np.unique(members))
    # the seeds of each member, in the order of members (one may be asked for twice)
    order = np.argsort(seeds.name, kind="stable")
    low, high = (np.searchsorted(seeds.name[order], members, side=s) for s in _SIDES)
    first = np.concatenate([[0], np.cumsum(high - low)]).astype(np.int64)
    row = order[np.repeat(low - first[:-1], high - low) + np.arange(first[-1])]
    seeds = Seeds(*(np.ascontiguousarray(a[row]) for a in seeds))
    road = graph.road
    return Answer(
        *within_members(
            road.arcs, road.chains, graph.targets, seeds, first, rows.places, groups, asked
        )
    )


_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def _checked(cutoffs: ArrayLike) -> NDArray[np.float64]:
    values = np.atleast_1d(np.asarray(cutoffs, dtype=np.float64))
    if values.ndim != 1 or len(values) == 0 or not (values >= 0).all():
        raise InputError(f"Cutoffs must be numbers not below zero, got {values.tolist()}.")
    return values


def _blocks(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [b.astype(np.int64) for b in np.array_split(rows, _BLOCKS)]
