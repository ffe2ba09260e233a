"""Origins: populated cells of the prefecture, and which municipality their people belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.errors import InputError
from coverage_gis.population.areas import origin_areas
from coverage_gis.population.origins import build_origins, within_prefecture
from coverage_gis.population.secrecy import restore_suppressed
from coverage_gis.sources.boundaries import read_n03
from coverage_gis.sources.choose import choose_boundaries, choose_population
from coverage_gis.sources.population import read_population
from pipelines.stage import SourceUse, StageContext, StageResult, sources_together

if TYPE_CHECKING:
    import pandas as pd

ESTAT, MESH_CSV, N03 = "estat-mesh", "mesh-csv", "n03"


def run(ctx: StageContext) -> StageResult:
    """Read population and boundaries, and give every person one cell and one municipality."""
    pref = ctx.options.pref
    choice = choose_population(ctx.of_kind(ESTAT, MESH_CSV), ctx.options.mesh_level, pref.code)
    notes = [choice.aside] if choice.aside else []
    read = read_population(choice.found)
    uses = sources_together(choice.found, ctx.options.raw, read)
    cells = restore_suppressed(read.table)
    everywhere = build_origins(cells, pref.code)
    municipalities = _read_municipalities(ctx, uses)
    if municipalities.empty:
        notes.append(
            "No municipal boundaries (国土数値情報 N03) found: results are for the prefecture as "
            f"a whole. Put N03-*_{pref.code}_GML.zip into {ctx.options.raw / pref.code} for "
            "figures by municipality."
        )
        areas, other = _one_area(everywhere, pref.code), 0.0
    else:
        split = origin_areas(everywhere, municipalities, by_prefecture=choice.by_prefecture)
        areas, other = split.areas, split.other_prefecture
    origins = within_prefecture(everywhere, areas)
    if origins.empty:
        raise InputError(
            f"None of the {len(everywhere):,} populated cells lies in {pref.name_ja}; check that "
            "population and boundaries are of this prefecture."
        )
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
            "origin_areas": areas,
            "municipalities": municipalities,
            "population": {
                "source": choice.found[0].kind,
                "edition": choice.found[0].edition,
                "year": _year(choice.found[0].edition),
                "level": mesh.level_of(origins[schema.MESH_CODE].to_numpy(dtype=object)).label,
            },
        },
        totals={"population": inside},
        counts={
            "headline": f"{len(origins):,} populated cells, {inside:,.0f} people, "
            f"{len(municipalities):,} municipalities",
            "cells": len(origins),
            "people_read": people_read,
            "other_prefecture": other,
        },
        sources=uses,
        notes=notes,
    )


def _read_municipalities(ctx: StageContext, uses: list[SourceUse]) -> gpd.GeoDataFrame:
    if found := ctx.of_kind(N03):
        choice = choose_boundaries(found, ctx.options.pref.code)
        result = read_n03(choice.found, ctx.options.pref.code)
        uses += sources_together(choice.found, ctx.options.raw, result)
        return result.table
    return gpd.GeoDataFrame(schema.MUNICIPALITIES.empty(), geometry=[], crs=crs.JGD2011)


def _one_area(origins: pd.DataFrame, pref_code: str) -> pd.DataFrame:
    """Return everybody in one area that stands for the prefecture: its code and 000."""
    areas = origins.copy()
    areas[schema.MUNI_CODE] = f"{pref_code}000"
    areas[schema.SHARE] = 1.0
    return schema.ORIGIN_AREAS.conform(areas)


def _year(edition: str) -> int:
    """Return the year a population edition begins with; 0 where it says none."""
    head = edition[:4]
    return int(head) if head.isdecimal() else 0
