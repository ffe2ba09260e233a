"""Counts, sums and pairs of places and targets within cutoffs along the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from coverage_gis.errors import InputError
from coverage_gis.routing.forms import Seeds
from coverage_gis.routing.graph import by_key
from coverage_gis.routing.search_within import Answer, Asked, within_members
from coverage_gis.routing.threads import in_threads

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from coverage_gis.network.snap import Snap
    from coverage_gis.routing.graph import RoutingGraph

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
    cutoff, column = np.unique(_checked(cutoffs), return_inverse=True)
    members = np.asarray(members, dtype=np.int64)
    rows = _Rows(graph, origins)
    given = np.broadcast_to(np.asarray(target_weight, np.float64), len(members))
    weight = np.broadcast_to(np.asarray(origin_weight, np.float64), len(origins))
    # a member that joins no edge keeps its zeros
    blocks = _blocks(np.flatnonzero(graph.targets.chain[members] >= 0))
    answers = in_threads(
        lambda b: rows.ask(members[b], cutoff, given[b], weight, pairs=False), blocks
    )
    place_sum = np.zeros((len(origins), len(cutoff)))
    target_sum = np.zeros((len(members), len(cutoff)))
    for block, answer in zip(blocks, answers, strict=True):
        place_sum[rows.index] += answer.place_sum
        target_sum[block] = answer.member_sum
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
    rows = _Rows(graph, origins)
    members = graph.joined(members)
    one = np.ones(1)
    blocks = _blocks(np.arange(len(members)))
    answers = in_threads(lambda b: rows.ask(members[b], limit, one, one, pairs=True), blocks)
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


class _Rows:
    """The joined places, grouped by chain and by junction, to ask about again and again."""

    def __init__(self, graph: RoutingGraph, origins: Snap) -> None:
        road = graph.road
        chains = len(road.chains.low)
        joined = np.flatnonzero(origins.chain >= 0)
        junction = origins.junction[joined]
        key = np.where(junction < 0, origins.chain[joined], chains + junction)
        self.first, index = by_key(key, joined, chains + len(road.network.junction))
        self.index = index.astype(np.int64)
        self.places = road.places(origins.take(self.index))
        self.graph = graph

    def ask(
        self,
        members: NDArray[np.int64],
        cutoffs: NDArray[np.float64],
        member_weight: NDArray[np.float64],
        place_weight: NDArray[np.float64],
        *,
        pairs: bool,
    ) -> Answer:
        """Return what is within the cutoffs of members that join the network."""
        seeds = self.graph.seeds(np.unique(members))
        # the seeds of each member, in the order of members (one may be asked for twice)
        order = np.argsort(seeds.name, kind="stable")
        low, high = (np.searchsorted(seeds.name[order], members, side=s) for s in _SIDES)
        first = np.concatenate([[0], np.cumsum(high - low)]).astype(np.int64)
        row = order[np.repeat(low - first[:-1], high - low) + np.arange(first[-1])]
        road = self.graph.road
        weight = place_weight if pairs else place_weight[self.index]
        asked = Asked(members, first, self.first, cutoffs, np.array(member_weight), weight, pairs)
        seeds = Seeds(*(np.ascontiguousarray(a[row]) for a in seeds))
        answer = within_members(
            road.arcs, road.chains, self.graph.targets, seeds, self.places, asked
        )
        return Answer(*answer)


_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def _checked(cutoffs: ArrayLike) -> NDArray[np.float64]:
    values = np.atleast_1d(np.asarray(cutoffs, dtype=np.float64))
    if values.ndim != 1 or len(values) == 0 or not (values >= 0).all():
        raise InputError(f"Cutoffs must be numbers not below zero, got {values.tolist()}.")
    return values


def _blocks(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [b.astype(np.int64) for b in np.array_split(rows, _BLOCKS)]
