"""Floating catchments of a run: what is supplied where, who shares it, what each place gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import cKDTree

from coverage_gis import schema
from coverage_gis.access.choice import places_of_rows
from coverage_gis.access.floating_catchment import FloatingCatchment, two_step, zones
from coverage_gis.facilities.places import embed
from coverage_gis.routing.footholds import facility_pairs
from coverage_gis.settings import BY_CAPACITY, BY_COUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.network.footholds import Footholds
    from coverage_gis.routing.footholds import Facilities

    Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
    PairsOf = Callable[[NDArray[np.int64]], Pairs]

_PAIRS: Final = 4_000_000
"""Pairs of places and facilities looked at together: bounds the memory, not the result."""


@dataclass(frozen=True)
class Supply:
    """What is shared out.

    Attributes
    ----------
    rows
        ``(k,)`` row in the destinations of each place, joint ones once.
    amount
        ``(k,)`` beds, or 1 a facility; NaN unknown.
    by
        ``capacity`` or ``count``.
    """

    rows: NDArray[np.int64]
    amount: NDArray[np.float64]
    by: str


def supply_of(
    destinations: pd.DataFrame, services: Sequence[str], *, by: str, same_m: float
) -> Supply:
    """Return the supply of some services, each place once.

    By capacity where any is known, else by count. Of rows that are one place the largest
    capacity counts.

    Parameters
    ----------
    destinations
        ``DESTINATIONS``.
    services
        Their names.
    by
        ``capacity`` or ``count``, as asked for.
    same_m
        Rows of one name this near are one place, metres.
    """
    rows, place = places_of_rows(destinations, services, same_m)
    _, first = np.unique(place, return_index=True)
    amount = np.full(len(first), np.nan)
    capacity = destinations[schema.CAPACITY].to_numpy(dtype=np.float64)[rows]
    np.fmax.at(amount, place, capacity)
    if by == BY_COUNT or np.isnan(amount).all():
        return Supply(rows[first], np.ones(len(first)), BY_COUNT)
    return Supply(rows[first], amount, BY_CAPACITY)


def floating_access(
    pairs_of: PairsOf,
    supply: NDArray[np.float64],
    people: NDArray[np.float64],
    *forms: tuple[tuple[float, ...], tuple[float, ...]],
) -> list[FloatingCatchment]:
    """Return 2SFCA access of all places in some forms, some facilities at a time.

    Each facility's share depends on its own pairs alone, so that blocks of facilities add up;
    the pairs, which take the time, are looked for once for all forms.

    Parameters
    ----------
    pairs_of
        Gives place, facility and cost of the pairs of some facilities, within the last limit.
    supply
        ``(k,)`` NaN unknown.
    people
        ``(n,)`` those of the margin among them.
    forms
        Limits and weights of the zones of each, in the unit of the costs; see
        :func:`coverage_gis.access.floating_catchment.zones`.
    """
    n, k = len(people), len(supply)
    out = [
        FloatingCatchment(np.zeros(n), np.full(k, np.nan), np.zeros(n, dtype=bool)) for _ in forms
    ]
    size = max(1, _PAIRS // max(n, 1))
    for start in range(0, k, size):
        block = np.arange(start, min(start + size, k))
        place, facility, cost = pairs_of(block)
        for whole, (limits, weights) in zip(out, forms, strict=True):
            weight = zones(cost, limits, weights)
            part = two_step(place, facility - start, weight, people, supply[block])
            np.add(whole.access, part.access, out=whole.access)
            np.logical_or(whole.unknown, part.unknown, out=whole.unknown)
            whole.ratio[block] = part.ratio
    return out


def road_pairs(
    asked: Facilities,
    rows: NDArray[np.int64],
    homes: Footholds,
    cutoff: float,
    *,
    by_time: bool,
) -> PairsOf:
    """Return the pairs along the road, place to facility, both access legs included.

    Parameters
    ----------
    asked
        All destinations.
    rows
        ``(k,)`` rows of the facilities, ascending.
    homes
        ``(n,)`` places on the same network.
    cutoff
        Inclusive: seconds if ``by_time`` (driving), else metres (walking).
    by_time
        Which of the two the pairs' cost is.
    """

    def pairs(block: NDArray[np.int64]) -> Pairs:
        found = facility_pairs(asked, rows[block], homes, cutoff)
        facility = np.searchsorted(rows, found.target)
        cost = found.travel_time_s if by_time else found.distance_m
        return found.origin.astype(np.int64), facility.astype(np.int64), cost

    return pairs


def straight_pairs(
    home: tuple[NDArray[np.float64], NDArray[np.float64]],
    site: tuple[NDArray[np.float64], NDArray[np.float64]],
    cutoff_m: float,
) -> PairsOf:
    """Return the pairs by straight line; chords, 8 mm short of the geodesic at 20 km.

    Parameters
    ----------
    home, site
        Longitudes and latitudes of places and facilities, degrees.
    cutoff_m
        Inclusive.
    """
    here, there = embed(*home, np.zeros(len(home[0]))), embed(*site, np.zeros(len(site[0])))
    tree = cKDTree(here) if len(here) else None

    def pairs(block: NDArray[np.int64]) -> Pairs:
        near = (
            tree.query_ball_point(there[block], cutoff_m, return_sorted=True)
            if tree is not None
            else [[]] * len(block)
        )
        facility = np.repeat(block, [len(found) for found in near])
        place = np.concatenate([np.asarray(found, dtype=np.int64) for found in near])
        return place, facility, np.linalg.norm(here[place] - there[facility], axis=1)

    return pairs
