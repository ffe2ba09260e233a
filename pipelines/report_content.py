"""What the report shows, picked from the tables of the stages before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.coverage.areas import areas_of
from coverage_gis.coverage.curves import covered_curves
from coverage_gis.report import build
from coverage_gis.report.model import Curve, ReportContent, VacuumCount, VacuumRule
from coverage_gis.report.years import years_to_come
from pipelines.stages.access import load_places, load_reaches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_gis.maps.model import MapContent
    from coverage_gis.settings import Service, Settings
    from pipelines.stage import StageContext

METRE_LIMITS = np.arange(0.0, 3001.0, 50.0)
MINUTE_LIMITS = np.arange(0.0, 61.0, 1.0)
_WAYS = (
    (schema.WALK, schema.ROAD, "m", "徒歩の道のり"),
    (schema.WALK, schema.STRAIGHT, "m", "直線距離"),
    (schema.DRIVE, schema.ROAD, "min", "車の所要時間"),
)
_MAP_SERVICES = ("shop", "medical", "shelter")
_FAR_M = 500.0


def report_content(ctx: StageContext, content: MapContent) -> ReportContent:
    """Return the report beside the map ``content``."""
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    every_year: pd.DataFrame = ctx.get("coverage", "coverage")
    # the report has a page per municipality; medical areas are in the tables
    every_year = every_year[every_year[schema.AREA_LEVEL] != schema.MEDICAL_AREA]
    coverage = build.first_year(every_year)
    services = [s.name for s in shown_services(ctx.settings)]
    chosen = build.cases(coverage, ctx.settings, services, metric)
    table = build.area_table(coverage, chosen)
    table = _with_vacuum(ctx, table, metric)
    whole = table.iloc[0]
    areas = table.iloc[1:].reset_index(drop=True)
    measures = [measure for measure, _ in chosen]
    peers, ranks = build.ranks_among_peers(areas, measures, ctx.settings.measures.comparison.peers)
    return ReportContent(
        map=content,
        map_indicators=map_indicators(content),
        base_label_ja=base_label(ctx),
        areas=areas,
        whole=whole,
        members=build.members_of(areas, ctx.get("origins", "municipalities")),
        peers=peers,
        ranks=ranks,
        curves=_curves(ctx),
        measures=measures,
        food_services=ctx.settings.services["shop"].any_of
        if "shop" in ctx.settings.services
        else (),
        vacuum_rule=_vacuum_rule(ctx) if content.vacuum is not None else None,
        vacuum_counts=_vacuum_counts(ctx) if content.vacuum is not None else (),
        years=build.year_table(_shown(every_year, ctx.settings.outlook.shown), chosen),
    )


def _shown(coverage: pd.DataFrame, wanted: Sequence[int]) -> pd.DataFrame:
    """Return the rows of the first year and of those that are shown beside it."""
    years = {int(y) for y in coverage[schema.YEAR].dropna()}
    if len(years) < 2:
        return coverage
    shown = {min(years), *years_to_come(years, min(years), wanted)}
    rows: pd.DataFrame = coverage[coverage[schema.YEAR].isin(shown)]
    return rows


def shown_services(settings: Settings) -> list[Service]:
    """Return the services of the report: groups, hospitals, evacuation and transit."""
    return [
        s
        for theme in settings.themes
        for s in settings.services.values()
        if s.theme == theme
        and (s.is_group or s.name == "hospital" or s.theme in ("evacuation", "transit"))
        and not (s.part_of or s.nth_of)  # these are in the workbook: a page is as wide as its paper
    ]


def map_indicators(content: MapContent) -> list[str]:
    """Return the keys of the maps that are drawn: the main services, then the transit classes."""
    keys = [i.key for i in content.indicators]
    wanted = [f"{s}_{way}_m" for s in _MAP_SERVICES for way in ("walk", "straight")]
    transit = [k for k in keys if k.startswith("transit_")][:1]
    return [k for k in wanted if k in keys] + transit or keys[:1]


def _with_vacuum(ctx: StageContext, table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Add the people in 空白 cells of each area; their sum is the headline's figure."""
    transit = ctx.get("vacuum", "transit")
    default = ctx.settings.run.default_vacuum_preset
    rows = transit[(transit[schema.PRESET] == default) & (transit[schema.METRIC] == metric)]
    if rows.empty:
        return table
    pref = ctx.options.pref
    areas = areas_of(
        ctx.get("origins", "origins"),
        ctx.get("origins", "origin_areas"),
        pd.DataFrame(ctx.get("origins", "municipalities").drop(columns="geometry")),
        (pref.code, pref.name_ja),
    )
    vacuum = (rows[schema.TRANSIT_CLASS] == schema.VACUUM).to_numpy()
    people = areas.total(areas.people["total"] * vacuum[areas.cell])
    by_area = pd.Series(
        people, index=pd.MultiIndex.from_frame(areas.table[[schema.AREA_LEVEL, schema.AREA_CODE]])
    )
    key = pd.MultiIndex.from_frame(table[[schema.AREA_LEVEL, schema.AREA_CODE]])
    return table.assign(**{build.VACUUM_PEOPLE: by_area.reindex(key).to_numpy()})


def _curves(ctx: StageContext) -> list[Curve]:
    """Return people by distance on foot and by driving time, as coverage rates are measured."""
    origins = ctx.get("origins", "origins")
    places = load_places(ctx.get("access", "places"))
    reaches = load_reaches(ctx.get("access", "reach"), ctx.settings)
    snaps = ctx.get("access", "snap")
    by_subpoints = ctx.settings.run.covered_by == "subpoints"
    people = _people(origins)
    ways = [w for w in _WAYS if (w[1] == schema.ROAD) == ctx.options.by_road]
    out = []
    for mode, metric, unit, way_ja in ways:
        for service in shown_services(ctx.settings):
            reach = reaches.get((service.name, mode, metric))
            given = _marks(ctx.settings, service, mode, unit)
            if reach is None or not given:
                continue
            limits = METRE_LIMITS if unit == "m" else MINUTE_LIMITS
            counted = people
            if mode in snaps:
                no_road = np.isnan(places.centres(snaps[mode]))
                counted = {age: np.where(no_road, 0.0, of_age) for age, of_age in people.items()}
            within = covered_curves(places, reach, limits, unit, counted, by_subpoints=by_subpoints)
            totals = {age: of_age.sum() for age, of_age in counted.items()}
            shares = {age: w / totals[age] if totals[age] else w for age, w in within.items()}
            marks = tuple(m for m in given if m in limits)
            out.append(Curve(service.label_ja, way_ja, unit, limits, shares, marks))
    return out


def _people(origins: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Return the people of the cells that count, by the ages known for all of them."""
    inside = origins[schema.INSIDE].to_numpy(dtype=bool)
    return {
        age: np.where(inside, origins[column].to_numpy(dtype=np.float64), 0.0)
        for age, column in schema.AGE_GROUPS.items()
        if origins.loc[inside, column].notna().all()
    }


def _marks(settings: Settings, service: Service, mode: str, unit: str) -> list[float]:
    """Return the cutoffs that presets give a service, each once, ascending."""
    found = {
        cutoff
        for preset in settings.coverage_presets.values()
        for rule in preset.rules
        if service.name in rule.services and rule.mode == mode and rule.unit == unit
        for cutoff in rule.cutoffs
    }
    return sorted(found)


def _vacuum_rule(ctx: StageContext) -> VacuumRule:
    preset = ctx.settings.vacuum_presets[ctx.settings.run.default_vacuum_preset]

    def far(service: str) -> float:
        known = ctx.settings.services.get(service)
        marks = _marks(ctx.settings, known, schema.WALK, "m") if known else []
        return marks[0] if marks else _FAR_M

    return VacuumRule(
        f"{preset.label_ja}（{preset.name}）",
        preset.rail_m,
        preset.bus_m,
        far("shop"),
        far("hospital"),
    )


def _vacuum_counts(ctx: StageContext) -> list[VacuumCount]:
    """Return the people in 空白 by whole cells and by shares, by every definition and metric."""
    by_class, default = ctx.get("vacuum", "people_by_class"), ctx.settings.run.default_vacuum_preset
    names = [default, *(name for name in ctx.settings.vacuum_presets if name != default)]
    ways = {schema.ROAD: "徒歩の道のり", schema.STRAIGHT: "直線距離"}
    main = next(iter(by_class[default]))
    return [
        VacuumCount(
            ctx.settings.vacuum_presets[name].label_ja,
            ways[metric],
            counts["by_cell"][schema.VACUUM],
            counts["by_share"][schema.VACUUM],
            counts["share"].get(schema.VACUUM),
            main=name == default and metric == main,
        )
        for name in names
        for metric, counts in by_class[name].items()
    ]


def base_label(ctx: StageContext) -> str:
    """Return what the figures are of: the people's edition, distances, day of service."""
    population = ctx.get("origins", "population")
    service = ctx.get("departures", "service")
    edition = population["edition"]
    parts = [f"人口: {edition}" if edition else "人口の年次不明"]
    parts.append("距離: 道のり（徒歩）" if ctx.options.by_road else "距離: 直線")
    parts.append(f"運行本数の基準日: {service['date']}" if service["date"] else "")
    return "　".join(part for part in parts if part)
