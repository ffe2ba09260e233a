"""Measures over several services: completeness, daily services, food access, choice, inequality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.choice import different, road_choice, straight_choice
from coverage_gis.coverage.attainment import attainment, ranking
from coverage_gis.coverage.choice import choice_rows, closures
from coverage_gis.coverage.completeness import area_of_places, completeness
from coverage_gis.coverage.daily import daily_rows, daily_services, reaches_of
from coverage_gis.coverage.food import food_rows, with_plain_distance
from coverage_gis.coverage.inequality import inequality_rows
from coverage_gis.export.csv import write_csv
from coverage_gis.population.food_access import difficulty
from coverage_gis.report.build import first_year
from coverage_gis.routing.footholds import nearest_facility
from pipelines.measures_outlook import sensitivity_table, support_tables
from pipelines.peoples import beside, peoples_of
from pipelines.stage import StageContext, StageResult
from pipelines.stages.vacuum import trips_of
from pipelines.stores import official_of
from pipelines.town import town_of
from pipelines.workbook_transit import transit_people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from coverage_gis.access.choice import Choice
    from coverage_gis.settings import DailyReach
    from pipelines.peoples import People
    from pipelines.town import Town

MEASURES: Final = (
    "completeness", "daily_services", "food_access", "store_choice", "store_closures",
    "inequality", "attainment", "ranking", "sensitivity", "facility_support",
    "people_per_facility", "transit_people",
)  # fmt: skip
"""Tables of the stage, each a CSV of its name."""
_GROUPS = ("total", "65plus")


def run(ctx: StageContext) -> StageResult:
    """Compute all measures and write their tables."""
    town = town_of(ctx)
    peoples = peoples_of(ctx)
    destinations = town.destinations
    muni_codes = area_of_places(
        destinations[schema.LON].to_numpy(dtype=np.float64),
        destinations[schema.LAT].to_numpy(dtype=np.float64),
        ctx.get("origins", "municipalities"),
    )
    cells = town.origins[[schema.MESH_CODE, schema.PREF_CODE]].copy()
    notes: list[str] = []
    tables: dict[str, pd.DataFrame] = {"completeness": _completeness(ctx, town, muni_codes)}
    tables["daily_services"] = _daily(ctx, town, cells, peoples, notes)
    tables["food_access"] = _food(ctx, town, peoples, notes)
    tables |= _choice(ctx, town, cells, muni_codes)
    tables["sensitivity"] = sensitivity_table(ctx, town, muni_codes)
    tables |= support_tables(ctx, town, muni_codes, peoples)
    tables["transit_people"] = transit_people(ctx, beside(peoples, ctx))
    tables["inequality"] = inequality_rows(town.areas, town.reaches, town.has_road, town.metric)
    coverage = first_year(ctx.get("coverage", "coverage"))
    comparison = ctx.settings.measures.comparison
    tables["attainment"] = attainment(coverage, comparison.rates)
    tables["ranking"] = ranking(
        coverage[coverage[schema.AGE_GROUP].isin(_GROUPS)], comparison.peers
    )

    def write(folder: Path) -> None:
        for name in MEASURES:
            if len(tables[name]):
                write_csv(tables[name], folder / f"{name}.csv")

    return StageResult(
        artifacts={**tables, "cells": cells},
        totals={"population": float(town.origins[schema.POPULATION].sum())},
        counts={"headline": f"{sum(len(t) > 0 for t in tables.values())} tables"},
        notes=notes,
        write=write,
    )


def _completeness(ctx: StageContext, town: Town, muni_codes: NDArray[np.object_]) -> pd.DataFrame:
    """Return the stores of the run beside the official ones; none for the demo's made-up place."""
    table, people = town.areas.table, town.areas.total(town.areas.people["total"])
    munis = (table[schema.AREA_LEVEL] == schema.MUNICIPALITY).to_numpy()
    on_road = town.areas.total(
        np.where(town.has_road[town.areas.cell], town.areas.people["total"], 0.0)
    )
    return completeness(
        official_of(ctx),
        town.destinations,
        muni_codes,
        pref_code=ctx.options.pref.code,
        labels={s.name: s.label_ja for s in ctx.settings.services.values()},
        area_with_people=float((people[munis] > 0).mean()) if munis.any() else 0.0,
        people_without_road=float(1 - on_road[0] / people[0]) if people[0] else 1.0,
    )


def _daily(
    ctx: StageContext,
    town: Town,
    cells: pd.DataFrame,
    peoples: Sequence[People],
    notes: list[str],
) -> pd.DataFrame:
    """Return 徒歩圏充足率 by every definition; the first one's missing services go to the cells."""
    presets = ctx.settings.measures.daily_services
    distances = _distances(ctx, town, reaches_of(list(presets.values())))
    frames = []
    for preset in presets.values():
        daily = daily_services(preset, town.places, distances)
        labels: dict[str, str | int | float | None] = {
            schema.MODE: schema.WALK,
            schema.METRIC: town.metric,
            schema.PRESET: preset.name,
            "parts": len(preset.parts),
            "parts_without_data": ";".join(daily.unknown),
            "confidence": preset.confidence,
        }
        for people in beside(peoples, ctx):
            rows = daily_rows(people.areas, daily, town.has_road, people.labels | labels)
            frames.append(rows)
        if preset.name == next(iter(presets)):
            missing = pd.array(daily.missing, dtype="Int64")
            missing[~town.has_road] = pd.NA
            cells["services_missing"] = missing
        if daily.unknown:
            notes.append(
                f"{preset.name}: no data for {', '.join(daily.unknown)}; the people who have all "
                "the rest are an upper bound (parts_without_data)."
            )
    return pd.concat(frames, ignore_index=True)


def _distances(
    ctx: StageContext, town: Town, wanted: list[DailyReach]
) -> dict[DailyReach, NDArray[np.float64]]:
    """Return metres from every place by what is asked for, frequent stops among it."""
    out: dict[DailyReach, NDArray[np.float64]] = {}
    trips = trips_of(ctx)
    service = town.destinations[schema.SERVICE].to_numpy()
    known: dict[tuple[str, float], NDArray[np.float64]] = {}
    for reach in wanted:
        least = reach.min_trips_per_day
        found = town.reaches.get((reach.service, schema.WALK, town.metric))
        if least is None:
            if found is not None:
                out[reach] = found.distance_m
            continue
        rows = np.flatnonzero((service == reach.service) & (trips >= least))
        if not np.isfinite(trips[service == reach.service]).any():
            continue  # no timetable at all: nobody knows which stops are frequent
        key = (reach.service, least)
        if key not in known:
            known[key] = _metres(town, rows)
        out[reach] = known[key]
    return out


def _metres(town: Town, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    if town.asked is not None and town.homes is not None:
        return nearest_facility(town.asked, rows, town.homes)[0].distance_m
    return _straight(town, rows, ()).first_m


def _straight(town: Town, rows: NDArray[np.int64], cutoffs: tuple[float, ...]) -> Choice:
    lon, lat = (town.destinations[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    places = town.places
    return straight_choice(places.lon, places.lat, lon, lat, members=rows, cutoffs_m=cutoffs)


def _food(
    ctx: StageContext, town: Town, peoples: Sequence[People], notes: list[str]
) -> pd.DataFrame:
    """Return the estimate, and beside it the share beyond the plain distance."""
    rules = ctx.settings.measures.food_access
    service = town.destinations[schema.SERVICE]
    stores = {}
    for kind in rules.kinds:
        mine = town.destinations[service.isin(list(kind.services))]
        mine = mine.drop_duplicates(schema.DESTINATION_ID)
        if len(mine):
            stores[kind.name] = (
                mine[schema.LON].to_numpy(dtype=np.float64),
                mine[schema.LAT].to_numpy(dtype=np.float64),
            )
    codes = town.origins[schema.MESH_CODE].to_numpy(dtype=object)
    chance = difficulty(codes, stores, rules)
    run, coverage = ctx.settings.run, ctx.get("coverage", "coverage")
    preset = ctx.settings.coverage_presets[run.summary_preset]
    tables = []
    for people in beside(peoples, ctx):
        table = food_rows(people.areas, chance, town.has_road, rules, people.labels)
        if table.empty:
            continue
        mine = coverage[coverage[schema.POPULATION_SOURCE] == people.source]
        if people.year is not None:
            mine = mine[mine[schema.YEAR] == people.year]
        tables.append(with_plain_distance(table, mine, preset, run.summary_service))
    if not tables:
        notes.append("食料品アクセス困難人口 is left out: the population has no 65+ and 75+.")
        return pd.DataFrame()
    return pd.concat(tables, ignore_index=True)


def _choice(
    ctx: StageContext, town: Town, cells: pd.DataFrame, muni_codes: NDArray[np.object_]
) -> dict[str, pd.DataFrame]:
    """Return how many stores people have, and what each closing would do."""
    rules = ctx.settings.measures.choice
    rows, closing = [], []
    by_cell = {
        group: np.where(
            town.has_road,
            np.bincount(town.areas.cell, people, minlength=town.places.n_cells),
            0.0,
        )
        for group, people in town.areas.people.items()
    }
    for name in rules.services:
        service = ctx.settings.services[name]
        members = different(town.destinations, service.any_of or (name,))
        if not len(members):
            continue
        if town.asked is not None and town.homes is not None:
            choice = road_choice(town.asked, members, town.homes, rules.cutoffs_m)
        else:
            choice = _straight(town, members, rules.cutoffs_m)
        labels = {
            **_year_and_source(ctx),
            schema.SERVICE: name,
            schema.MODE: schema.WALK,
            schema.METRIC: town.metric,
        }
        rows.append(
            choice_rows(
                town.areas,
                town.places,
                choice,
                cutoffs_m=rules.cutoffs_m,
                has_road=town.has_road,
                labels=labels,
            )
        )
        count = pd.array(choice.count[: town.places.n_cells, 0], dtype="Int64")
        count[~town.has_road] = pd.NA
        cells[f"{name}_within_{rules.cutoffs_m[0]:.0f}m_n"] = count
        alone = pd.array(choice.count[: town.places.n_cells, 0] == 1, dtype="Int64")
        alone[~town.has_road] = pd.NA
        cells[f"{name}_within_1"] = alone
        cells[f"{name}_second_m"] = np.where(
            town.has_road, town.places.centres(choice.second_m), np.nan
        )
        table = closures(
            town.places,
            choice,
            people=by_cell,
            destinations=town.destinations,
            muni_codes=muni_codes,
            cutoff_m=rules.cutoffs_m[0],
        )
        closing.append(table.assign(of_service=name, metric=town.metric))
    empty = pd.DataFrame()
    return {
        "store_choice": pd.concat(rows, ignore_index=True) if rows else empty,
        "store_closures": pd.concat(closing, ignore_index=True) if closing else empty,
    }


def _year_and_source(ctx: StageContext) -> dict[str, Any]:
    population = ctx.get("origins", "population")
    return {schema.YEAR: population["year"], schema.POPULATION_SOURCE: population["source"]}
