"""Access: the nearest facility of every service from every cell, on foot, by car, straight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.places import Places, places_of
from coverage_gis.access.reach import Reach, nearest_of
from coverage_gis.access.road import road_access
from coverage_gis.access.straight import straight_reach
from coverage_gis.access.table import access_rows
from coverage_gis.network.model import Network
from pipelines.stage import StageContext, StageResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.settings import Settings


def run(ctx: StageContext) -> StageResult:
    """Measure from all cell centres and sub-points to all services."""
    origins = ctx.get("origins", "origins")
    destinations = ctx.get("destinations", "destinations")
    places = places_of(origins, ctx.settings.run.subpoint_spacing_m)
    tick = ctx.progress("access")
    reaches: dict[tuple[str, str, str], Reach] = {}
    snaps: dict[str, NDArray[np.float64]] = {}
    off_road: dict[str, int] = {}
    modes = [schema.WALK, schema.DRIVE] if ctx.options.by_road else []
    for i, mode in enumerate(modes):
        services = _members(destinations, ctx.settings, mode)
        road = road_access(
            Network.from_arrays(ctx.get("network", mode)),
            destinations,
            services,
            places,
            beyond_m=ctx.settings.network.snap_beyond_half_diagonal_m,
            facility_limit_m=ctx.settings.network.snap_facility_limit_m,
        )
        reaches |= {(s, mode, schema.ROAD): r for s, r in road.reach.items()}
        snaps[mode] = road.snap_m
        off_road[mode] = int(np.isnan(road.facility_snap_m).sum())
        tick(i + 1, len(modes) + 1)
    reaches |= _straight(destinations, ctx.settings, places)
    tick(len(modes) + 1, len(modes) + 1)
    ids = destinations[schema.DESTINATION_ID].to_numpy(dtype=object)
    table = _table(origins, ids, places, _with_groups(reaches, ctx.settings), snaps)
    no_road = _people_without_road(origins, places, snaps)
    return StageResult(
        artifacts={
            "access": schema.ACCESS.conform(table),
            "reach": _to_arrays(reaches),
            "places": {
                "lon": places.lon,
                "lat": places.lat,
                "shape": np.array([places.n_cells, places.per_cell]),
                "half_diagonal_m": places.half_diagonal_m,
            },
            "snap": snaps,
            "no_road": no_road,
        },
        totals={"population": float(origins[schema.POPULATION].sum())},
        counts={
            "headline": f"{len(reaches)} service-mode pairs from {places.n_cells:,} cells and "
            f"{places.n_cells * places.per_cell:,} sub-points",
            "subpoints_per_cell": places.per_cell,
            "population_no_road": no_road,
            "facilities_without_road": off_road,
        },
        notes=[
            *_far_from_roads(origins, places, snaps, ctx.settings),
            *_notes(off_road, len(destinations), ctx.settings.network.snap_facility_limit_m),
        ],
    )


def load_places(arrays: dict[str, NDArray[np.float64]]) -> Places:
    """Return the places an earlier run of this stage kept."""
    n_cells, per_cell = (int(v) for v in arrays["shape"])
    return Places(arrays["lon"], arrays["lat"], n_cells, per_cell, arrays["half_diagonal_m"])


def load_reaches(
    arrays: dict[str, NDArray[np.float64]], settings: Settings
) -> dict[tuple[str, str, str], Reach]:
    """Return the reach of each service, mode and metric, groups included."""
    reaches: dict[tuple[str, str, str], Reach] = {}
    for name in sorted({n.rpartition(".")[0] for n in arrays}):
        service, mode, metric = name.split(".")
        reaches[service, mode, metric] = Reach(
            arrays[f"{name}.target"].astype(np.int64), arrays[f"{name}.m"], arrays[f"{name}.s"]
        )
    return _with_groups(reaches, settings)


def _to_arrays(
    reaches: dict[tuple[str, str, str], Reach],
) -> dict[str, NDArray[np.generic]]:
    out: dict[str, NDArray[np.generic]] = {}
    for key, reach in reaches.items():
        name = ".".join(key)
        out[f"{name}.target"] = reach.target.astype(np.int32)
        out[f"{name}.m"] = reach.distance_m
        out[f"{name}.s"] = reach.travel_time_s
    return out


def _members(
    destinations: pd.DataFrame, settings: Settings, mode: str
) -> dict[str, NDArray[np.int64]]:
    """Return the rows of each service that has facilities and is asked for by ``mode``."""
    service_of = destinations[schema.SERVICE].to_numpy()
    members = {
        s.name: np.flatnonzero(service_of == s.name)
        for s in settings.services.values()
        if not s.is_group and mode in s.modes
    }
    return {name: rows for name, rows in members.items() if len(rows)}


def _straight(
    destinations: pd.DataFrame, settings: Settings, places: Places
) -> dict[tuple[str, str, str], Reach]:
    lon = destinations[schema.LON].to_numpy(dtype=np.float64)
    lat = destinations[schema.LAT].to_numpy(dtype=np.float64)
    return {
        (service, schema.WALK, schema.STRAIGHT): straight_reach(
            places.lon, places.lat, lon, lat, rows
        )
        for service, rows in _members(destinations, settings, schema.WALK).items()
    }


def _with_groups(
    reaches: dict[tuple[str, str, str], Reach], settings: Settings
) -> dict[tuple[str, str, str], Reach]:
    """Add the groups ("any food store"), and put services into the order of the settings."""
    out: dict[tuple[str, str, str], Reach] = {}
    ways = sorted({(mode, metric) for _, mode, metric in reaches}, key=_WAYS.index)
    for service in settings.services.values():
        for mode, metric in ways:
            names = service.any_of or (service.name,)
            parts = [reaches[n, mode, metric] for n in names if (n, mode, metric) in reaches]
            if parts and mode in service.modes:
                by_time = mode == schema.DRIVE
                out[service.name, mode, metric] = nearest_of(parts, by_time=by_time)
    return out


_WAYS = [
    (schema.WALK, schema.ROAD),
    (schema.DRIVE, schema.ROAD),
    (schema.WALK, schema.STRAIGHT),
]


def _table(
    origins: pd.DataFrame,
    ids: NDArray[np.object_],
    places: Places,
    reaches: dict[tuple[str, str, str], Reach],
    snaps: dict[str, NDArray[np.float64]],
) -> pd.DataFrame:
    n = places.n_cells
    frames = [
        access_rows(
            origins,
            ids,
            Reach(reach.target[:n], reach.distance_m[:n], reach.travel_time_s[:n]),
            places.centres(snaps[mode]) if metric == schema.ROAD else None,
            service=service,
            mode=mode,
            metric=metric,
        )
        for (service, mode, metric), reach in reaches.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else schema.ACCESS.empty()


def _people_without_road(
    origins: pd.DataFrame, places: Places, snaps: dict[str, NDArray[np.float64]]
) -> dict[str, float]:
    people = origins[schema.POPULATION].to_numpy()
    return {
        mode: float(people[np.isnan(places.centres(snap_m))].sum())
        for mode, snap_m in snaps.items()
    }


def _far_from_roads(
    origins: pd.DataFrame,
    places: Places,
    snaps: dict[str, NDArray[np.float64]],
    settings: Settings,
) -> list[str]:
    """Say how many people live far from the road data, as where an extract ends."""
    if schema.WALK not in snaps:
        return []
    beyond = settings.network.snap_beyond_half_diagonal_m
    snap_m = places.centres(snaps[schema.WALK])
    people = origins[schema.POPULATION].to_numpy()
    far = float(people[~(snap_m <= beyond)].sum())
    out = float(people[np.isnan(snap_m)].sum())
    if not far:
        return []
    limit = float(places.half_diagonal_m.max()) + beyond
    sentence = (
        f"{far:,.0f} people live in cells whose centre is more than {beyond:,.0f} m from any road "
        f"of the data; {out:,.0f} of them beyond the cell's half-diagonal and {beyond:,.0f} m "
        f"({limit:,.0f} m): these have no road data and are in no rate."
    )
    return [sentence]


def _notes(off_road: dict[str, int], total: int, limit_m: float) -> list[str]:
    return [
        f"{count:,} of {total:,} facilities have no road to go by ({mode}) within {limit_m:,.0f} m "
        "and are reached by nobody that way."
        for mode, count in off_road.items()
        if count
    ]
