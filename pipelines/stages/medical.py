"""Medical: supply per head by floating catchments, and candidate districts without a doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.catchments import (
    Supply,
    floating_access,
    road_pairs,
    straight_pairs,
    supply_of,
)
from coverage_gis.access.floating_catchment import FloatingCatchment
from coverage_gis.access.places import places_of
from coverage_gis.access.road import facilities_on, homes_on
from coverage_gis.access.straight import straight_reach
from coverage_gis.access.wide import largest_share
from coverage_gis.coverage.areas import areas_of
from coverage_gis.coverage.floating import PER, floating_rows
from coverage_gis.errors import ConservationError
from coverage_gis.export.csv import write_csv
from coverage_gis.network.model import Network
from coverage_gis.routing.footholds import facilities
from coverage_gis.settings import BY_CAPACITY, BY_COUNT
from coverage_gis.vacuum.doctorless import (
    DISTRICT_ID,
    ENOUGH,
    FEW,
    NO_TRANSPORT,
    UNKNOWN,
    doctorless_districts,
    reaches_beyond,
    transport_at,
)
from coverage_gis.vacuum.place_names import name_of_most
from coverage_gis.vacuum.polygons import people_columns
from coverage_gis.vacuum.supply import BUS_STOP, STATION
from pipelines.stage import StageContext, StageResult
from pipelines.stages.access import load_reaches
from pipelines.stages.vacuum import trips_of

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_gis.network.footholds import Footholds
    from coverage_gis.routing.footholds import Facilities
    from coverage_gis.settings import CatchmentPreset

SURVEY = "p11"
"""The data set that has all bus stops; timetables and OpenStreetMap have some."""
_ONE_POINT_M = 1e9  # sub-points so far apart that a cell has one: only centres are asked about
_SMALL = 1e-6


@dataclass(frozen=True)
class _Everybody:
    """The cells of the prefecture, then those of its margin, on one mode's network."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    people: NDArray[np.float64]
    n_inside: int
    has_road: NDArray[np.bool_]
    homes: Footholds | None
    asked: Facilities | None


def run(ctx: StageContext) -> StageResult:
    """Share out medical supply among all who reach it, and look for districts without any."""
    origins, margin = ctx.get("origins", "origins"), ctx.get("origins", "margin")
    cells = origins[[schema.MESH_CODE, schema.PREF_CODE]].copy()
    notes: list[str] = []
    table, counts = _catchments(ctx, cells, notes)
    districts, fate = _doctorless(ctx, origins, notes)
    if fate is not None:
        cells["doctorless"] = fate.array
    if len(table) and not len(margin):
        notes.append(
            "No people are known beyond the border: floating catchments near it give more than "
            "there is (census files by primary mesh have the neighbours' people; so have files of "
            f"neighbouring prefectures put into {ctx.options.raw / ctx.options.pref.code})."
        )

    def write(folder: Path) -> None:
        if len(table):
            write_csv(table, folder / "floating_catchment.csv")

    found = 0 if districts is None else len(districts)
    artifacts: dict[str, Any] = {"cells": cells, "floating_catchment": table}
    if districts is not None:
        artifacts["districts"] = districts
    return StageResult(
        artifacts=artifacts,
        totals={"population": float(origins[schema.POPULATION].sum())},
        counts={
            "headline": f"{len(counts)} floating catchments, {found:,} candidate 無医地区",
            "floating_catchment": counts,
            "people_in_margin": float(margin[schema.POPULATION].sum()),
            "doctorless": _district_counts(districts),
        },
        notes=notes,
        write=write,
    )


def _catchments(
    ctx: StageContext, cells: pd.DataFrame, notes: list[str]
) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Return the areas' figures of every preset; the cells' go into ``cells``."""
    areas = areas_of(
        ctx.get("origins", "origins"),
        ctx.get("origins", "origin_areas"),
        pd.DataFrame(ctx.get("origins", "municipalities").drop(columns="geometry")),
        (ctx.options.pref.code, ctx.options.pref.name_ja),
        ctx.get("origins", "medical_areas"),
    )
    tables: list[pd.DataFrame] = []
    counts: dict[str, dict[str, float]] = {}
    known: dict[str, _Everybody] = {}
    shared: dict[str, FloatingCatchment] = {}
    for preset in ctx.settings.medical.catchments.values():
        supply = _supply(ctx, preset)
        if not len(supply.rows):
            notes.append(f"{preset.name} is left out: no {preset.service} in the data.")
            continue
        if preset.mode not in known:
            known[preset.mode] = _everybody(ctx, preset.mode)
        everybody = known[preset.mode]
        if preset.name not in shared:
            shared |= _share_out(ctx, preset, supply, everybody)
        found = shared.pop(preset.name)
        counts[preset.name] = _account(preset, supply, everybody, found)
        inside = FloatingCatchment(
            found.access[: everybody.n_inside],
            found.ratio,
            found.unknown[: everybody.n_inside],
        )
        has_road = everybody.has_road[: everybody.n_inside]
        cells[column_of(preset)] = np.where(has_road, inside.access * PER, np.nan)
        tables.append(floating_rows(areas, inside, has_road, _labels(ctx, preset, supply)))
        if supply.by == BY_COUNT and preset.supply == BY_CAPACITY:
            notes.append(
                f"{preset.name}: the data give no capacity of any {preset.service}; facilities "
                "are counted instead."
            )
        elif np.isnan(supply.amount).any():
            notes.append(
                f"{preset.name}: the capacity of {int(np.isnan(supply.amount).sum()):,} of "
                f"{len(supply.rows):,} facilities is not known; who reaches them has a lower bound."
            )
    return (pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()), counts


def column_of(preset: CatchmentPreset) -> str:
    """Return the name of a preset's column in the cells."""
    return f"{preset.name.replace('-', '_')}_per_1000"


def _supply(ctx: StageContext, preset: CatchmentPreset) -> Supply:
    service = ctx.settings.services[preset.service]
    return supply_of(
        ctx.get("destinations", "destinations"),
        service.any_of or (service.name,),
        by=preset.supply,
        same_m=ctx.settings.run.same_stop_m,
    )


def _everybody(ctx: StageContext, mode: str) -> _Everybody:
    """Return all who share, joined to the mode's network where there is one."""
    origins, margin = ctx.get("origins", "origins"), ctx.get("origins", "margin")
    both = pd.concat([origins, margin], ignore_index=True)
    places = places_of(both, _ONE_POINT_M)
    n = len(both)
    lon, lat = places.lon[:n], places.lat[:n]
    people = both[schema.POPULATION].to_numpy(dtype=np.float64)
    if not ctx.options.by_road:
        return _Everybody(lon, lat, people, len(origins), np.ones(n, dtype=bool), None, None)
    rules = ctx.settings.network
    network = Network.from_arrays(ctx.get("network", mode))
    homes = homes_on(network, places, rules).head(n)
    sites = facilities_on(network, ctx.get("destinations", "destinations"), rules)
    asked = facilities(network, sites)
    return _Everybody(lon, lat, people, len(origins), homes.first.joined, homes, asked)


def _share_out(
    ctx: StageContext, preset: CatchmentPreset, supply: Supply, everybody: _Everybody
) -> dict[str, FloatingCatchment]:
    """Return the catchments of a preset, and of all that share the same ways."""
    by_time = preset.mode == schema.DRIVE and everybody.asked is not None
    alike = [p for p in ctx.settings.medical.catchments.values() if _ways(p) == _ways(preset)]
    forms = [(p.limits_s if by_time else p.limits_m, p.weights) for p in alike]
    cutoff = forms[0][0][-1]
    if everybody.asked is not None and everybody.homes is not None:
        pairs = road_pairs(everybody.asked, supply.rows, everybody.homes, cutoff, by_time=by_time)
    else:
        sites = ctx.get("destinations", "destinations").iloc[supply.rows]
        site = tuple(sites[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
        pairs = straight_pairs((everybody.lon, everybody.lat), (site[0], site[1]), cutoff)
    found = floating_access(pairs, supply.amount, everybody.people, *forms)
    return dict(zip((p.name for p in alike), found, strict=True))


def _ways(preset: CatchmentPreset) -> tuple[str, str, str, float, float]:
    """Return what decides which places and facilities are within reach of each other."""
    limits = preset.limits_s[-1], preset.limits_m[-1]
    return preset.service, preset.supply, preset.mode, *limits


def _account(
    preset: CatchmentPreset, supply: Supply, everybody: _Everybody, found: FloatingCatchment
) -> dict[str, float]:
    """Return where the supply went; all that anybody reaches is with somebody.

    Raises
    ------
    ConservationError
        If supply was lost or made.
    """
    reached = float(np.nansum(supply.amount[~np.isnan(found.ratio)]))
    given = found.access * everybody.people
    if abs(given.sum() - reached) > _SMALL * max(reached, 1.0):
        raise ConservationError(
            f"{preset.name}: {reached:,.3f} of supply are in reach, but {given.sum():,.3f} came "
            "to people; please report this."
        )
    inside = everybody.people[: everybody.n_inside]
    return {
        "facilities": float(len(supply.rows)),
        "facilities_unknown": float(np.isnan(supply.amount).sum()),
        "supply": float(np.nansum(supply.amount)),
        "supply_reached": reached,
        "supply_inside": float(given[: everybody.n_inside].sum()),
        "supply_margin": float(given[everybody.n_inside :].sum()),
        "people": float(inside.sum()),
        "people_margin": float(everybody.people[everybody.n_inside :].sum()),
    }


def _labels(ctx: StageContext, preset: CatchmentPreset, supply: Supply) -> dict[str, Any]:
    population = ctx.get("origins", "population")
    return {
        schema.YEAR: population["year"],
        schema.POPULATION_SOURCE: population["source"],
        schema.PRESET: preset.name,
        schema.SERVICE: preset.service,
        schema.MODE: preset.mode,
        schema.METRIC: schema.ROAD if ctx.options.by_road else schema.STRAIGHT,
        "supply": supply.by,
        "facilities": len(supply.rows),
        "facilities_of_unknown_supply": int(np.isnan(supply.amount).sum()),
    }


def _doctorless(
    ctx: StageContext, origins: pd.DataFrame, notes: list[str]
) -> tuple[gpd.GeoDataFrame | None, pd.Series | None]:
    """Return the candidate districts and what becomes of each cell; None without a register."""
    rules = ctx.settings.medical.doctorless
    sites = ctx.get("destinations", "destinations")
    members = np.flatnonzero(sites[schema.SERVICE].isin(list(rules.services)))
    used = ctx.get("destinations", "selection")["used"]
    unsure = [s for s in rules.services if not set(used.get(s, ())) & set(rules.registers)]
    if unsure:
        notes.append(
            f"{rules.label_en} are left out: no data set that lists every {' and '.join(unsure)} "
            f"({', '.join(rules.registers)}); without one nobody can say that there is none."
        )
        return None, None
    lon, lat = (origins[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    site_lon, site_lat = (sites[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    nearest = straight_reach(lon, lat, site_lon, site_lat, members)
    municipalities = ctx.get("origins", "municipalities")
    names = dict(zip(municipalities[schema.MUNI_CODE], municipalities[schema.NAME], strict=True))
    muni = largest_share(origins, ctx.get("origins", "origin_areas"))
    cells = origins[[schema.MESH_CODE, schema.LON, schema.LAT, *people_columns(origins)]].copy()
    cells[schema.MUNI_CODE] = muni
    cells["muni_name"] = [names.get(code, ctx.options.pref.name_ja) for code in muni]
    found, fate = doctorless_districts(
        cells,
        nearest.distance_m,
        radius_m=rules.radius_m,
        min_people=rules.min_people,
        pref_code=ctx.options.pref.code,
    )
    row_of = dict(zip(cells[schema.MESH_CODE], range(len(cells)), strict=True))
    head = np.array([row_of[c] for c in found["centre_mesh_code"]], dtype=np.int64)
    found["institution_name"] = sites[schema.NAME].to_numpy(dtype=object)[nearest.target[head]]
    found["institution_m"] = nearest.distance_m[head]
    found = _with_names(ctx, found, fate, cells[schema.POPULATION])
    found = _with_roads(ctx, found, head)
    found = _with_transport(ctx, found, sites)
    found["over_border"] = reaches_beyond(
        found[schema.LON].to_numpy(), found[schema.LAT].to_numpy(), municipalities, rules.radius_m
    )
    return found, fate


def _with_names(
    ctx: StageContext, found: gpd.GeoDataFrame, fate: pd.Series, people: pd.Series
) -> gpd.GeoDataFrame:
    """Add the settlement's name that most people of the district have, where names are known."""
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    try:
        names = ctx.get("vacuum", f"cells_{metric}")[schema.PLACE_NAME]
    except KeyError:  # left out for want of stations or stops
        return found
    mine = fate.isin(found[DISTRICT_ID]).to_numpy()
    place = name_of_most(names[mine], fate[mine], people[mine])
    return found.assign(**{schema.PLACE_NAME: found[DISTRICT_ID].map(place)})


def _with_roads(
    ctx: StageContext, found: gpd.GeoDataFrame, head: NDArray[np.int64]
) -> gpd.GeoDataFrame:
    """Add the way by car to the nearest institution, where roads are known."""
    services = ctx.settings.medical.doctorless.services
    arrays = ctx.get("access", "reach")
    mine = {name: a for name, a in arrays.items() if name.partition(".")[0] in services}
    reaches = load_reaches(mine, ctx.settings)
    ways = [
        reaches[s, schema.DRIVE, schema.ROAD]
        for s in services
        if (s, schema.DRIVE, schema.ROAD) in reaches
    ]
    if not ways:
        return found
    seconds = np.fmin.reduce([w.travel_time_s[head] for w in ways])
    return found.assign(institution_drive_min=seconds / 60)


def _with_transport(
    ctx: StageContext, found: gpd.GeoDataFrame, sites: pd.DataFrame
) -> gpd.GeoDataFrame:
    rules = ctx.settings.medical.doctorless
    mine = np.flatnonzero(sites[schema.SERVICE].isin([BUS_STOP, STATION]))
    transport = transport_at(
        found[schema.LON].to_numpy(dtype=np.float64),
        found[schema.LAT].to_numpy(dtype=np.float64),
        sites.iloc[mine],
        trips_of(ctx)[mine],
        within_m=rules.stop_m,
        few=rules.max_round_trips,
    )
    if SURVEY not in ctx.get("destinations", "selection")["used"].get(BUS_STOP, []):
        # without a survey of all bus stops nobody knows that there is no bus
        unknown = transport["transport"].isin([NO_TRANSPORT, FEW])
        transport.loc[unknown, "transport"] = UNKNOWN
    out = found.copy()
    for column in transport:
        out[column] = transport[column].to_numpy()
    return out


def _district_counts(found: gpd.GeoDataFrame | None) -> dict[str, Any]:
    """Return districts and people by what transport they have."""
    if found is None:
        return {}
    return {
        kind: {
            "districts": int((found["transport"] == kind).sum()),
            "people": float(found.loc[found["transport"] == kind, schema.POPULATION].sum()),
        }
        for kind in (NO_TRANSPORT, FEW, UNKNOWN, ENOUGH)
    }
