"""Sensitivity: the same coverage with some stores fewer, and with as many more (試算).

A map of stores is never complete, and never up to date. Fewer: stores leave by chance, each as
likely as another. More: stores come to places where people live, a place as likely as it has
people. Both in several draws from one seed, so that a run says the same every time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from coverage_gis import schema
from coverage_gis.coverage.daily import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.coverage.areas import Areas

FEWER: Final = "fewer"
AS_IS: Final = "as_is"
MORE: Final = "more"


@dataclass(frozen=True)
class Pairs:
    """Which stores are within the cutoff of which places.

    Attributes
    ----------
    place, store
        ``(n,)`` numbers of a place and of a store within its reach.
    """

    place: NDArray[np.int64]
    store: NDArray[np.int64]


def leaving(stores: int, share: float, draws: int, seed: int) -> NDArray[np.bool_]:
    """Return ``(stores, draws)`` whether each store stays: the same number leaves in each draw."""
    number = round(stores * share)
    rng = np.random.default_rng([seed, 0])
    stays = np.ones((stores, draws), dtype=bool)
    for draw in range(draws):
        stays[rng.permutation(stores)[:number], draw] = False
    return stays


def arriving(people: NDArray[np.float64], number: int, draws: int, seed: int) -> NDArray[np.int64]:
    """Return ``(draws, number)`` places where stores come, likely as the people there.

    Parameters
    ----------
    people
        ``(n_places,)``; a place without people gets none. Several stores may come to one.
    number
        Stores in each draw; none where nobody lives.
    """
    upto = np.cumsum(people)
    if number == 0 or len(people) == 0 or upto[-1] == 0:
        return np.empty((draws, 0), dtype=np.int64)
    chance = np.random.default_rng([seed, 1]).random((draws, number))
    found = np.searchsorted(upto, chance * upto[-1], side="right").astype(np.int64)
    return np.asarray(np.minimum(found, len(people) - 1))


def reached(pairs: Pairs, kept: NDArray[np.bool_], n_places: int) -> NDArray[np.bool_]:
    """Return ``(n_places, draws)`` whether any store that is kept in a draw is in reach.

    Parameters
    ----------
    pairs
        Places and stores in reach of each other.
    kept
        ``(n_stores, draws)``.
    n_places
        How many places there are.
    """
    one = np.ones(len(pairs.place), dtype=np.float32)
    near = coo_array((one, (pairs.place, pairs.store)), (n_places, len(kept))).tocsr()
    return np.asarray(near @ kept.astype(np.float32) > 0)


def sensitivity_rows(
    areas: Areas,
    places: Places,
    within: Mapping[str, NDArray[np.bool_]],
    stores: Mapping[str, int],
    *,
    has_road: NDArray[np.bool_],
    labels: Mapping[str, str | int | float | None],
) -> pd.DataFrame:
    """Return the rate of every area with fewer stores, as it is, and with more.

    Parameters
    ----------
    areas, has_road
        As for :func:`coverage_gis.coverage.areas.rates_of`.
    places
        Centres and sub-points.
    within
        Change -> ``(n_subpoints, draws)`` whether a store is within the cutoff.
    stores
        Change -> how many stores there are then.
    labels
        Columns that are the same in all rows.

    Returns
    -------
    DataFrame
        ``area_*, age_group, change, stores, draws, covered_population, coverage_rate`` (means
        over the draws), ``coverage_rate_min``, ``coverage_rate_max``; null where nobody lives
        that there is road data for.
    """
    counted = has_road[areas.cell]
    frames = []
    for change, near in within.items():
        draws = near.shape[1]
        share = near.reshape(places.n_cells, places.per_cell, draws).mean(axis=1)
        by_part = np.where(counted[:, None], share[areas.cell], 0.0).T
        for group, people in areas.people.items():
            covered = areas.totals(by_part * people)
            on_road = areas.total(np.where(counted, people, 0.0))
            rate = np.stack([ratio(row, on_road) for row in covered])
            frame = areas.table.copy().assign(**labels)
            frame[schema.AGE_GROUP] = group
            frame["change"] = change
            frame["stores"] = stores[change]
            frame["draws"] = draws
            frame[schema.COVERED_POPULATION] = np.where(on_road > 0, covered.mean(axis=0), np.nan)
            frame[schema.COVERAGE_RATE] = rate.mean(axis=0)
            frame["coverage_rate_min"] = rate.min(axis=0)
            frame["coverage_rate_max"] = rate.max(axis=0)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)
