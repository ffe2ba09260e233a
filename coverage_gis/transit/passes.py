"""The busier direction at many stops at once: the rule of ``directions`` on arrays.

At most stops each trip passes once. Then the trips of several ways to pass are the sum of each
way's, and compiled loops over integers do what :func:`~coverage_gis.transit.directions.busier`
does with sets. Where a trip passes twice (a loop line's terminal) that function is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from coverage_gis.network.compiled import compiled
from coverage_gis.transit.calls import HEADING, ROUTE, SERVES, TRIP, WEIGHT
from coverage_gis.transit.directions import ARC, CIRCLE, STILL, busier
from coverage_gis.transit.feed import NO_DIRECTION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class _Ways(NamedTuple):
    """Ways to pass, by key and heading: (n_ways,) arrays.

    ``by_route`` lists their numbers by key, route and direction.
    """

    heading: Ints
    route: Ints
    direction: Ints
    trips: Ints
    by_route: Ints


def busier_directions(rows: pd.DataFrame) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Return the trips of the busier direction by key, and which calls belong to it.

    Parameters
    ----------
    rows
        Calls with ``key``, the stop or place each is counted at, and the columns of
        :func:`coverage_gis.transit.calls.calls_on`. Only those that serve decide.

    Returns
    -------
    Series
        Trips a day, indexed by key in the order in which keys first have a serving call.
    ndarray
        ``(n_calls,)`` whether the call passes in the busier direction of its key.
    """
    serves = rows[SERVES].to_numpy(dtype=bool)
    serving = np.flatnonzero(serves)
    _, keys = pd.factorize(rows["key"].iloc[serving])
    key = keys.get_indexer(pd.Index(rows["key"]))
    heading, route, direction, trip, weight = (
        rows[c].to_numpy(dtype=np.int64) for c in (HEADING, ROUTE, "direction_id", TRIP, WEIGHT)
    )
    # Ways to pass, sorted by key, heading, route and direction.
    order = np.lexsort((direction, route, heading, key))
    columns = [c[order] for c in (key, heading, route, direction)]
    new = np.concatenate([[True], np.any([c[1:] != c[:-1] for c in columns], axis=0)])[: len(order)]
    way = np.empty(len(rows), dtype=np.int64)
    way[order] = np.cumsum(new) - 1
    way_key, way_heading, way_route, way_direction = (c[new] for c in columns)
    # Each trip once for each way it passes.
    pair = pd.DataFrame({"way": way[serving], TRIP: trip[serving]}).drop_duplicates()
    numbers, dense = np.unique(trip[serving], return_inverse=True)
    of_trip = np.zeros(len(numbers), dtype=np.int64)
    of_trip[dense] = weight[serving]
    pair_way = pair["way"].to_numpy(dtype=np.int64)
    pair_weight = of_trip[np.searchsorted(numbers, pair[TRIP].to_numpy(dtype=np.int64))]
    served = np.bincount(pair_way, minlength=len(way_key)) > 0
    trips_of_way = np.bincount(pair_way, pair_weight, minlength=len(way_key)).astype(np.int64)

    ways = np.flatnonzero(served)
    first = np.searchsorted(way_key[ways], np.arange(len(keys) + 1))
    by_route = np.lexsort((way_direction[ways], way_route[ways], way_key[ways]))
    trips, chosen = _busier(
        first,
        _Ways(
            way_heading[ways], way_route[ways], way_direction[ways], trips_of_way[ways], by_route
        ),
    )
    members = np.zeros(len(way_key), dtype=bool)
    members[ways] = chosen
    weights = dict(zip(numbers.tolist(), of_trip.tolist(), strict=True))
    at = pair.assign(key=way_key[pair_way])
    twice = at.loc[at.duplicated(["key", TRIP]), "key"].unique()
    for number, mine in at[at["key"].isin(twice)].groupby("key"):
        # Sums count such a trip twice.
        key_number = int(number)  # type: ignore[arg-type] # pandas does not say what keys are
        sets = mine.groupby("way")[TRIP].agg(list)
        passes = {
            (int(way_heading[w]), int(way_route[w]), int(way_direction[w])): w
            for w in sets.index.tolist()
        }
        answer = busier({p: sets[w] for p, w in passes.items()}, weights)
        trips[key_number] = answer.trips
        for passing, w in passes.items():
            members[w] = passing in answer.members
    return pd.Series(trips, index=keys, dtype="int64"), members[way] & (key >= 0)


@compiled
def _busier(  # noqa: C901, PLR0912 - one loop
    first: Ints, ways: _Ways
) -> tuple[Ints, NDArray[np.bool_]]:
    """Do what :func:`busier` does for each key, where no trip passes it in two ways.

    ``first`` (n_keys + 1) delimits each key's ways, which are sorted by heading. Returned are
    the trips of each key and whether each way belongs to its busier direction.
    """
    n = len(first) - 1
    answer = np.zeros(n, dtype=np.int64)
    chosen = np.zeros(len(ways.heading), dtype=np.bool_)
    candidate = np.zeros(len(ways.heading), dtype=np.bool_)
    for k in range(n):
        lo, hi = first[k], first[k + 1]
        best, total, moving = -1, 0, False
        for i in range(lo, hi):
            total += ways.trips[i]
            start = ways.heading[i]
            if start == STILL or (i > lo and ways.heading[i - 1] == start):
                continue
            moving = True
            for j in range(lo, hi):
                if ways.heading[j] == STILL:
                    candidate[j] = ways.direction[j] == NO_DIRECTION
                else:
                    candidate[j] = (ways.heading[j] - start) % CIRCLE < ARC
            best = _better(lo, hi, ways, candidate, best, chosen)
        if not moving:
            for j in range(lo, hi):
                candidate[j] = ways.direction[j] == NO_DIRECTION
            best = _better(lo, hi, ways, candidate, best, chosen)
        for at in range(lo, hi):
            i = ways.by_route[at]
            route, direction = ways.route[i], ways.direction[i]
            if at > lo:
                last = ways.by_route[at - 1]
                if ways.route[last] == route and ways.direction[last] == direction:
                    continue  # asked already
            if direction != NO_DIRECTION:
                for j in range(lo, hi):
                    candidate[j] = ways.route[j] == route and ways.direction[j] == direction
                best = _better(lo, hi, ways, candidate, best, chosen)
        answer[k] = max(min(best, total), (total + 1) // 2)
    return answer, chosen


@compiled
def _better(  # noqa: C901, PLR0912, PLR0917 - one loop; compiled functions know no keywords
    lo: int,
    hi: int,
    ways: _Ways,
    candidate: NDArray[np.bool_],
    best: int,
    chosen: NDArray[np.bool_],
) -> int:
    """Count a candidate, one direction of each route; choose its ways if it has more trips.

    Of a route that has several ids the one with most trips counts, the smaller one on a tie,
    beside the trips without an id.
    """
    total = 0
    # Twice over the routes: to count, and, if that is the most so far, to choose.
    for choosing in range(2):
        if choosing == 1:
            if total <= best:
                return best
            for i in range(lo, hi):
                chosen[i] = False
        at = lo
        while at < hi:
            route = ways.route[ways.by_route[at]]
            always, most, picked = 0, 0, NO_DIRECTION
            end = at
            while end < hi and ways.route[ways.by_route[end]] == route:
                number, count = ways.direction[ways.by_route[end]], 0
                while end < hi:
                    i = ways.by_route[end]
                    if ways.route[i] != route or ways.direction[i] != number:
                        break
                    if candidate[i]:
                        count += ways.trips[i]
                    end += 1
                if number == NO_DIRECTION:
                    always += count
                elif count > most:
                    most, picked = count, number
            if choosing == 0:
                total += always + most
            else:
                for position in range(at, end):
                    i = ways.by_route[position]
                    mine = ways.direction[i] == NO_DIRECTION or ways.direction[i] == picked
                    chosen[i] = candidate[i] and mine
            at = end
    return total
