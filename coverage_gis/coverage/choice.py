"""Who has how many stores, and what the closing of each would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.coverage.daily import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from coverage_gis.access.choice import Choice
    from coverage_gis.access.places import Places
    from coverage_gis.coverage.areas import Areas

_MANY = 3


def choice_rows(
    areas: Areas,
    places: Places,
    choice: Choice,
    *,
    cutoffs_m: Sequence[float],
    has_road: NDArray[np.bool_],
    labels: Mapping[str, str | int | float | None],
) -> pd.DataFrame:
    """Return people of areas by the number of stores in reach: none, one, two, more.

    Null where nobody lives that there is road data for.

    Parameters
    ----------
    areas, has_road
        As for :func:`coverage_gis.coverage.areas.rates_of`.
    places
        Centres and sub-points; people are counted by sub-points.
    choice
        From all of them.
    cutoffs_m
        Of the columns of ``choice.count``.
    labels
        Columns that are the same in all rows.
    """
    frames = []
    counted = has_road[areas.cell]
    for column, cutoff in enumerate(cutoffs_m):
        number = places.inside(choice.count[:, column].astype(np.float64))
        shares = {f"people_{n}": (number == n).mean(axis=1) for n in range(_MANY)}
        shares[f"people_{_MANY}_or_more"] = (number >= _MANY).mean(axis=1)
        for group, people in areas.people.items():
            frame = areas.table.copy().assign(**labels)
            frame[schema.AGE_GROUP] = group
            frame[schema.CUTOFF] = float(cutoff)
            frame[schema.CUTOFF_UNIT] = "m"
            frame[schema.POPULATION] = areas.total(people)
            on_road = areas.total(np.where(counted, people, 0.0))
            for name, share in shares.items():
                have = areas.total(np.where(counted, people * share[areas.cell], 0.0))
                frame[name] = np.where(on_road > 0, have, np.nan)
            frame["people_1_rate"] = ratio(frame["people_1"].to_numpy(), on_road)
            frame[schema.POPULATION_NO_ROAD] = frame[schema.POPULATION] - on_road
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def closures(
    places: Places,
    choice: Choice,
    *,
    people: Mapping[str, NDArray[np.float64]],
    destinations: pd.DataFrame,
    muni_codes: NDArray[np.object_],
    cutoff_m: float,
) -> pd.DataFrame:
    """Return the stores whose closing would leave somebody with none within the cutoff.

    Parameters
    ----------
    places, choice
        As for :func:`choice_rows`.
    people
        Age group -> ``(n_cells,)`` people to count: 0 for cells in no rate and of the margin.
    destinations
        ``DESTINATIONS`` that ``choice.first`` numbers.
    muni_codes
        Municipality of each destination, None outside the prefecture.
    cutoff_m
        Inclusive.

    Returns
    -------
    DataFrame
        One row per store, those that most depend on first: ``people_<group>`` for whom it is
        the only one within the cutoff; for them (all ages) ``mean_now_m`` and ``mean_then_m``, the
        mean way to it and to the next one, and ``people_then_none``, who would reach no store
        at all. ``mean_then_m`` is of the others.
    """
    first = places.inside(choice.first.astype(np.float64)).astype(np.int64).ravel()
    now, then = (places.inside(v).ravel() for v in (choice.first_m, choice.second_m))
    alone = np.flatnonzero((first >= 0) & (now <= cutoff_m) & ~(then <= cutoff_m))
    store = first[alone]
    n = len(destinations)
    weight = {
        group: np.repeat(values / places.per_cell, places.per_cell)[alone]
        for group, values in people.items()
    }
    everybody = weight["total"]
    none_left = np.isnan(then[alone])
    total = np.bincount(store, everybody, minlength=n)
    stranded = np.bincount(store, everybody * none_left, minlength=n)
    way_now = np.bincount(store, everybody * now[alone], minlength=n)
    way_then = np.bincount(store, everybody * np.where(none_left, 0, then[alone]), minlength=n)
    rows = np.flatnonzero(total > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = pd.DataFrame(
            {
                name: destinations[name].to_numpy()[rows]
                for name in (schema.DESTINATION_ID, schema.NAME, schema.SERVICE)
            }
            | {schema.MUNI_CODE: pd.array(muni_codes[rows], dtype="str")}
            | {name: destinations[name].to_numpy()[rows] for name in (schema.LON, schema.LAT)}
            | {schema.CUTOFF: np.full(len(rows), float(cutoff_m))}
            | {
                f"people_{group}": np.bincount(store, values, minlength=n)[rows]
                for group, values in weight.items()
            }
            | {
                "mean_now_m": (way_now / total)[rows],
                "mean_then_m": np.where(total > stranded, way_then / (total - stranded), np.nan)[
                    rows
                ],
                "people_then_none": stranded[rows],
            }
        )
    out = out.sort_values(["people_total", schema.DESTINATION_ID], ascending=[False, True])
    return out.reset_index(drop=True)
