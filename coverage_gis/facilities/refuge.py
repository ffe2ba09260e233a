"""Who finds room in a shelter: everybody on foot, no shelter above its capacity.

A shelter whose capacity nobody publishes takes whoever it is best for, without limit; for them the
answer is "unknown". What is short is therefore between two figures: none of those is short, or
all whom known shelters cannot take are.
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
        ``(n_places,)`` people whose shelter has an unknown capacity.
    short
        ``(n_places,)`` people for whom there is no room, whatever the unknown shelters hold: all
        within reach are known and full.
    short_at_most
        ``(n_places,)`` people without room if the unknown shelters held nobody; at least
        ``short`` in sum, and not place by place: room goes to others then.
    out_of_reach
        ``(n_places,)`` people without any shelter within reach.
    assigned
        ``(n_shelters,)`` people who come; in those of known capacity never more than it.
    person_m
        ``(n_shelters,)`` metres they walk together.
    """

    with_room: Floats
    unknown: Floats
    short: Floats
    short_at_most: Floats
    out_of_reach: Floats
    assigned: Floats
    person_m: Floats


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
    everybody = float(people.sum())
    room = np.where(known, capacity, everybody)
    best = assign(ways.place, ways.shelter, ways.distance_m, people, room)
    to_known = known[ways.shelter]

    def at(pairs: Floats, index: Ints, size: int) -> Floats:
        return np.bincount(index, pairs, minlength=size).astype(np.float64)

    reached = np.bincount(ways.place, minlength=n) > 0
    held = assign(
        ways.place[to_known],
        ways.shelter[to_known],
        ways.distance_m[to_known],
        people,
        np.where(known, capacity, 0.0),
    )
    return Refuge(
        with_room=at(np.where(to_known, best.people, 0.0), ways.place, n),
        unknown=at(np.where(to_known, 0.0, best.people), ways.place, n),
        short=np.where(reached, best.unassigned, 0.0),
        short_at_most=np.where(reached, held.unassigned, 0.0),
        out_of_reach=np.where(reached, 0.0, people),
        assigned=best.assigned,
        person_m=at(best.people * ways.distance_m, ways.shelter, m),
    )


def nearest_load(target: Ints, people: Floats, n_shelters: int) -> Floats:
    """Return ``(n_shelters,)`` people whose nearest shelter it is, however far and full.

    ``target`` is the nearest shelter of each place, -1 for none.
    """
    on = target >= 0
    return np.bincount(target[on], people[on], minlength=n_shelters).astype(np.float64)
