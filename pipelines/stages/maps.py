"""Maps: the offline page of the prefecture, filled from the tables of the stages before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis import schema
from coverage_gis.access.wide import largest_share
from coverage_gis.codes import prefecture
from coverage_gis.maps.model import (
    AGES_MORE,
    METRES_FIELD,
    PEOPLE_FIELD,
    SHARE_FIELD,
    TEXT_FIELD,
    TRIPS_FIELD,
    Field,
    MapContent,
)
from coverage_gis.maps.page import write_map
from coverage_gis.report.build import first_year
from coverage_gis.report.page import write_report
from coverage_gis.report.sheets import write_sheets
from coverage_gis.report.years import years_to_come
from pipelines.figures import Headline, headline
from pipelines.map_indicators import indicators
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

    import geopandas as gpd
    import numpy as np


INDEX = "index.html"
REPORT = "report.html"
SHEETS = "static"
_VACUUM_FIELDS = (
    Field("area_id", "空白地域番号", TEXT_FIELD, "Area number"),
    Field("muni_name", "市区町村", TEXT_FIELD, "Municipality"),
    Field(schema.PLACE_NAME, "集落・地区", TEXT_FIELD, "Settlement"),
    Field(schema.POPULATION, "人口", PEOPLE_FIELD, "Population"),
    Field(schema.POPULATION_65PLUS, "65歳以上", PEOPLE_FIELD, "65 and over"),
    Field(schema.POPULATION_75PLUS, "75歳以上", PEOPLE_FIELD, "75 and over"),
    Field("nearest_stop_name", "最寄りのバス停", TEXT_FIELD, "Nearest bus stop"),
    Field("nearest_stop_m", "バス停までの距離", METRES_FIELD, "Distance to the stop"),
    Field("nearest_stop_trips", "運行本数（片道・日）", TRIPS_FIELD, "Trips per day, one way"),
    Field("nearest_station_name", "最寄りの駅", TEXT_FIELD, "Nearest station"),
    Field("nearest_station_m", "駅までの距離", METRES_FIELD, "Distance to the station"),
)


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
    municipalities, municipality_fields = _municipalities(ctx)
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
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
        years=_years(ctx, origins),
        muni_codes=largest_share(origins, ctx.get("origins", "origin_areas")),
        indicators=indicators(ctx),
        vacuum=_vacuum(ctx, metric),
        vacuum_fields=_VACUUM_FIELDS,
        municipalities=municipalities,
        municipality_fields=municipality_fields,
        facilities=facilities,
        service_labels={
            s.name: s.label_ja for s in ctx.settings.services.values() if s.name in have
        },
        service_labels_en={s.name: s.label_en for s in ctx.settings.services.values()},
        groups_en={ctx.settings.themes[t]: en for t, en in ctx.settings.themes_en.items()},
        places=_places(ctx),
        sources=attribution_notes(ctx),
        warnings_ja=warnings_ja(ctx, figures),
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


def _years(ctx: StageContext, origins: pd.DataFrame) -> dict[int, dict[str, np.ndarray]]:
    """Return the people to come of the years that report and map show, in the order of origins."""
    key = [schema.MESH_CODE, schema.PREF_CODE]
    table = ctx.get("origins", "population_years")
    wanted = pd.MultiIndex.from_frame(origins[key])
    out: dict[int, dict[str, np.ndarray]] = {}
    known = {int(y) for y in table[schema.YEAR]}
    first = ctx.get("origins", "population")["year"] or 0
    for year in years_to_come(known, first, ctx.settings.outlook.shown):
        rows = table[table[schema.YEAR] == year].set_index(key)
        out[year] = {
            age: rows[column].reindex(wanted).to_numpy(dtype="float64")
            for age, column in schema.AGE_GROUPS.items()
            if rows[column].notna().any()
        }
    return out


def _vacuum(ctx: StageContext, metric: str) -> gpd.GeoDataFrame | None:
    try:
        return ctx.get("vacuum", f"areas_{metric}")
    except KeyError:  # left out for want of stations or stops
        return None


def _municipalities(ctx: StageContext) -> tuple[gpd.GeoDataFrame, list[Field]]:
    """Return the outlines with people and the rate of the first preset of each group."""
    table = ctx.get("origins", "municipalities").copy()
    coverage = first_year(ctx.get("coverage", "coverage"))
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    mine = coverage[
        (coverage[schema.AREA_LEVEL] != schema.PREFECTURE)
        & (coverage[schema.AGE_GROUP] == "total")
        & (coverage[schema.METRIC] == metric)
        & (coverage[schema.MODE] == schema.WALK)
    ]
    fields = []
    people = mine.drop_duplicates(schema.AREA_CODE).set_index(schema.AREA_CODE)
    if len(people):
        table[schema.POPULATION] = table[schema.MUNI_CODE].map(people[schema.POPULATION])
        fields.append(Field(schema.POPULATION, "人口", PEOPLE_FIELD, "Population"))
    for service in ctx.settings.services.values():
        rows = mine[mine[schema.SERVICE] == service.name]
        if rows.empty or not (service.is_group or service.theme in ("evacuation", "transit")):
            continue
        preset, cutoff = rows.iloc[0][schema.PRESET], rows.iloc[0][schema.CUTOFF]
        one = rows[(rows[schema.PRESET] == preset) & (rows[schema.CUTOFF] == cutoff)]
        column = f"{service.name}_rate"
        rate = one.drop_duplicates(schema.AREA_CODE).set_index(schema.AREA_CODE)
        table[column] = table[schema.MUNI_CODE].map(rate[schema.COVERAGE_RATE])
        fields.append(
            Field(
                column,
                f"{service.label_ja} {cutoff:,.0f} m圏の人口カバー率",
                SHARE_FIELD,
                f"{service.label_en}: people within {cutoff:,.0f} m",
            )
        )
    return table, fields


def _facilities(ctx: StageContext) -> pd.DataFrame:
    destinations: pd.DataFrame = ctx.get("destinations", "destinations")
    trips = ctx.get("departures", "departures").set_index(schema.DESTINATION_ID)
    parts = [s.name for s in ctx.settings.services.values() if s.part_of]
    out = destinations[~destinations[schema.SERVICE].isin(parts)].reset_index(drop=True)
    out[schema.TRIPS_PER_DAY] = out[schema.DESTINATION_ID].map(trips[schema.TRIPS_PER_DAY])
    return out
