"""Distances and times along the road network, for all services of a mode at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.access.reach import Reach
from coverage_gis.network.snap import Snap, snap
from coverage_gis.routing.nearest import nearest, prepare
from coverage_gis.routing.several import k_nearest
from coverage_gis.routing.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.network.model import Network


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
        Service -> nearest facility from every place.
    snap_m
        ``(n_places,)`` geodesic metres from the place to its edge, NaN without one.
    facility_snap_m
        ``(n_destinations,)`` the same for the facilities.
    """

    reach: Mapping[str, Reach]
    snap_m: NDArray[np.float64]
    facility_snap_m: NDArray[np.float64]


def road_access(
    network: Network,
    destinations: pd.DataFrame,
    services: Mapping[str, NDArray[np.int64]],
    places: Places,
    *,
    beyond_m: float,
    facility_limit_m: float,
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
    beyond_m
        How far beyond its cell's corner a place looks for a road, metres.
    facility_limit_m
        How far a facility looks for one, metres; a facility without is reached by nobody.
    ranked
        Service -> the facilities of which it is the second, third ... nearest.
    """
    targets = snap(
        network,
        destinations[schema.LON].to_numpy(dtype=np.float64),
        destinations[schema.LAT].to_numpy(dtype=np.float64),
        facility_limit_m,
    )
    origins = snap(network, places.lon, places.lat, places.snap_limit_m(beyond_m))
    graph = prepare(network, targets)
    found = in_threads(lambda members: nearest(graph, members, origins), list(services.values()))
    reach = {
        service: Reach(one.target, one.distance_m, one.travel_time_s)
        for service, one in zip(services, found, strict=True)
    }
    for service, wanted in (ranked or {}).items():
        several = k_nearest(graph, wanted.members, origins, wanted.rank)
        last = wanted.rank - 1
        reach[service] = Reach(
            several.target[:, last], several.distance_m[:, last], several.travel_time_s[:, last]
        )
    return RoadAccess(reach, _snap_m(origins), _snap_m(targets))


def _snap_m(snapped: Snap) -> NDArray[np.float64]:
    return np.asarray(snapped.snap_m, dtype=np.float64)
