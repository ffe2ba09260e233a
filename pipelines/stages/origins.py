"""Origins: populated cells of the prefecture, and which municipality their people belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.population.areas import origin_areas
from coverage_gis.population.extent import margin_bounds
from coverage_gis.population.medical_areas import MEDICAL_AREA_CODE, medical_area_of
from coverage_gis.population.origins import (
    build_origins,
    margin_of,
    outside_prefecture,
    within_prefecture,
)
from coverage_gis.population.secrecy import restore_suppressed
from coverage_gis.sources.boundaries import read_n03, read_n03_of
from coverage_gis.sources.choose import (
    choose_boundaries,
    choose_future,
    choose_population,
    choose_raster,
    without_older,
)
from coverage_gis.sources.medical_areas_a38 import A38, read_a38
from coverage_gis.sources.population import read_population
from coverage_gis.sources.population_future import read_future
from coverage_gis.sources.population_raster import read_raster
from pipelines.inputs import neighbours_of
from pipelines.stage import (
    SourceUse,
    StageContext,
    StageResult,
    source_use,
    sources_together,
)

if TYPE_CHECKING:
    from coverage_gis.population.extent import Bounds
    from coverage_gis.sources.choose import Choice
    from coverage_gis.sources.found import Found
    from coverage_gis.sources.result import ReadResult

ESTAT, MESH_CSV, N03 = "estat-mesh", "mesh-csv", "n03"
RASTER, FUTURE = "population-raster", "mesh-future"
READS = (ESTAT, MESH_CSV, N03, RASTER, FUTURE, A38)
"""Kinds of files this stage reads."""


def run(ctx: StageContext) -> StageResult:
    """Read population and boundaries, and give every person one cell and one municipality."""
    pref = ctx.options.pref
    boundary_uses: list[SourceUse] = []
    municipalities = _read_municipalities(ctx, boundary_uses)
    choice, read = _read_people(ctx, municipalities)
    notes = [choice.aside] if choice.aside else []
    uses = sources_together(choice.found, ctx.options.raw, read)
    cells = restore_suppressed(read.table)
    everywhere = build_origins(cells, pref.code)
    if municipalities.empty:
        notes.append(
            "No municipal boundaries (国土数値情報 N03) found: results are for the prefecture as "
            f"a whole. Put N03-*_{pref.code}_GML.zip into {ctx.options.raw / pref.code} for "
            "figures by municipality."
        )
        areas, other = _one_area(everywhere, pref.code), 0.0
    else:
        beyond = _beyond(ctx, choice, boundary_uses, notes)
        split = origin_areas(
            everywhere, municipalities, by_prefecture=choice.by_prefecture, neighbours=beyond
        )
        areas, other = split.areas, split.other_prefecture
    uses += boundary_uses
    origins = within_prefecture(everywhere, areas)
    if origins.empty:
        raise InputError(
            f"None of the {len(everywhere):,} populated cells lies in {pref.name_ja}; check that "
            "population and boundaries are of this prefecture."
        )
    level = mesh.level_of(origins[schema.MESH_CODE].to_numpy(dtype=object)).label
    years = _read_years(ctx, level, uses, notes)
    margin = margin_of(
        [
            outside_prefecture(everywhere, origins),
            *_neighbours(ctx, choice, level, uses, notes),
        ],
        margin_bounds(origins, ctx.settings.run.margin_m),
    )
    medical_areas = _medical_areas(ctx, municipalities, areas, uses, notes)
    people_read = float(cells[schema.POPULATION].sum())
    inside = float(origins[schema.POPULATION].sum())
    if other:
        notes.append(
            f"{other:,.0f} of the {people_read:,.0f} people in the population file live in other "
            "prefectures and are left out."
        )
    return StageResult(
        artifacts={
            "origins": origins,
            "margin": margin,
            "origin_areas": areas,
            "municipalities": municipalities,
            "medical_areas": medical_areas,
            "population_years": years,
            "population": {
                "source": choice.found[0].kind,
                "edition": choice.found[0].edition,
                "year": _year(choice.found[0].edition),
                "level": level,
                "by_prefecture": choice.by_prefecture,
            },
        },
        totals={"population": inside},
        counts={
            "headline": f"{len(origins):,} populated cells, {inside:,.0f} people, "
            f"{len(municipalities):,} municipalities",
            "cells": len(origins),
            "people_read": people_read,
            "other_prefecture": other,
            "people_in_margin": float(margin[schema.POPULATION].sum()),
            "years": sorted({int(y) for y in years[schema.YEAR]}),
        },
        sources=uses,
        notes=notes,
    )


def _read_people(
    ctx: StageContext, municipalities: gpd.GeoDataFrame
) -> tuple[Choice, ReadResult[pd.DataFrame]]:
    """Read the census mesh; where there is none, a raster of people around the boundaries."""
    found = ctx.of_kind(ESTAT, MESH_CSV)
    rasters = ctx.of_kind(RASTER)
    if found or not rasters:
        choice = choose_population(found, ctx.options.mesh_level, ctx.options.pref.code)
        return choice, read_population(choice.found)
    choice = choose_raster(rasters)
    level = mesh.level_by_label(ctx.options.mesh_level) if ctx.options.mesh_level else None
    bounds = None if municipalities.empty else _around(municipalities)
    return choice, read_raster(choice.found[0], level=level, bounds=bounds)


def _neighbours(
    ctx: StageContext, choice: Choice, level: str, uses: list[SourceUse], notes: list[str]
) -> list[pd.DataFrame]:
    """Read the census files of other prefectures that were put beside this one's.

    They are demand for what is shared (floating catchments), and in no total. A file by primary
    mesh has the neighbours' people itself.
    """
    others: dict[str, list[Found]] = {}
    for found in ctx.of_kind(ESTAT) if choice.by_prefecture else ():
        code = found.detail.get("pref", ctx.options.pref.code)
        if code != ctx.options.pref.code and found.detail.get("level") == level:
            others.setdefault(code, []).append(found)
    tables = []
    for code, founds in sorted(others.items()):
        chosen = choose_population(founds, level, code)
        if not chosen.by_prefecture:
            continue
        read = read_population(chosen.found)
        uses += sources_together(chosen.found, ctx.options.raw, read)
        tables.append(build_origins(restore_suppressed(read.table), code, inside=False))
        notes.append(
            f"The people of prefecture {code} within the margin share what floating catchments "
            "share out; they are in no total."
        )
    return tables


def _medical_areas(
    ctx: StageContext,
    municipalities: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    uses: list[SourceUse],
    notes: list[str],
) -> pd.DataFrame:
    """Read 二次医療圏 and return each municipality's; say for how many people there is none."""
    choice = without_older(ctx.of_kind(A38))
    notes += [choice.aside] if choice.aside else []
    tables = []
    for found in choice.found:
        result = read_a38(found)
        uses.append(source_use(found, ctx.options.raw, result))
        tables.append(result.table)
    if not tables:
        return medical_area_of(municipalities.iloc[:0], municipalities.iloc[:0])
    shapes = pd.concat(tables, ignore_index=True).drop_duplicates(MEDICAL_AREA_CODE)
    table = medical_area_of(municipalities, shapes)
    without = ~areas[schema.MUNI_CODE].isin(table[schema.MUNI_CODE])
    people = float(areas.loc[without, schema.POPULATION].sum())
    if people:
        notes.append(
            f"{people:,.0f} people live in municipalities that no medical area (二次医療圏) of the "
            "data holds: they are in none."
        )
    return table


def _around(municipalities: gpd.GeoDataFrame) -> Bounds:
    """Return the bounds of the prefecture and two cells of 1 km.

    Cells beyond the border tell land from sea (``population.areas``).
    """
    west, south, east, north = (float(b) for b in municipalities.total_bounds)
    return west - 0.025, south - 0.02, east + 0.025, north + 0.02


def _read_years(
    ctx: StageContext, level: str, uses: list[SourceUse], notes: list[str]
) -> pd.DataFrame:
    """Read the people to come, empty where there is no projection."""
    choice = choose_future(ctx.found, ctx.options.pref.code, level)
    if not choice.found:
        return schema.POPULATION_YEARS.empty()
    notes += [choice.aside] if choice.aside else []
    result = read_future(choice.found, ctx.options.pref.code)
    uses += sources_together(choice.found, ctx.options.raw, result)
    return result.table


def _read_municipalities(ctx: StageContext, uses: list[SourceUse]) -> gpd.GeoDataFrame:
    code = ctx.options.pref.code
    if any(f.detail.get("pref", code) == code for f in ctx.of_kind(N03)):
        choice = choose_boundaries(ctx.found, code)
        result = read_n03(choice.found, code)
        uses += sources_together(choice.found, ctx.options.raw, result)
        return result.table
    return gpd.GeoDataFrame(schema.MUNICIPALITIES.empty(), geometry=[], crs=crs.JGD2011)


def _beyond(
    ctx: StageContext, choice: Choice, uses: list[SourceUse], notes: list[str]
) -> gpd.GeoDataFrame | None:
    """Read the municipalities of other prefectures, who share the people of border cells.

    Not for files by prefecture, which hold nobody else's people.
    """
    if choice.by_prefecture:
        return None
    code, n03 = ctx.options.pref.code, ctx.of_kind(N03)
    adjoining = neighbours_of(code)
    asked = {*adjoining, *(f.detail["pref"] for f in n03 if "pref" in f.detail)} - {code}
    files: dict[object, tuple[Found, list[str]]] = {}
    for other in sorted(asked):
        try:
            found = choose_boundaries(n03, other).found[0]
        except MissingInputError:
            continue
        files.setdefault(found.sort_key, (found, []))[1].append(other)
    tables = []
    for found, codes in files.values():
        result = read_n03_of([found], codes)
        if len(result.table):
            tables.append(result.table)
            uses.append(source_use(found, ctx.options.raw, result))
    known = {c for table in tables for c in table[schema.PREF_CODE]}
    if missing := sorted(set(adjoining) - known):
        notes.append(
            f"The boundaries (N03) of the neighbouring prefecture(s) {', '.join(missing)} are not "
            "at hand: at a border without people beyond it, some of theirs may be counted here. "
            f"Put N03-*_{missing[0]}_GML.zip into {ctx.options.raw / code} or "
            f"{ctx.options.raw / missing[0]} to share each cell by overlap."
        )
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True)) if tables else None


def whole_prefecture(pref_code: str) -> str:
    """Return the code of the one area there is without boundaries."""
    return f"{pref_code}000"


def _one_area(origins: pd.DataFrame, pref_code: str) -> pd.DataFrame:
    """Return everybody in one area that stands for the prefecture: its code and 000."""
    areas = origins.copy()
    areas[schema.MUNI_CODE] = whole_prefecture(pref_code)
    areas[schema.SHARE] = 1.0
    return schema.ORIGIN_AREAS.conform(areas)


def _year(edition: str) -> int | None:
    """Return the year a population edition begins with; None where it says none."""
    head = edition[:4]
    return int(head) if head.isdecimal() else None
