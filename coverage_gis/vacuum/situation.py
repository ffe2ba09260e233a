"""A situation of public transport, as people have it around them: distances and classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.reach import NONE, Reach
from coverage_gis.access.road import road_access
from coverage_gis.access.straight import straight_reach
from coverage_gis.network.snap import snap
from coverage_gis.vacuum.classes import QUALITY, TRANSIT, class_rows, point_classes
from coverage_gis.vacuum.quality import point_qualities
from coverage_gis.vacuum.supply import BUS_STOP, STATION, UNKNOWN, levels, members_by_level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.network.model import Network
    from coverage_gis.settings import Settings, VacuumPreset, WalkProfile
    from coverage_gis.vacuum.supply import Level


@dataclass(frozen=True)
class Homes:
    """Where people live, and how they get about: what no timetable changes.

    Attributes
    ----------
    origins
        Rows of ``schema.ORIGINS``.
    places
        Their centres and sub-points.
    has_road
        ``(n_cells,)`` whether there is road data.
    network
        For walking; None for straight lines alone.
    in_zone
        ``(n_cells, per_cell)`` in a zone of demand-responsive transport; None for nowhere.
    """

    origins: pd.DataFrame
    places: Places
    has_road: NDArray[np.bool_]
    network: Network | None
    in_zone: NDArray[np.bool_] | None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that can be measured, the main one first."""
        return (schema.ROAD, schema.STRAIGHT) if self.network else (schema.STRAIGHT,)


Reaches = dict[str, dict["Level", "Reach"]]
"""Metric -> level of service -> the nearest stop from every place."""


def measure(
    homes: Homes, stops: pd.DataFrame, trips: NDArray[np.float64], settings: Settings
) -> Reaches:
    """Return the nearest stop and station of each level of service from all places.

    Parameters
    ----------
    homes
        Where from.
    stops
        ``DESTINATIONS``, of which stations and bus stops count.
    trips
        Trips per day of each, NaN unknown.
    settings
        For the levels and how far to look for a road.
    """
    members = members_by_level(stops, trips, levels(settings))
    filled = {level: rows for level, rows in members.items() if len(rows)}
    lon, lat = (stops[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    at = homes.places
    out: Reaches = {metric: {} for metric in homes.metrics}
    if homes.network is not None and filled:
        names = {f"{service}{least}": (service, least) for service, least in filled}
        road = road_access(
            homes.network,
            stops,
            {name: filled[level] for name, level in names.items()},
            at,
            settings.network,
        )
        out[schema.ROAD] = {names[name]: reach for name, reach in road.reach.items()}
    out[schema.STRAIGHT] = {
        level: straight_reach(at.lon, at.lat, lon, lat, rows) for level, rows in filled.items()
    }
    n = len(at.lon)
    nowhere = Reach(np.full(n, NONE), np.full(n, np.nan), np.full(n, np.nan))
    return {m: {level: found.get(level, nowhere) for level in members} for m, found in out.items()}


def classify(homes: Homes, reaches: Reaches, settings: Settings) -> tuple[pd.DataFrame, ...]:
    """Return the tables ``TRANSIT`` (all definitions) and ``SERVICE_QUALITY``, both metrics."""
    transit = [schema.TRANSIT.empty()]
    quality = [schema.SERVICE_QUALITY.empty()]
    for metric, found in reaches.items():
        inside = {level: homes.places.inside(r.distance_m) for level, r in found.items()}
        letters = point_qualities(inside, settings.service_quality)
        quality.append(class_rows(homes.origins, letters, homes.has_road, QUALITY, metric=metric))
        for preset in settings.vacuum_presets.values():
            walked = inside
            if preset.walkers is not None:
                walked = as_walked(found, preset, settings.network.walk, homes.places)
            classes = point_classes(walked, preset, homes.in_zone)
            transit.append(
                class_rows(
                    homes.origins,
                    classes,
                    homes.has_road,
                    TRANSIT,
                    preset=preset.name,
                    metric=metric,
                )
            )
    # By preset, then metric: the order of the settings.
    order = {name: i for i, name in enumerate(settings.vacuum_presets)}
    joined = pd.concat(transit, ignore_index=True)
    joined = joined.sort_values(schema.PRESET, key=lambda c: c.map(order), kind="stable")
    return (
        schema.TRANSIT.conform(joined),
        schema.SERVICE_QUALITY.conform(pd.concat(quality, ignore_index=True)),
    )


def as_walked(
    found: Mapping[Level, Reach], preset: VacuumPreset, walk: WalkProfile, places: Places
) -> dict[Level, NDArray[np.float64]]:
    """Return how far it is to each level of service for those who walk in a definition.

    The metres that ``walk.speed_m_per_s`` covers on the flat in the time that the definition's
    ``walkers`` need, up and down as the road goes; along straight lines by their speed alone.

    Returns
    -------
    dict of arrays
        ``(n_cells, per_cell)`` metres at the sub-points; NaN out of reach.
    """
    pace = walk.pace(preset.walkers)

    def metres(reach: Reach) -> NDArray[np.float64]:
        if preset.walkers is None or np.isnan(reach.travel_time_s).all():
            return places.inside(reach.distance_m * pace)
        return places.inside(reach.travel_time_s * walk.speed_m_per_s * pace)

    return {level: metres(reach) for level, reach in found.items()}


def served_m(
    found: Mapping[Level, Reach], preset: VacuumPreset, places: Places
) -> NDArray[np.float64]:
    """Return metres from each cell's centre to the nearest stop or station that serves.

    NaN out of reach. What serves is what ``preset`` says, its distances aside.
    """
    wanted: list[Level] = []
    for service, minimum in (
        (STATION, preset.min_rail_trips_per_day),
        (BUS_STOP, preset.min_trips_per_day),
    ):
        wanted += [(service, minimum)] if minimum else [(service, 1.0), (service, UNKNOWN)]
    lengths = np.stack([places.centres(found[level].distance_m) for level in wanted])
    nearest = np.where(np.isnan(lengths), np.inf, lengths).min(axis=0)
    return np.where(np.isinf(nearest), np.nan, nearest)


def near_without_road(
    homes: Homes, stops: pd.DataFrame, trips: NDArray[np.float64], settings: Settings
) -> NDArray[np.bool_]:
    """Return the cells near a stop or station to which the data have no road.

    Where an extract of roads ends, a stop beyond its end is reached by nobody, and cells at
    the end seem to be in the vacuum: those whose centre is within the straight-line distance
    of the default definition of such a stop.

    Returns
    -------
    array
        ``(n_cells,)``; all false without a network.
    """
    preset = settings.vacuum_presets[settings.run.default_vacuum_preset]
    near = np.zeros(homes.places.n_cells, dtype=bool)
    if homes.network is None:
        return near
    lon, lat = (stops[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    on_road = snap(homes.network, lon, lat, settings.network.snap_facility_limit_m).snap_m
    lost = np.isnan(np.asarray(on_road, dtype=np.float64)) & (trips != 0)
    service = stops[schema.SERVICE].to_numpy()
    at = homes.places
    here = at.centres(at.lon), at.centres(at.lat)
    for name, within_m in ((STATION, preset.rail_m), (BUS_STOP, preset.bus_m)):
        rows = np.flatnonzero(lost & (service == name))
        near |= straight_reach(*here, lon, lat, rows).distance_m <= within_m
    return near
