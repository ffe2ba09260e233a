"""Support: how many people each facility is the nearest of, today and in the years to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.reach import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.access.reach import Reach
    from coverage_gis.coverage.areas import Areas

NOW: Final = "now"
"""Label of the run's own population, beside the years."""
BELOW_FROM: Final = "below_from"
SUPPORT: Final = "support_population"


def people_of_facilities(
    places: Places, reach: Reach, people: NDArray[np.float64], facilities: int
) -> NDArray[np.float64]:
    """Return ``(facilities,)`` people whose nearest facility each one is, by sub-points.

    Parameters
    ----------
    places, reach
        Centres and sub-points, and their nearest facility of one service.
    people
        ``(n_cells,)``. Those who reach none are nobody's.
    facilities
        Rows of the run's destinations.
    """
    target = places.inside(reach.target.astype(np.float64)).astype(np.int64).ravel()
    weight = np.repeat(people / places.per_cell, places.per_cell)
    found = target != NONE
    return np.bincount(target[found], weight[found], minlength=facilities).astype(np.float64)


def support_rows(
    destinations: pd.DataFrame,
    muni_codes: NDArray[np.object_],
    service: str,
    by_label: Mapping[str, NDArray[np.float64]],
    threshold: float,
) -> pd.DataFrame:
    """Return the facilities of a service with the people of each, those that lose most first.

    Parameters
    ----------
    destinations, muni_codes
        Of the run; facilities outside the prefecture (None) are left out, since their people
        on the other side are not known. Where no facility has a municipality all are kept.
    service
        One service.
    by_label
        :data:`NOW` or a year -> ``(n,)`` people, in the order of time.
    threshold
        People below whom a facility is marked.

    Returns
    -------
    DataFrame
        ``destination_id, name, service, muni_code, lon, lat, people_<label>``,
        ``support_population``, ``below_from``: the first label with fewer people, "" for none.
    """
    mine = (destinations[schema.SERVICE] == service).to_numpy()
    inside = np.array([code is not None for code in muni_codes], dtype=bool)
    rows = np.flatnonzero(mine & inside if inside.any() else mine)
    people = np.stack([values[rows] for values in by_label.values()])
    names = [schema.DESTINATION_ID, schema.NAME, schema.SERVICE, schema.LON, schema.LAT]
    out = destinations.iloc[rows][names].reset_index(drop=True)
    out.insert(3, schema.MUNI_CODE, pd.Series(muni_codes[rows], dtype="str"))
    for label, values in zip(by_label, people, strict=True):
        out[f"people_{label}"] = values
    out[SUPPORT] = float(threshold)
    below = people < threshold
    labels = np.array([*by_label, ""], dtype=object)
    first = np.where(below.any(axis=0), below.argmax(axis=0), len(by_label))
    out[BELOW_FROM] = pd.array(labels[first], dtype="str")
    order = np.lexsort((out[schema.DESTINATION_ID], people[-1] - people[0]))
    return out.iloc[order].reset_index(drop=True)


def people_per_facility(
    areas: Areas, facilities: pd.DataFrame, members: Mapping[str, set[tuple[str, str]]], label: str
) -> pd.DataFrame:
    """Return people per facility of each area at one time: a row per area.

    Parameters
    ----------
    areas
        With the people of that time.
    facilities
        From :func:`support_rows`, of one service.
    members
        Municipality code -> (level, code) of the areas that it is part of.
    label
        The time: :data:`NOW` or a year.

    Returns
    -------
    DataFrame
        ``area_*, population, facilities, people_per_facility`` (null without a facility),
        ``facilities_below`` their support population.
    """
    out = areas.table.copy()
    out[schema.POPULATION] = areas.total(areas.people["total"])
    few = (facilities[f"people_{label}"] < facilities[SUPPORT]).to_numpy()
    counts: dict[tuple[str, str], list[int]] = {}
    for code, is_few in zip(facilities[schema.MUNI_CODE], few, strict=True):
        for area in members.get(code, set()):
            both = counts.setdefault(area, [0, 0])
            both[0] += 1
            both[1] += int(is_few)
    keys = list(zip(out[schema.AREA_LEVEL], out[schema.AREA_CODE], strict=True))
    out["facilities"] = [counts.get(key, [0, 0])[0] for key in keys]
    out["people_per_facility"] = ratio_of(
        out[schema.POPULATION].to_numpy(dtype=np.float64),
        out["facilities"].to_numpy(dtype=np.float64),
    )
    out["facilities_below"] = [counts.get(key, [0, 0])[1] for key in keys]
    return out


def ratio_of(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return part / whole, NaN where there is no whole."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan))
