"""Maps: the offline page of the prefecture, filled from the tables of the stages before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis import schema
from coverage_gis.access.wide import largest_share
from coverage_gis.codes import prefecture
from coverage_gis.maps.model import AGES_MORE, MapContent
from coverage_gis.maps.page import write_map
from coverage_gis.report.page import write_report
from coverage_gis.report.sheets import write_sheets
from pipelines.figures import Headline, headline
from pipelines.map_indicators import indicators
from pipelines.map_places import municipalities, vacuum
from pipelines.map_years import municipality_years, not_drawn_ja, year_of, years_of_cells
from pipelines.report_content import report_content
from pipelines.stage import StageContext, StageResult
from pipelines.words import (
    attribution_notes,
    headline_ja,
    method_ja,
    warnings_ja,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


INDEX = "index.html"
REPORT = "report.html"
SHEETS = "static"


def run(ctx: StageContext) -> StageResult:
    """Write ``index.html``, ``report.html`` and, below ``static/``, the same as PNG and PDF."""
    figures = headline(ctx.get, ctx.settings, by_road=ctx.options.by_road)
    content = map_content(ctx, figures)
    report = report_content(ctx, content)

    def write(folder: Path) -> None:
        write_map(content, folder / INDEX)
        write_report(report, folder / REPORT)
        write_sheets(report, folder / SHEETS)

    return StageResult(
        counts={
            "headline": f"{len(content.indicators)} indicators on {INDEX}, "
            f"{len(report.areas)} areas in {REPORT}"
        },
        write=write,
    )


def map_content(ctx: StageContext, figures: Headline) -> MapContent:
    """Return all that the map shows."""
    pref = ctx.options.pref
    synthetic = pref.code == prefecture.DEMO
    origins = ctx.get("origins", "origins")
    outlines, municipality_fields = municipalities(ctx)
    years = years_of_cells(ctx)
    zones, vacuum_fields = vacuum(ctx, years)
    facilities = _facilities(ctx)
    have = set(facilities[schema.SERVICE])
    return MapContent(
        pref_code=pref.code,
        title_ja=f"{pref.name_ja} 生活サービスの到達圏と交通空白",
        synthetic=synthetic,
        title_en=f"{pref.name_en}: reach of daily services, and transit vacuum",
        headline_ja=headline_ja(figures, ctx.settings, pref),
        report=True,
        mesh_codes=origins[schema.MESH_CODE].to_numpy(dtype=object),
        population=origins[schema.POPULATION].to_numpy(),
        population_65plus=_known(origins, schema.POPULATION_65PLUS),
        population_75plus=_known(origins, schema.POPULATION_75PLUS),
        population_more={
            age: origins[column].to_numpy(dtype="float64")
            for age, column in schema.AGE_GROUPS.items()
            if age in AGES_MORE and origins[column].notna().any()
        },
        year=ctx.get("origins", "population")["year"],
        year_of_ja=year_of(ctx),
        years=years,
        municipality_years=municipality_years(ctx, years),
        few_people=ctx.settings.measures.comparison.few_people,
        muni_codes=largest_share(origins, ctx.get("origins", "origin_areas")),
        indicators=indicators(ctx),
        vacuum=zones,
        vacuum_fields=vacuum_fields,
        municipalities=outlines,
        municipality_fields=municipality_fields,
        facilities=facilities,
        service_labels={
            s.name: s.label_ja for s in ctx.settings.services.values() if s.name in have
        },
        service_labels_en={s.name: s.label_en for s in ctx.settings.services.values()},
        groups_en={ctx.settings.themes[t]: en for t, en in ctx.settings.themes_en.items()},
        places=_places(ctx),
        sources=attribution_notes(ctx),
        warnings_ja=[*warnings_ja(ctx, figures), *not_drawn_ja(ctx, years)],
        method_ja=method_ja(ctx),
    )


def _places(ctx: StageContext) -> pd.DataFrame | None:
    """Return the names of places that OpenStreetMap knows; None in a run without it."""
    try:
        return pd.DataFrame(ctx.get("osm", "settlements"))
    except KeyError:
        return None


def _known(origins: pd.DataFrame, column: str) -> np.ndarray | None:
    return origins[column].to_numpy() if origins[column].notna().any() else None


def _facilities(ctx: StageContext) -> pd.DataFrame:
    destinations: pd.DataFrame = ctx.get("destinations", "destinations")
    trips = ctx.get("departures", "departures").set_index(schema.DESTINATION_ID)
    parts = [s.name for s in ctx.settings.services.values() if s.part_of]
    out = destinations[~destinations[schema.SERVICE].isin(parts)].reset_index(drop=True)
    out[schema.TRIPS_PER_DAY] = out[schema.DESTINATION_ID].map(trips[schema.TRIPS_PER_DAY])
    return out
