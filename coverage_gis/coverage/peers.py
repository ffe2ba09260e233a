"""Peers: the areas of most nearly the same population, and an area's rank among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Rank:
    """A place among peers: 1 is the highest value; equals share a place; ``of`` areas have one."""

    place: int
    of: int


def peers(population: NDArray[np.float64], count: int) -> list[NDArray[np.int64]]:
    """Return for each area itself and its ``count`` nearest in population, in their given order.

    Near means a small ratio: an area of 20,000 is as near to one of 10,000 as to one of
    40,000. Ties go to the earlier area. Areas without people have no peers but themselves and
    are nobody's.

    Parameters
    ----------
    population
        ``(n,)`` people.
    count
        How many others.
    """
    lived_in = population > 0
    size = np.log(np.where(lived_in, population, 1.0))
    out = []
    for own in range(len(population)):
        others = np.flatnonzero(lived_in & (np.arange(len(population)) != own))
        if not lived_in[own]:
            others = others[:0]
        nearest = others[np.argsort(np.abs(size[others] - size[own]), kind="stable")[:count]]
        out.append(np.sort(np.append(nearest, own)).astype(np.int64))
    return out


def peers_with_rate(
    population: NDArray[np.float64], rate: NDArray[np.float64], count: int
) -> list[NDArray[np.int64]]:
    """Return :func:`peers` among the areas with a rate: one without is nobody's and has none.

    Parameters
    ----------
    population
        ``(n,)`` people.
    rate
        ``(n,)`` from 0 to 1; NaN where the data does not cover an area.
    count
        How many others.
    """
    return peers(np.where(np.isnan(rate), 0.0, population), count)


def rank(values: NDArray[np.float64], members: NDArray[np.int64], own: int) -> Rank | None:
    """Return the rank of area ``own`` among ``members``; None where its value is not known."""
    mine = values[own]
    if np.isnan(mine):
        return None
    known = values[members][~np.isnan(values[members])]
    return Rank(1 + int((known > mine).sum()), len(known))
