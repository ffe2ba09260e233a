"""Who finds room in a shelter: everybody on foot, no shelter above its capacity.

People whose nearest shelter is of unknown capacity go there, and for them the answer is "unknown".
The others are assigned to the shelters whose capacity is published. How many are short of room
depends on what the unknown shelters hold: it lies between what is left over if they took everybody,
and if they took nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.facilities.assignment import assign

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Ways:
    """All ways on foot from places to shelters within reach, each pair once; ``(n_pairs,)``."""

    place: Ints
    shelter: Ints
    distance_m: Floats


@dataclass(frozen=True)
class Refuge:
    """What becomes of the people of each place, and who comes to each shelter.

    ``with_room + unknown + short + out_of_reach`` are the people of each place.

    Attributes
    ----------
    with_room
        ``(n_places,)`` people assigned to a shelter of known capacity.
    unknown
        ``(n_places,)`` people whose nearest shelter has an unknown capacity.
    short
        ``(n_places,)`` people for whom no known capacity within reach is left.
    out_of_reach
        ``(n_places,)`` people without any shelter within reach.
    short_at_least, short_at_most
        ``(n_places,)`` people without room if the shelters of unknown capacity took everybody who
        came, or nobody. In sum ``short_at_least <= short <= short_at_most``, not place by place:
        room goes to others then.
    assigned
        ``(n_shelters,)`` people who come; in those of known capacity never more than it.
    people
        ``(n_pairs,)`` people who take each way.
    """

    with_room: Floats
    unknown: Floats
    short: Floats
    out_of_reach: Floats
    short_at_least: Floats
    short_at_most: Floats
    assigned: Floats
    people: Floats


def refuge(ways: Ways, people: Floats, capacity: Floats) -> Refuge:
    """Assign people to shelters: as many as possible, then at the least person-metres.

    Parameters
    ----------
    ways
        Pairs within reach.
    people
        ``(n_places,)`` who come.
    capacity
        ``(n_shelters,)`` people; NaN where unknown.

    Raises
    ------
    InputError
        If people or capacities are negative.
    """
    n, m = len(people), len(capacity)
    known = ~np.isnan(capacity)
    reached = np.bincount(ways.place, minlength=n) > 0
    nearest = _nearest_pair(ways)
    to_unknown = nearest[~known[ways.shelter[nearest]]]
    stays = np.zeros(n)
    stays[ways.place[to_unknown]] = people[ways.place[to_unknown]]
    rest = people - stays
    to_known = np.flatnonzero(known[ways.shelter])
    fixed = _only(ways, to_known)
    room = np.where(known, capacity, 0.0)
    best = assign(fixed.place, fixed.shelter, fixed.distance_m, rest, room)
    short = np.where(reached, best.unassigned, 0.0)
    least = most = short
    if not known.all():
        unlimited = np.where(known, capacity, float(people.sum()))
        for_all = assign(ways.place, ways.shelter, ways.distance_m, people, unlimited)
        in_none = assign(fixed.place, fixed.shelter, fixed.distance_m, people, room)
        least, most = (np.where(reached, a.unassigned, 0.0) for a in (for_all, in_none))
    come = stays[ways.place[to_unknown]]
    goes = ways.shelter[to_unknown]
    takes = np.zeros(len(ways.place))
    takes[to_known], takes[to_unknown] = best.people, come
    return Refuge(
        with_room=np.bincount(fixed.place, best.people, minlength=n).astype(np.float64),
        unknown=stays,
        short=short,
        out_of_reach=np.where(reached, 0.0, people),
        short_at_least=least,
        short_at_most=most,
        assigned=best.assigned + np.bincount(goes, come, minlength=m),
        people=takes,
    )


def _nearest_pair(ways: Ways) -> Ints:
    """Return the pair of each place with its nearest shelter, the lower number on a tie."""
    order = np.lexsort((ways.shelter, ways.distance_m, ways.place))
    place = ways.place[order]
    return np.asarray(order[np.flatnonzero(np.diff(place, prepend=-1))], dtype=np.int64)


def _only(ways: Ways, pairs: Ints) -> Ways:
    return Ways(ways.place[pairs], ways.shelter[pairs], ways.distance_m[pairs])


def mean_of_those_who_come(ways: Ways, people: Floats, values: Floats, n_shelters: int) -> Floats:
    """Return ``(n_shelters,)`` means over people of a value of their ways; NaN of nobody.

    Parameters
    ----------
    ways, people
        Pairs, and who takes each (``Refuge.people``).
    values
        ``(n_pairs,)``; NaN where anybody comes makes the shelter's mean NaN.
    """
    on = people > 0
    shelter = ways.shelter[on]
    come = np.bincount(shelter, people[on], minlength=n_shelters)
    sums = np.bincount(shelter, people[on] * values[on], minlength=n_shelters)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(come > 0, sums / come, np.nan)


def nearest_load(target: Ints, people: Floats, n_shelters: int) -> Floats:
    """Return ``(n_shelters,)`` people whose nearest shelter it is, however far and full.

    ``target`` is the nearest shelter of each place, -1 for none.
    """
    on = target >= 0
    return np.bincount(target[on], people[on], minlength=n_shelters).astype(np.float64)
