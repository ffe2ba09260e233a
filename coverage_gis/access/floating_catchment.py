"""Two-step floating catchment areas (2SFCA): supply per head, counting who shares it.

Step 1 divides each facility's supply (beds, doctors) by the people within its catchment; step 2
adds up, for each place, the ratios of the facilities within its own. With weights that fall with
distance it is the enhanced form.

Sources: Luo W. and Wang F. (2003), Environment and Planning B 30, 865-884 (2SFCA); Luo W. and
Qi Y. (2009), Health & Place 15, 1100-1107 (enhanced: zones with Gaussian weights); Dai D. (2010),
Health & Place 16, 1038-1052 (continuous Gaussian decay that ends at the catchment).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FloatingCatchment:
    """Accessibility of places and the load of facilities.

    Attributes
    ----------
    access
        ``(n_places,)`` supply per person; 0 with no facility within the catchment. Over all
        people it sums to the supply of the facilities that anybody is within reach of.
    ratio
        ``(n_facilities,)`` supply per weighted person of its catchment; NaN where nobody is.
    unknown
        ``(n_places,)`` whether a facility of unknown supply is within reach: ``access`` is then
        a lower bound.
    """

    access: NDArray[np.float64]
    ratio: NDArray[np.float64]
    unknown: NDArray[np.bool_]


def two_step(
    place: NDArray[np.int64],
    facility: NDArray[np.int64],
    weight: NDArray[np.float64],
    people: NDArray[np.float64],
    supply: NDArray[np.float64],
) -> FloatingCatchment:
    """Return 2SFCA accessibility from pairs of places and facilities within the catchment.

    Parameters
    ----------
    place, facility
        ``(n_pairs,)`` numbers of places and facilities, each pair once, as from
        :func:`coverage_gis.routing.within.pairs_within`.
    weight
        ``(n_pairs,)`` 1 for the plain form, :func:`gaussian` or :func:`zones` for the enhanced.
    people
        ``(n_places,)``; those of the margin outside the prefecture are demand too, and are to
        be left out of totals by the caller.
    supply
        ``(n_facilities,)`` beds or doctors; NaN unknown.

    Raises
    ------
    InputError
        If people, weights or supplies are negative.
    """
    for name, values in (("people", people), ("weights", weight), ("supply", supply)):
        if (np.nan_to_num(values) < 0).any():
            raise InputError(f"Floating catchments need {name} not below zero.")
    demand = np.bincount(facility, weight * people[place], minlength=len(supply))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(demand > 0, supply / demand, np.nan)
    known = np.nan_to_num(ratio)
    access = np.bincount(place, weight * known[facility], minlength=len(people)).astype(np.float64)
    blind = np.isnan(supply)[facility] & (weight > 0)
    unknown = np.bincount(place, blind, minlength=len(people)) > 0
    return FloatingCatchment(access, ratio, unknown)


def gaussian(cost: NDArray[np.float64], cutoff: float) -> NDArray[np.float64]:
    """Return Dai's weights: 1 at the door, 0 at the cutoff and beyond, Gaussian between.

    ``(exp(-(c / c0)^2 / 2) - exp(-1/2)) / (1 - exp(-1/2))``; ``cost`` and ``cutoff`` in one unit.
    """
    end = np.exp(-0.5)
    inside = (np.exp(-0.5 * (cost / cutoff) ** 2) - end) / (1 - end)
    return np.asarray(np.where(cost < cutoff, inside, 0.0), dtype=np.float64)


def zones(
    cost: NDArray[np.float64], limits: tuple[float, ...], weights: tuple[float, ...]
) -> NDArray[np.float64]:
    """Return weights by zone, as Luo and Qi have them: 0-10, 10-20 and 20-30 minutes.

    Parameters
    ----------
    cost
        In the unit of ``limits``.
    limits
        Inclusive upper limits, ascending.
    weights
        One per zone, not rising; beyond the last limit 0. Theirs are 1, 0.68 and 0.22.

    Raises
    ------
    InputError
        If limits do not rise, weights rise, or their numbers differ.
    """
    rising = all(a < b for a, b in pairwise(limits))
    falling = all(a >= b for a, b in pairwise(weights))
    if len(limits) != len(weights) or not limits or not rising or not falling:
        raise InputError("Zones need rising limits, and as many weights that do not rise.")
    zone = np.searchsorted(np.asarray(limits), cost, side="left")
    return np.asarray([*weights, 0.0], dtype=np.float64)[zone]
