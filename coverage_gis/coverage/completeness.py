"""Completeness: the stores a run knows beside the official number, by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

COLUMNS: Final = (
    schema.PREF_CODE,
    schema.SERVICE,
    "label_ja",
    "stores_in_run",
    "official_stores",
    "completeness",
    "official_year",
    "official_source",
    "area_with_people",
    "people_without_road",
)
"""``area_with_people`` and ``people_without_road`` are shares: below 1 and above 0, the run
covers a part of the prefecture only, and the stores can be no more than a part."""


def area_of_places(
    lon: NDArray[np.float64], lat: NDArray[np.float64], municipalities: gpd.GeoDataFrame
) -> NDArray[np.object_]:
    """Return the municipality each place lies in, None for none.

    Parameters
    ----------
    lon, lat
        ``(n,)`` degrees.
    municipalities
        ``MUNICIPALITIES`` with geometry. A place on a border is the lower code's.
    """
    out = np.full(len(lon), None, dtype=object)
    if municipalities.empty:
        return out
    ordered = municipalities.sort_values(schema.MUNI_CODE)
    codes = ordered[schema.MUNI_CODE].to_numpy(dtype=object)
    tree = shapely.STRtree(np.asarray(shapely.points(lon, lat), dtype=object))
    area, place = tree.query(ordered.geometry.to_numpy(), predicate="intersects")
    last_first = np.argsort(area, kind="stable")[::-1]
    out[place[last_first]] = codes[area[last_first]]
    return out


def completeness(
    official: pd.DataFrame,
    destinations: pd.DataFrame,
    muni_codes: NDArray[np.object_],
    *,
    pref_code: str,
    labels: dict[str, str],
    area_with_people: float,
    people_without_road: float,
) -> pd.DataFrame:
    """Return the stores in the run per official store; columns as :data:`COLUMNS`.

    Parameters
    ----------
    official
        ``pref_code, service, stores, year, source``.
    destinations
        ``DESTINATIONS`` of the run, those of the margin too.
    muni_codes
        ``(n,)`` municipality of each, None outside the prefecture.
    pref_code, labels
        The prefecture; Japanese names of services.
    area_with_people
        Share of the prefecture's municipalities for which the run has any people, 0 to 1.
    people_without_road
        Share of the run's people without road data, 0 to 1.
    """
    mine = official[official[schema.PREF_CODE] == pref_code]
    inside = destinations[np.array([c is not None for c in muni_codes], dtype=bool)]
    counts = inside[schema.SERVICE].value_counts()
    stores = [int(counts.get(s, 0)) for s in mine[schema.SERVICE]]
    known = mine["stores"].to_numpy(dtype=np.float64)
    return pd.DataFrame(
        {
            schema.PREF_CODE: mine[schema.PREF_CODE].to_numpy(),
            schema.SERVICE: mine[schema.SERVICE].to_numpy(),
            "label_ja": [labels.get(s, s) for s in mine[schema.SERVICE]],
            "stores_in_run": np.asarray(stores, dtype=np.int64),
            "official_stores": mine["stores"].to_numpy(dtype=np.int64),
            "completeness": np.asarray(stores, dtype=np.float64) / known,
            "official_year": mine["year"].to_numpy(dtype=np.int64),
            "official_source": mine["source"].to_numpy(),
            "area_with_people": np.full(len(mine), float(area_with_people)),
            "people_without_road": np.full(len(mine), float(people_without_road)),
        },
        columns=list(COLUMNS),
    )


def by_service(
    official: pd.DataFrame,
    destinations: pd.DataFrame,
    muni_codes: NDArray[np.object_],
    *,
    pref_code: str,
    members: Mapping[str, Sequence[str]],
) -> dict[str, float]:
    """Return service -> stores in the run per official store.

    A group ("any food store") has the stores of its members that have an official number, over
    the sum of these; a service without any is left out.

    Parameters
    ----------
    official, destinations, muni_codes, pref_code
        As for :func:`completeness`.
    members
        Service -> its members, itself for one that is no group.
    """
    table = completeness(
        official,
        destinations,
        muni_codes,
        pref_code=pref_code,
        labels={},
        area_with_people=1.0,
        people_without_road=0.0,
    ).set_index(schema.SERVICE)
    out = {}
    for service, parts in members.items():
        known = table[table.index.isin(list(parts))]
        if len(known):
            out[service] = float(known["stores_in_run"].sum() / known["official_stores"].sum())
    return out
