"""Choice: how many different facilities each place has within reach, and the second nearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from coverage_gis import schema
from coverage_gis.access.reach import NONE
from coverage_gis.facilities.names import comparable_names
from coverage_gis.facilities.places import clusters, embed
from coverage_gis.routing.footholds import counts_within, k_nearest_facilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.network.footholds import Footholds
    from coverage_gis.routing.footholds import Facilities


@dataclass(frozen=True)
class Choice:
    """What each place has to choose from.

    Attributes
    ----------
    count
        ``(n, J)`` facilities within each cutoff.
    first
        ``(n,)`` row of the nearest facility in the run's destinations, ``NONE`` without.
    first_m, second_m
        ``(n,)`` metres to the nearest and the second nearest, NaN without.
    """

    count: NDArray[np.int64]
    first: NDArray[np.int64]
    first_m: NDArray[np.float64]
    second_m: NDArray[np.float64]


def different(destinations: pd.DataFrame, services: Sequence[str]) -> NDArray[np.int64]:
    """Return one row per facility that gives any of the services, however many it gives."""
    rows = np.flatnonzero(destinations[schema.SERVICE].isin(list(services)))
    ids = destinations[schema.DESTINATION_ID].iloc[rows]
    return rows[~ids.duplicated().to_numpy()].astype(np.int64)


def different_places(
    destinations: pd.DataFrame, services: Sequence[str], same_m: float
) -> NDArray[np.int64]:
    """Return one row per place that gives any of the services.

    What has one id, or one name (:func:`coverage_gis.facilities.names.comparable`) within
    ``same_m`` metres, is one place, whatever services and ids it goes by: a hospital that is
    listed as a clinic too is no second choice. Different names at one address are different
    places; a blank name equals none.

    Parameters
    ----------
    destinations
        ``DESTINATIONS``.
    services
        Their names.
    same_m
        Metres, inclusive.
    """
    rows, place = places_of_rows(destinations, services, same_m)
    _, first = np.unique(place, return_index=True)
    return rows[first]


def places_of_rows(
    destinations: pd.DataFrame, services: Sequence[str], same_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return one row per id that gives any of the services, and the number of each one's place.

    Which rows are one place is as in :func:`different_places`; places are numbered from 0 in
    the order of their first rows.
    """
    rows = different(destinations, services)
    mine = destinations.iloc[rows]
    names = comparable_names(mine[schema.NAME]).to_numpy(dtype=object)
    lon, lat = mine[schema.LON].to_numpy(), mine[schema.LAT].to_numpy()
    return rows, clusters(names, lon, lat, same_m)


def road_choice(
    asked: Facilities, members: NDArray[np.int64], origins: Footholds, cutoffs_m: Sequence[float]
) -> Choice:
    """Return the choice along the walking network; both access legs are in every distance.

    Parameters
    ----------
    asked
        All destinations.
    members
        Rows of destinations to choose from, from :func:`different`.
    origins
        ``(n,)`` places on the same network.
    cutoffs_m
        Inclusive.
    """
    nearest, _ = k_nearest_facilities(asked, members, origins, 2)
    return Choice(
        counts_within(asked, members, origins, cutoffs_m),
        nearest.target[:, 0].astype(np.int64),
        nearest.distance_m[:, 0],
        nearest.distance_m[:, 1],
    )


def straight_choice(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    facility_lon: NDArray[np.float64],
    facility_lat: NDArray[np.float64],
    *,
    members: NDArray[np.int64],
    cutoffs_m: Sequence[float],
) -> Choice:
    """Return the choice by straight lines, for runs without roads.

    Distances are chords: shorter than geodesics by less than a millimetre at 5 km.
    Coordinates in degrees.
    """
    n = len(lon)
    count = np.zeros((n, len(cutoffs_m)), dtype=np.int64)
    if n == 0 or len(members) == 0:
        return Choice(count, np.full(n, NONE), np.full(n, np.nan), np.full(n, np.nan))
    here = embed(lon, lat, np.zeros(n))
    tree = cKDTree(embed(facility_lon[members], facility_lat[members], np.zeros(len(members))))
    for column, cutoff in enumerate(cutoffs_m):
        found = tree.query_ball_point(here, cutoff, return_length=True, workers=-1)
        count[:, column] = np.asarray(found)
    chord, index = tree.query(here, k=[1, 2], workers=-1)
    second = np.where(np.isinf(chord[:, 1]), np.nan, chord[:, 1])
    return Choice(count, members[index[:, 0]], chord[:, 0], second)
