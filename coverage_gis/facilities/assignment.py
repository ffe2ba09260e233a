"""Assignment under capacity: who goes where when facilities fill up, at least person-metres.

The transportation problem, solved exactly as a linear programme (HiGHS through scipy) over the
pairs that are in reach. Everybody is assigned if that is possible at all: not assigning a person
costs more than any chain of others' detours can save.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    # The solver keeps its limits to within 1e-7: what it gives too much is not given.
    full = np.bincount(facility, flow, minlength=n_facilities)
    with np.errstate(invalid="ignore", divide="ignore"):
        fit = np.where(full > capacity, capacity / full, 1.0)
    flow = flow * fit[facility]
    placed = np.bincount(place, flow, minlength=n_places)
    with np.errstate(invalid="ignore", divide="ignore"):
        fit = np.where(placed > people, people / placed, 1.0)
    flow = flow * fit[place]
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
    """Return the flow of each pair: most people first, then least person-metres."""
    n_pairs, pair = len(place), np.arange(len(place))
    one = np.ones(n_pairs)
    at_place = coo_array((one, (place, pair)), shape=(len(people), n_pairs))
    at_facility = coo_array((one, (facility, pair)), shape=(len(capacity), n_pairs))
    # Leaving out one more person frees at most a chain of detours, each below the longest way
    # and no facility twice: this gain for each assigned is above what that can save.
    gain = (len(capacity) + 1.0) * (float(distance_m.max()) + 1.0)
    solved = linprog(
        distance_m - gain,
        A_ub=vstack([at_place, at_facility]).tocsr(),
        b_ub=np.concatenate([people, capacity]),
        bounds=(0, None),
        method="highs",
    )
    if not solved.success:
        raise InputError(f"People could not be assigned to facilities: {solved.message}")
    return np.maximum(np.asarray(solved.x, dtype=np.float64), 0.0)


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
