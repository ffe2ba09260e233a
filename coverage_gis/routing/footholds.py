"""Routing between places that may have two footholds on the network: the better one counts.

A place and a facility reach each other by the best of their footholds, so that a further
facility, or a further foothold, never lengthens a way. A place's two footholds are never on
one component, nor are a facility's: seen from one foothold, a facility is there once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.footholds import Footholds
from coverage_gis.routing.graph import RoadGraph, RoutingGraph, prepare
from coverage_gis.routing.nearest import Nearest, nearest
from coverage_gis.routing.several import Several, k_nearest
from coverage_gis.routing.within import Pairs, pairs_within, within

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from coverage_gis.network.model import Network


@dataclass(frozen=True)
class Facilities:
    """Facilities on a graph, each a target per foothold.

    Attributes
    ----------
    graph
        The targets, in the order of the facilities, so that ties fall to the first of these.
    owner
        Facility of each target, ascending.
    """

    graph: RoutingGraph
    owner: NDArray[np.int64]

    def targets(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the targets of some facilities."""
        wanted = np.zeros(int(self.owner[-1]) + 1 if len(self.owner) else 0, dtype=np.bool_)
        wanted[np.asarray(members, dtype=np.int64)] = True
        return np.flatnonzero(wanted[self.owner]).astype(np.int64)

    def facility(self, target: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the facilities of targets, -1 for none."""
        if len(self.owner) == 0:
            return np.full(target.shape, -1, dtype=np.int64)
        return np.where(target >= 0, self.owner[target], -1)


def facilities(network: Network | RoadGraph, at: Footholds, *, outward: bool = False) -> Facilities:
    """Return the graph on which anything about facilities can be asked; see `graph.prepare`."""
    order = np.argsort(at.owner, kind="stable")
    graph = prepare(network, at.all.take(order), outward=outward)
    return Facilities(graph, at.owner[order])


def nearest_facility(
    asked: Facilities, members: NDArray[np.int64], origins: Footholds
) -> tuple[Nearest, NDArray[np.float64]]:
    """Return the nearest of some facilities from each place, and the metres to the foothold used.

    As `nearest.nearest`, by the better of each place's footholds: the first on a tie, and
    where neither leads anywhere.

    Returns
    -------
    tuple
        ``target`` numbers facilities; metres are (n,), NaN for places that join no edge.
    """
    n, at = len(origins), origins.all
    found = nearest(asked.graph, asked.targets(members), at)
    target = asked.facility(found.target)
    key = found.travel_time_s if asked.graph.road.by_time else found.distance_m
    key = np.where(np.isnan(key), np.inf, key)
    one, other = origins.of, n + np.arange(len(origins.of))
    closer = (key[other] < key[one]) | ((key[other] == key[one]) & (target[other] < target[one]))
    row = np.arange(n)
    row[one[closer]] = other[closer]
    return Nearest(target[row], found.distance_m[row], found.travel_time_s[row]), at.snap_m[row]


def k_nearest_facilities(
    asked: Facilities, members: NDArray[np.int64], origins: Footholds, k: int
) -> tuple[Several, NDArray[np.float64]]:
    """Return the k nearest of some facilities, each there once, and metres to the footholds used.

    As `several.k_nearest`. The metres are (n, k), of the first foothold where there are fewer.
    """
    n, at = len(origins), origins.all
    found = k_nearest(asked.graph, asked.targets(members), at, k)
    target = asked.facility(found.target)
    out = Several(target[:n].copy(), found.distance_m[:n].copy(), found.travel_time_s[:n].copy())
    snap_m = np.repeat(at.snap_m[:, None], k, axis=1)
    used = snap_m[:n].copy()
    key = found.travel_time_s if asked.graph.road.by_time else found.distance_m
    for second, place in enumerate(origins.of, start=n):
        rows = [place, second]
        who, cost = target[rows].ravel(), np.nan_to_num(key[rows].ravel(), nan=np.inf)
        # both lists by impedance, of each facility its shorter way
        order = np.lexsort((who, cost))
        _, first = np.unique(who[order], return_index=True)
        best = order[np.sort(first)]
        best = best[who[best] >= 0][:k]
        out.target[place], out.distance_m[place], out.travel_time_s[place] = -1, np.nan, np.nan
        for column, values in (
            (out.target, who),
            (out.distance_m, found.distance_m[rows].ravel()),
            (out.travel_time_s, found.travel_time_s[rows].ravel()),
            (used, snap_m[rows].ravel()),
        ):
            column[place, : len(best)] = values[best]
    return out, used


def counts_within(
    asked: Facilities, members: NDArray[np.int64], origins: Footholds, cutoffs: ArrayLike
) -> NDArray[np.int64]:
    """Return how many of some facilities are within cutoffs of each place, (n, J).

    Cutoffs are inclusive, on what the graph minimises, access legs included.
    """
    limits = np.atleast_1d(np.asarray(cutoffs, dtype=np.float64))
    rows = asked.targets(members)
    counted = within(asked.graph, rows, origins.first, limits)
    out = np.rint(counted.place_sum).astype(np.int64)
    m = len(origins.of)
    if m == 0:
        return out
    # few: the table of their ways
    both = Footholds(origins.first.take(origins.of), origins.second, np.arange(m))
    table = facility_pairs(asked, members, both, float(limits.max()))
    key = table.travel_time_s if asked.graph.road.by_time else table.distance_m
    for j, limit in enumerate(limits):
        out[origins.of, j] = np.bincount(table.origin[key <= limit], minlength=m)
    return out


def facility_pairs(
    asked: Facilities, members: NDArray[np.int64], origins: Footholds, cutoff: float
) -> Pairs:
    """Return the table of places and some facilities within a cutoff, each pair once.

    As `within.pairs_within`; ``target`` numbers facilities.
    """
    table = pairs_within(asked.graph, asked.targets(members), origins.all, cutoff)
    place = origins.owner[table.origin].astype(np.int32)
    facility = asked.owner[table.target].astype(np.int32)
    key = table.travel_time_s if asked.graph.road.by_time else table.distance_m
    if len(origins.of) == 0:  # in order already, and each there once
        return Pairs(place, facility, table.distance_m, table.travel_time_s)
    order = np.lexsort((key, facility, place))
    place, facility = place[order], facility[order]
    shorter = np.ones(len(place), dtype=np.bool_)
    shorter[1:] = (place[1:] != place[:-1]) | (facility[1:] != facility[:-1])
    kept = order[shorter]
    return Pairs(
        place[shorter], facility[shorter], table.distance_m[kept], table.travel_time_s[kept]
    )
