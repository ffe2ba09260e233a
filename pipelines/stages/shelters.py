"""Shelters: who finds room, how full each would be, and what the Sphere standards ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.places import places_of
from coverage_gis.access.road import facilities_on
from coverage_gis.access.straight import straight_pairs, straight_reach
from coverage_gis.coverage.areas import Areas, areas_of
from coverage_gis.coverage.completeness import area_of_places
from coverage_gis.coverage.shelter_areas import OUTCOMES, cell_outcomes, cell_shares, shelter_areas
from coverage_gis.export.csv import write_csv
from coverage_gis.facilities.capacity import with_capacity
from coverage_gis.facilities.climb import climb_columns, climb_shares, climbs
from coverage_gis.facilities.refuge import Ways, mean_of_those_who_come, nearest_load, refuge
from coverage_gis.facilities.sphere import shelter_rows
from coverage_gis.network.footholds import footholds
from coverage_gis.network.model import Network
from coverage_gis.routing.footholds import facilities, facility_pairs, nearest_facility
from coverage_gis.sources.dem import heights_of
from pipelines.stage import SourceUse, StageContext, StageResult, sources_together
from pipelines.stages.access import load_places
from pipelines.stages.network import DEM
from pipelines.stages.origins import whole_prefecture

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from coverage_gis.facilities.climb import Climbs
    from coverage_gis.facilities.refuge import Refuge
    from coverage_gis.settings import Settings

OUTCOME = "shelter_outcome"
READS = (DEM,)
"""Kinds of files this stage reads."""


@dataclass(frozen=True)
class _Town:
    """Points of the cells, their people, and their ways to the shelters."""

    origins: pd.DataFrame
    shelters: pd.DataFrame
    per_cell: int
    people: NDArray[np.float64]
    has_road: NDArray[np.bool_]
    on_road: NDArray[np.bool_]
    ways: Ways
    of_ways: dict[str, NDArray[np.float64]]
    nearest: NDArray[np.int64]
    home_m: NDArray[np.float64]
    shelter_m: NDArray[np.float64]
    heights: bool


def run(ctx: StageContext) -> StageResult:
    """Assign everybody to a shelter, by every share of evacuees."""
    rules = ctx.settings.shelters
    origins = ctx.get("origins", "origins")
    total = {"population": float(origins[schema.POPULATION].sum())}
    shelters = _shelters(ctx)
    if shelters.empty:
        empty = origins[[schema.MESH_CODE, schema.PREF_CODE]].copy()
        artifacts = {"shelters": shelters, "areas": pd.DataFrame(), "cells": empty}
        return StageResult(artifacts=artifacts, totals=total, counts={"headline": "no shelters"})
    town, sources = _town(ctx, origins, shelters)
    areas = _areas(ctx, origins)
    rows, table, cells = [], [], origins[[schema.MESH_CODE, schema.PREF_CODE]].copy()
    for share in rules.evacuating_shares:
        people = town.people * share
        found = refuge(town.ways, people, shelters[schema.CAPACITY].to_numpy(dtype=np.float64))
        rows.append(_rows(town, found, people, share, ctx.settings))
        shares = cell_shares(found, people, town.per_cell)
        if town.heights:
            up = _climbs(town, town.ways.place, town.ways.shelter, found.people, rules.climb_m)
            shares |= climb_shares(up, people, town.per_cell)
        table.append(_table(ctx, town, areas, shares, share))
        if share == rules.evacuating_shares[0]:
            cells[OUTCOME] = cell_outcomes(shares, town.has_road)
            for name in OUTCOMES:
                values = shares[name]
                cells[f"shelter_{name}_share"] = np.where(town.has_road, values, np.nan)
    by_shelter = pd.concat(rows, ignore_index=True)
    by_area = pd.concat(table, ignore_index=True)

    def write(folder: Path) -> None:
        write_csv(by_shelter, folder / "shelters.csv")
        write_csv(by_area, folder / "shelter_areas.csv")

    return StageResult(
        artifacts={"shelters": by_shelter, "areas": by_area, "cells": cells},
        totals=total,
        counts={"headline": _headline(by_shelter, by_area)},
        sources=sources,
        notes=_notes(by_shelter, by_area),
        write=write,
    )


def _shelters(ctx: StageContext) -> pd.DataFrame:
    """Return the shelters with their municipality, capacity and floor area."""
    destinations = ctx.get("destinations", "destinations")
    rules = ctx.settings.shelters
    mine = destinations[destinations[schema.SERVICE] == rules.service].reset_index(drop=True)
    municipalities = ctx.get("origins", "municipalities")
    lon, lat = (mine[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    codes = area_of_places(lon, lat, municipalities)
    if municipalities.empty:  # the prefecture stands for all, as in the origins
        codes[:] = whole_prefecture(ctx.options.pref.code)
    names = dict(zip(municipalities[schema.MUNI_CODE], municipalities[schema.NAME], strict=True))
    known = with_capacity(mine, ctx.get("destinations", "space"), rules.sphere)
    known.insert(0, schema.MUNI_CODE, pd.Series(codes, index=known.index, dtype="str"))
    known.insert(1, "muni_name", known[schema.MUNI_CODE].map(names).astype("str"))
    return known.drop(columns=[schema.SERVICE, schema.DEPARTMENTS])


def _town(
    ctx: StageContext, origins: pd.DataFrame, shelters: pd.DataFrame
) -> tuple[_Town, list[SourceUse]]:
    rules = ctx.settings.shelters
    places = places_of(origins, rules.spacing_m)
    has_road = np.ones(places.n_cells, dtype=bool)
    lon, lat = places.lon[places.n_cells :], places.lat[places.n_cells :]
    at_lon, at_lat = (shelters[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    every = np.arange(len(shelters))
    on_road = np.ones(len(shelters), dtype=bool)
    if ctx.options.by_road:
        centres = load_places(ctx.get("access", "places"))
        has_road = ~np.isnan(centres.centres(ctx.get("access", "snap")[schema.WALK]))
        network = Network.from_arrays(ctx.get("network", schema.WALK))
        limits = ctx.settings.network
        targets = facilities_on(network, shelters, limits)
        on_road = targets.first.joined
        asked = facilities(network, targets)
        first = places.n_cells
        limit = places.snap_limit_m(limits.snap_beyond_half_diagonal_m)
        homes = footholds(network, lon, lat, limit[first:], limits.gaps)
        pairs = facility_pairs(asked, every, homes, rules.reach_m)
        ways = Ways(pairs.origin.astype(np.int64), pairs.target.astype(np.int64), pairs.distance_m)
        of_ways = {"mean_walk_m": pairs.distance_m, "mean_walk_s": pairs.travel_time_s}
        target = nearest_facility(asked, every, homes)[0].target
    else:
        ways = Ways(*straight_pairs(lon, lat, at_lon, at_lat, rules.reach_m))
        of_ways = {"mean_walk_m": ways.distance_m}
        target = straight_reach(lon, lat, at_lon, at_lat, every).target
    population = origins[schema.POPULATION].to_numpy(dtype=np.float64)
    people = np.repeat(np.where(has_road, population, 0.0) / places.per_cell, places.per_cell)
    height, sources = _heights(ctx, np.concatenate([lon, at_lon]), np.concatenate([lat, at_lat]))
    home_m, shelter_m = height[: len(lon)], height[len(lon) :]
    town = _Town(
        origins, shelters, places.per_cell, people, has_road, on_road, ways, of_ways, target,
        home_m, shelter_m, bool(ctx.of_kind(DEM)),
    )  # fmt: skip
    return town, sources


def _heights(
    ctx: StageContext, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[SourceUse]]:
    """Return heights, NaN without a DEM, and its account unless the network has given it."""
    found = ctx.of_kind(DEM)
    if not found:
        return np.full(len(lon), np.nan), []
    result = heights_of(found, lon, lat)
    network = ctx.records.get("network")
    if network is not None and any(use.kind == DEM for use in network.sources):
        return result.table, []
    return result.table, sources_together(found, ctx.options.raw, result)


def _climbs(
    town: _Town,
    place: NDArray[np.int64],
    shelter: NDArray[np.int64],
    people: NDArray[np.float64],
    more_than_m: float,
) -> Climbs:
    heights = {"home_m": town.home_m, "shelter_m": town.shelter_m}
    return climbs(place, shelter, people, more_than_m=more_than_m, **heights)


def _rows(
    town: _Town, found: Refuge, people: NDArray[np.float64], share: float, settings: Settings
) -> pd.DataFrame:
    rows = shelter_rows(
        town.shelters,
        nearest=nearest_load(town.nearest, people, len(town.shelters)),
        assigned=found.assigned,
        means={
            name: mean_of_those_who_come(town.ways, found.people, values, len(town.shelters))
            for name, values in town.of_ways.items()
        },
        on_road=town.on_road,
        sphere=settings.shelters.sphere,
    )
    rows.insert(0, "evacuating_share", share)
    every, limit = np.arange(len(people)), settings.shelters.climb_m
    ways = town.ways
    up = {
        "nearest": _climbs(town, every, town.nearest, people, limit),
        "assigned": _climbs(town, ways.place, ways.shelter, found.people, limit),
    }
    rows["height_m"] = town.shelter_m.round(1)
    for who, some in up.items():
        rows = rows.assign(**climb_columns(some, town.on_road & town.heights, who))
    return rows


def _areas(ctx: StageContext, origins: pd.DataFrame) -> Areas:
    pref = ctx.options.pref
    return areas_of(
        origins,
        ctx.get("origins", "origin_areas"),
        pd.DataFrame(ctx.get("origins", "municipalities").drop(columns="geometry")),
        (pref.code, pref.name_ja),
    )


def _table(
    ctx: StageContext,
    town: _Town,
    areas: Areas,
    shares: dict[str, NDArray[np.float64]],
    evacuating_share: float,
) -> pd.DataFrame:
    munis = ctx.get("origins", "municipalities")
    wards = munis[munis["city_code"].notna()]
    population = ctx.get("origins", "population")
    return shelter_areas(
        areas,
        shares,
        town.has_road,
        town.shelters,
        evacuating_share=evacuating_share,
        sphere=ctx.settings.shelters.sphere,
        city_of=dict(zip(wards[schema.MUNI_CODE], wards["city_code"], strict=True)),
        labels={
            schema.YEAR: population["year"],
            schema.POPULATION_SOURCE: population["source"],
            schema.METRIC: schema.ROAD if ctx.options.by_road else schema.STRAIGHT,
        },
    )


def _headline(by_shelter: pd.DataFrame, by_area: pd.DataFrame) -> str:
    first = by_shelter[by_shelter["evacuating_share"] == by_shelter["evacuating_share"].iloc[0]]
    known = int(first[schema.CAPACITY].notna().sum())
    unknown = by_area["unknown_rate"].iloc[0]
    return f"capacity known for {known:,} of {len(first):,}; unknown for {unknown:.1%} of people"


def _notes(by_shelter: pd.DataFrame, by_area: pd.DataFrame) -> list[str]:
    first = by_shelter[by_shelter["evacuating_share"] == by_shelter["evacuating_share"].iloc[0]]
    lacking = int(first[schema.CAPACITY].isna().sum())
    if not lacking:
        return []
    unknown = by_area["unknown_rate"].iloc[0]
    sentence = (
        f"{lacking:,} of {len(first):,} shelters have no published capacity: for {unknown:.1%} of "
        "the people nobody knows whether there is room."
    )
    return [sentence]
