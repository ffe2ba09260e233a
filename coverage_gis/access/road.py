"""Distances and times along the road network, for all services of a mode at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.access.reach import Reach
from coverage_gis.network.footholds import footholds
from coverage_gis.routing.footholds import facilities, k_nearest_facilities, nearest_facility
from coverage_gis.routing.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.network.footholds import Footholds
    from coverage_gis.network.model import Network
    from coverage_gis.settings import NetworkSettings


@dataclass(frozen=True)
class Ranked:
    """Rows of the facilities to rank, each place once, and which rank is asked for."""

    members: NDArray[np.int64]
    rank: int


@dataclass(frozen=True)
class RoadAccess:
    """What one mode's network gives.

    Attributes
    ----------
    reach
        Service -> nearest facility from every place, with the metres to the edge it is
        reached from.
    places, facilities
        Where the places and the facilities join the network; ``first.snap_m`` is the
        geodesic metres to the nearest edge, NaN without one.
    """

    reach: Mapping[str, Reach]
    places: Footholds
    facilities: Footholds


def road_access(
    network: Network,
    destinations: pd.DataFrame,
    services: Mapping[str, NDArray[np.int64]],
    places: Places,
    settings: NetworkSettings,
    *,
    ranked: Mapping[str, Ranked] | None = None,
) -> RoadAccess:
    """Return the nearest facility of each service along the network.

    Parameters
    ----------
    network
        Graph of one mode: walking minimises distance, driving minimises time.
    destinations
        Rows of ``schema.DESTINATIONS``.
    services
        Service -> rows of ``destinations`` that give it.
    places
        Where to measure from.
    settings
        How far a place looks for a road beyond its cell's corner, how far a facility (one
        without is reached by nobody), and which components are gaps in the map.
    ranked
        Service -> the facilities of which it is the second, third ... nearest.
    """
    origins = homes_on(network, places, settings)
    targets = facilities_on(network, destinations, settings)
    asked = facilities(network, targets)
    found = in_threads(
        lambda members: nearest_facility(asked, members, origins), list(services.values())
    )
    reach = {
        service: Reach(one.target, one.distance_m, one.travel_time_s, snap_m)
        for service, (one, snap_m) in zip(services, found, strict=True)
    }
    for service, wanted in (ranked or {}).items():
        several, snap_m = k_nearest_facilities(asked, wanted.members, origins, wanted.rank)
        last = wanted.rank - 1
        reach[service] = Reach(
            several.target[:, last],
            several.distance_m[:, last],
            several.travel_time_s[:, last],
            snap_m[:, last],
        )
    return RoadAccess(reach, origins, targets)


def homes_on(network: Network, places: Places, settings: NetworkSettings) -> Footholds:
    """Return where places join a network."""
    return footholds(
        network,
        places.lon,
        places.lat,
        places.snap_limit_m(settings.snap_beyond_half_diagonal_m),
        settings.gaps,
    )


def facilities_on(
    network: Network, destinations: pd.DataFrame, settings: NetworkSettings
) -> Footholds:
    """Return where facilities, rows of ``schema.DESTINATIONS``, join a network."""
    lon, lat = (destinations[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    return footholds(
        network,
        lon,
        lat,
        settings.snap_facility_limit_m,
        settings.gaps,
    )
