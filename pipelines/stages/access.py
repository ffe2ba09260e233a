"""Access: the nearest facility of every service from every cell, on foot, by car, straight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.choice import different_places
from coverage_gis.access.chords import earth_centred
from coverage_gis.access.components import Components, components
from coverage_gis.access.margin import beyond_margin
from coverage_gis.access.places import Places, places_of
from coverage_gis.access.reach import Reach, Way, with_groups
from coverage_gis.access.road import Ranked, road_access
from coverage_gis.access.straight import straight_nth, straight_reach
from coverage_gis.access.table import access_rows, people_beyond
from coverage_gis.access.traps import Traps, one_way_traps
from coverage_gis.network.model import Network
from pipelines.stage import StageContext, StageResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from coverage_gis.settings import Settings

_SHOWN = 5


def run(ctx: StageContext) -> StageResult:
    """Measure from all cell centres and sub-points to all services."""
    origins = ctx.get("origins", "origins")
    destinations = ctx.get("destinations", "destinations")
    places = places_of(origins, ctx.settings.run.subpoint_spacing_m)
    tick = ctx.progress("access")
    arrays: dict[str, NDArray[np.generic]] = {}
    centres: dict[Way, Reach] = {}
    snaps: dict[str, NDArray[np.float64]] = {}
    off_road: dict[str, int] = {}
    parts: dict[str, Components] = {}
    people = origins[schema.POPULATION].to_numpy(dtype=np.float64)
    rules = ctx.settings.network
    modes = [schema.WALK, schema.DRIVE] if ctx.options.by_road else []
    for i, mode in enumerate(modes):
        services = _members(destinations, ctx.settings, mode)
        network = Network.from_arrays(ctx.get("network", mode))
        ranked = _ranked(destinations, ctx.settings, mode)
        road = road_access(network, destinations, services, places, rules, ranked=ranked)
        for service, reach in road.reach.items():
            _keep((service, mode, schema.ROAD), reach, places.n_cells, arrays, centres)
        snaps[mode] = road.places.first.snap_m
        # a site for several hazards is one facility
        lost = destinations.loc[~road.facilities.first.joined, schema.DESTINATION_ID]
        off_road[mode] = lost.nunique()
        parts[mode] = components(
            network,
            road.places.head(places.n_cells),
            road.facilities,
            services,
            people=people,
            gaps=rules.gaps,
        )
        del road  # before the next mode's: millions of sub-points, each with all services
        tick(i + 1, len(modes) + 1)
    for way, reach in _straight(destinations, ctx.settings, places):
        _keep(way, reach, places.n_cells, arrays, centres)
    tick(len(modes) + 1, len(modes) + 1)
    ids = destinations[schema.DESTINATION_ID].to_numpy(dtype=object)
    table = _table(origins, ids, with_groups(centres, ctx.settings), ctx.settings)
    traps = _traps(centres, parts)
    no_road = {m: people_beyond(origins, s) for m, s in _centres(places, snaps).items()}
    return StageResult(
        artifacts={
            "access": schema.ACCESS.conform(table),
            "reach": arrays,
            "places": {
                "lon": places.lon,
                "lat": places.lat,
                "shape": np.array([places.n_cells, places.per_cell]),
                "half_diagonal_m": places.half_diagonal_m,
            },
            "snap": snaps,
            "no_road": no_road,
        },
        totals={"population": float(people.sum())},
        counts={
            "headline": f"{len(centres)} service-mode pairs from {places.n_cells:,} cells and "
            f"{places.n_cells * places.per_cell:,} sub-points",
            "subpoints_per_cell": places.per_cell,
            "population_no_road": no_road,
            "facilities_without_road": off_road,
            "components": {mode: part.record() for mode, part in parts.items()},
            "one_way_traps": {mode: found.record() for mode, found in traps.items()},
        },
        notes=[
            *_far_from_roads(origins, places, snaps, ctx.settings),
            *_notes(
                off_road, destinations[schema.DESTINATION_ID].nunique(), rules.snap_facility_limit_m
            ),
            *_on_islands(parts),
            *_shut_in(traps),
        ],
    )


def load_places(arrays: dict[str, NDArray[np.float64]]) -> Places:
    """Return the places an earlier run of this stage kept."""
    n_cells, per_cell = (int(v) for v in arrays["shape"])
    return Places(arrays["lon"], arrays["lat"], n_cells, per_cell, arrays["half_diagonal_m"])


def load_reaches(arrays: dict[str, NDArray[np.float64]], settings: Settings) -> dict[Way, Reach]:
    """Return the reach of each service, mode and metric, groups included."""
    reaches: dict[Way, Reach] = {}
    for name in sorted({n.rpartition(".")[0] for n in arrays}):
        service, mode, metric = name.split(".")
        reaches[service, mode, metric] = Reach(
            arrays[f"{name}.target"].astype(np.int64), arrays[f"{name}.m"], arrays[f"{name}.s"]
        )
    return with_groups(reaches, settings)


def _keep(
    way: Way,
    reach: Reach,
    n_cells: int,
    arrays: dict[str, NDArray[np.generic]],
    centres: dict[Way, Reach],
) -> None:
    """Keep a reach as the stage hands it on, and that of the centres by itself."""
    name = ".".join(way)
    arrays[f"{name}.target"] = reach.target.astype(np.int32)
    # Copies of what is a view: it would keep all of what it is a view of, metres to the edge and
    # the other nearest of every sub-point among it.
    arrays[f"{name}.m"] = np.ascontiguousarray(reach.distance_m)
    arrays[f"{name}.s"] = np.ascontiguousarray(reach.travel_time_s)
    first = reach.first(n_cells)
    snap_m = None if first.snap_m is None else first.snap_m.copy()
    centres[way] = Reach(
        first.target.copy(), first.distance_m.copy(), first.travel_time_s.copy(), snap_m
    )


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


def _ranked(destinations: pd.DataFrame, settings: Settings, mode: str) -> dict[str, Ranked]:
    """Return what each service of a second, third ... nearest ranks, each place once."""
    out = {}
    for service in settings.services.values():
        if service.nth_of and mode in service.modes:
            base = settings.services[service.nth_of]
            names = base.any_of or (base.name,)
            members = different_places(destinations, names, settings.run.same_stop_m)
            if len(members):
                out[service.name] = Ranked(members, service.rank)
    return out


def _straight(
    destinations: pd.DataFrame, settings: Settings, places: Places
) -> Iterator[tuple[Way, Reach]]:
    lon = destinations[schema.LON].to_numpy(dtype=np.float64)
    lat = destinations[schema.LAT].to_numpy(dtype=np.float64)
    here = earth_centred(places.lon, places.lat)
    for service, rows in _members(destinations, settings, schema.WALK).items():
        reach = straight_reach(places.lon, places.lat, lon, lat, rows, here=here)
        yield (service, schema.WALK, schema.STRAIGHT), reach
    for service, wanted in _ranked(destinations, settings, schema.WALK).items():
        reach = straight_nth(
            places.lon, places.lat, lon, lat, wanted.members, rank=wanted.rank, here=here
        )
        yield (service, schema.WALK, schema.STRAIGHT), reach


def _centres(
    places: Places, snaps: dict[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    return {mode: places.centres(snap_m) for mode, snap_m in snaps.items()}


def _table(
    origins: pd.DataFrame,
    ids: NDArray[np.object_],
    reaches: dict[Way, Reach],
    settings: Settings,
) -> pd.DataFrame:
    frames = [
        access_rows(
            origins,
            ids,
            reach,
            reach.snap_m,
            service=service,
            mode=mode,
            metric=metric,
            rank=settings.services[service].rank,
            beyond=beyond_margin(reach, mode, settings),
        )
        for (service, mode, metric), reach in reaches.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else schema.ACCESS.empty()


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
    far, out = people_beyond(origins, snap_m, beyond), people_beyond(origins, snap_m)
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


def _traps(centres: dict[Way, Reach], parts: dict[str, Components]) -> dict[str, Traps]:
    """Return whom one-way streets shut in, by car; empty where cars do not go by road."""
    if schema.DRIVE not in parts:
        return {}
    by = {
        mode: {s: r for (s, m, metric), r in centres.items() if (m, metric) == (mode, schema.ROAD)}
        for mode in (schema.DRIVE, schema.WALK)
    }
    return {schema.DRIVE: one_way_traps(by[schema.DRIVE], by[schema.WALK], parts[schema.DRIVE])}


def _shut_in(traps: dict[str, Traps]) -> list[str]:
    """Say how many people cannot drive where they can walk, all roads being joined."""
    return [
        f"{found.people:,.0f} people in {_cells(int(found.cells.sum()))} can walk to services that "
        "they cannot drive to, though all roads are joined: one-way streets lead no way out, "
        "often where the extract cuts them. They count as unreachable by car."
        for found in traps.values()
        if found.people
    ]


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"


def _on_islands(parts: dict[str, Components]) -> list[str]:
    """Say who lives on roads that are joined to nothing else, and lacks something there."""
    out = []
    for mode, part in parts.items():
        figures = part.record()
        away, near = figures["people_on_others"], figures["people_on_others_near_a_larger_one"]
        if not away:
            continue
        text = (
            f"{away:,.0f} people live nearest to roads that are joined to no others ({mode}; "
            f"{figures['components'] - 1:,} components beside the main one)"
        )
        if near:
            text += (
                f"; {near:,.0f} of them, where that looks like a gap in the map, may start from "
                "the nearest edge of a longer component too"
            )
        lacking = figures["people_whose_components_lack"]
        if worst := max(lacking.values(), default=0.0):
            names = [s for s, count in lacking.items() if count == worst]
            some = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
            text += f". {worst:,.0f} have no road at all to {len(names)} services ({some})"
        out.append(text + ".")
    return out
