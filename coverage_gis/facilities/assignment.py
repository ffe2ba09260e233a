"""Assignment under capacity: who goes where when facilities fill up, at least person-metres.

The transportation problem over the pairs that are in reach, solved to its optimum by a network
simplex (:mod:`coverage_gis.facilities.transport`); ways count to the micrometre, people to the
millionth. Everybody is assigned if that is possible at all: not assigning a person costs more than
any chain of others' detours can save.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.errors import InputError
from coverage_gis.facilities.transport import Problem, transport

if TYPE_CHECKING:
    from numpy.typing import NDArray


_UNITS = 1e6
"""Units a person is counted in."""
_COSTS = 1e6
"""Units a metre is counted in."""


@dataclass(frozen=True)
class Assignment:
    """Who goes where.

    Attributes
    ----------
    people
        ``(n_pairs,)`` people of each pair that go there.
    assigned
        ``(n_facilities,)`` people in each facility, never more than its capacity.
    unassigned
        ``(n_places,)`` people for whom there is no room within reach: the shortfall.
    unreachable
        ``(n_places,)`` of these, people with no facility within reach at all.
    nearest
        ``(n_facilities,)`` people whose nearest facility it is, full or not.
    person_m
        Sum of people times metres of those assigned.
    """

    people: NDArray[np.float64]
    assigned: NDArray[np.float64]
    unassigned: NDArray[np.float64]
    unreachable: NDArray[np.float64]
    nearest: NDArray[np.float64]
    person_m: float

    def shortfall(self, capacity: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(n_facilities,)`` people beyond capacity if all went to their nearest."""
        return np.maximum(self.nearest - capacity, 0.0)


def assign(
    place: NDArray[np.int64],
    facility: NDArray[np.int64],
    distance_m: NDArray[np.float64],
    people: NDArray[np.float64],
    capacity: NDArray[np.float64],
) -> Assignment:
    """Assign people to facilities, none above capacity, at the least sum of person-metres.

    Parameters
    ----------
    place, facility, distance_m
        ``(n_pairs,)`` pairs within reach, each once, and their way.
    people
        ``(n_places,)``; fractions are allowed (the people of a sub-point).
    capacity
        ``(n_facilities,)`` people; facilities of unknown capacity are to be left out by the
        caller, who says for how many people that leaves the answer unknown.

    Raises
    ------
    InputError
        If people, capacities or ways are negative or no numbers.
    """
    for name, values in (("people", people), ("capacity", capacity), ("ways", distance_m)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise InputError(f"Assignment needs {name} that are finite and not below zero.")
    n_places, n_facilities, n_pairs = len(people), len(capacity), len(place)
    reached = np.bincount(place, minlength=n_places) > 0
    unreachable = np.where(reached, 0.0, people)
    nearest = _nearest(place, facility, distance_m, people, n_facilities)
    if n_pairs == 0:
        none = np.zeros(0)
        return Assignment(none, np.zeros(n_facilities), people.copy(), unreachable, nearest, 0.0)
    flow = _least_cost(place, facility, distance_m, people, capacity)
    placed = np.bincount(place, flow, minlength=n_places)
    return Assignment(
        flow,
        np.minimum(np.bincount(facility, flow, minlength=n_facilities), capacity),
        np.maximum(people - placed, 0.0),
        unreachable,
        nearest,
        float(flow @ distance_m),
    )


def _least_cost(
    place: NDArray[np.int64],
    facility: NDArray[np.int64],
    distance_m: NDArray[np.float64],
    people: NDArray[np.float64],
    capacity: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the people of each pair: most people first, then least person-metres.

    People are rounded up and capacities down to a millionth of a person; the shares of each
    place's people are then those of its units, so that no capacity is exceeded.
    """
    supply = np.ceil(people * _UNITS).astype(np.int64)
    room = np.floor(np.minimum(capacity, people.sum() + 1.0) * _UNITS).astype(np.int64)
    pair = np.flatnonzero((supply[place] > 0) & (room[facility] > 0))
    pair = pair[np.lexsort((facility[pair], place[pair], distance_m[pair]))]
    places, p = np.unique(place[pair], return_inverse=True)
    facilities, f = np.unique(facility[pair], return_inverse=True)
    flow = np.zeros(len(place))
    if len(pair) == 0:
        return flow
    cost = np.rint(distance_m[pair] * _COSTS).astype(np.int64)
    # Leaving out one more person frees at most a chain of detours, each below the longest way
    # and no facility twice: this cost of each left out is above what that can save.
    left_cost = (len(facilities) + 1) * (int(cost.max()) + 1)
    units, _ = transport(
        Problem(
            p.astype(np.int32),
            f.astype(np.int32),
            cost,
            supply[places],
            room[facilities],
            left_cost,
        )
    )
    flow[pair] = people[place[pair]] * (units / supply[place[pair]])
    return flow


def _nearest(
    place: NDArray[np.int64],
    facility: NDArray[np.int64],
    distance_m: NDArray[np.float64],
    people: NDArray[np.float64],
    n_facilities: int,
) -> NDArray[np.float64]:
    """Return people by their nearest facility; the lower number on a tie."""
    order = np.lexsort((facility, distance_m, place))
    first = np.ones(len(order), dtype=bool)
    first[1:] = place[order][1:] != place[order][:-1]
    best = order[first]
    sums = np.bincount(facility[best], people[place[best]], minlength=n_facilities)
    return sums.astype(np.float64)
