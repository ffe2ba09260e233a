"""Maps: the offline page of the prefecture, filled from the tables of the stages before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from coverage_gis import schema
from coverage_gis.access.wide import largest_share
from coverage_gis.codes import prefecture
from coverage_gis.maps import classes
from coverage_gis.maps.model import (
    METRES_FIELD,
    PEOPLE_FIELD,
    SHARE_FIELD,
    TEXT_FIELD,
    TRIPS_FIELD,
    Field,
    Indicator,
    MapContent,
)
from coverage_gis.maps.page import write_map
from pipelines.figures import Headline, headline
from pipelines.stage import StageContext, StageResult
from pipelines.words import attribution_notes, headline_ja, method_ja, warnings_ja

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import numpy as np

    from coverage_gis.settings import Service, Settings

INDEX = "index.html"
_DEFAULT_CUTOFF_M = 500.0
_VACUUM_FIELDS = (
    Field("area_id", "空白地域番号", TEXT_FIELD),
    Field("muni_name", "市区町村", TEXT_FIELD),
    Field(schema.POPULATION, "人口", PEOPLE_FIELD),
    Field(schema.POPULATION_65PLUS, "65歳以上", PEOPLE_FIELD),
    Field(schema.POPULATION_75PLUS, "75歳以上", PEOPLE_FIELD),
    Field("nearest_stop_name", "最寄りのバス停", TEXT_FIELD),
    Field("nearest_stop_m", "バス停までの距離", METRES_FIELD),
    Field("nearest_stop_trips", "運行本数（片道・日）", TRIPS_FIELD),
    Field("nearest_station_name", "最寄りの駅", TEXT_FIELD),
    Field("nearest_station_m", "駅までの距離", METRES_FIELD),
)


def run(ctx: StageContext) -> StageResult:
    """Write ``index.html``."""
    figures = headline(ctx.get, ctx.settings, by_road=ctx.options.by_road)
    content = map_content(ctx, figures)

    def write(folder: Path) -> None:
        write_map(content, folder / INDEX)

    return StageResult(
        counts={"headline": f"{len(content.indicators)} indicators on {INDEX}"}, write=write
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
        headline_ja=headline_ja(figures, pref.name_ja),
        mesh_codes=origins[schema.MESH_CODE].to_numpy(dtype=object),
        population=origins[schema.POPULATION].to_numpy(),
        population_65plus=_known(origins, schema.POPULATION_65PLUS),
        population_75plus=_known(origins, schema.POPULATION_75PLUS),
        muni_codes=largest_share(origins, ctx.get("origins", "origin_areas")),
        indicators=_indicators(ctx),
        vacuum=_vacuum(ctx, metric),
        vacuum_fields=_VACUUM_FIELDS,
        municipalities=municipalities,
        municipality_fields=municipality_fields,
        facilities=facilities,
        service_labels={
            s.name: s.label_ja for s in ctx.settings.services.values() if s.name in have
        },
        sources=attribution_notes(ctx),
        warnings_ja=warnings_ja(ctx, figures),
        method_ja=method_ja(ctx),
    )


def _known(origins: pd.DataFrame, column: str) -> np.ndarray | None:
    return origins[column].to_numpy() if origins[column].notna().any() else None


def _indicators(ctx: StageContext) -> list[Indicator]:
    """Return distances, times and covered shares by service, then the transit classes."""
    access = ctx.get("access", "access")
    tables = dict(iter(access.groupby([schema.SERVICE, schema.MODE, schema.METRIC], sort=False)))
    covered = ctx.get("coverage", "covered")
    out: list[Indicator] = []
    for theme, theme_ja in ctx.settings.themes.items():
        for service in _groups_first(ctx.settings, theme):
            out += _of_service(ctx, service, theme_ja, tables, covered)
    return out + _transit(ctx)


def _groups_first(settings: Settings, theme: str) -> list[Service]:
    services = [s for s in settings.services.values() if s.theme == theme]
    return sorted(services, key=lambda s: not s.is_group)


def _of_service(
    ctx: StageContext,
    service: Service,
    group: str,
    tables: Mapping[Any, pd.DataFrame],
    covered: pd.DataFrame,
) -> list[Indicator]:
    """Return a service's distance on foot, driving time and covered share, as far as there are."""
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    key, way = ("walk", "徒歩の道のり") if ctx.options.by_road else ("straight", "直線距離")
    walk = tables.get((service.name, schema.WALK, metric))
    if walk is None:
        return []
    out = [
        classes.distance(
            f"{service.name}_{key}_m",
            label_ja=f"{service.label_ja}までの{way}",
            label_en=f"Distance to the nearest: {service.label_en}",
            group=group,
            subject_ja=service.label_ja,
            view_ja=way,
            values_m=walk[schema.DISTANCE_M],
            status=walk[schema.STATUS],
            cutoff_m=_cutoff_m(ctx.settings, service.name),
        )
    ]
    drive = tables.get((service.name, schema.DRIVE, schema.ROAD))
    if drive is not None:
        out.append(
            classes.time(
                f"{service.name}_drive_s",
                label_ja=f"{service.label_ja}までの車の所要時間",
                label_en=f"Driving time to the nearest: {service.label_en}",
                group=group,
                subject_ja=service.label_ja,
                values_s=drive[schema.TRAVEL_TIME_S],
                status=drive[schema.STATUS],
            )
        )
    rows = covered[
        (covered[schema.SERVICE] == service.name)
        & (covered[schema.MODE] == schema.WALK)
        & (covered[schema.METRIC] == metric)
    ]
    if len(rows):
        out.append(_share(ctx, service, group, rows, walk[schema.STATUS]))
    return out


def _share(
    ctx: StageContext, service: Service, group: str, rows: pd.DataFrame, status: pd.Series
) -> Indicator:
    """Return the covered share by the first preset and cutoff that the service has on foot."""
    preset, cutoff = str(rows.iloc[0][schema.PRESET]), float(rows.iloc[0][schema.CUTOFF])
    one = rows[(rows[schema.PRESET] == preset) & (rows[schema.CUTOFF] == cutoff)]
    return classes.share(
        f"{service.name}_share",
        label_ja=f"{service.label_ja} {cutoff:,.0f} m圏内の割合",
        label_en=f"Share of the cell within {cutoff:,.0f} m: {service.label_en}",
        group=group,
        subject_ja=service.label_ja,
        view_ja=f"{cutoff:,.0f} m圏の割合",
        values=one[schema.COVERED_SHARE],
        # Out of reach is a share of 0; only where nothing is known is there no share.
        status=status.where(status == schema.NO_ROAD, schema.OK),
        note_ja=f"{ctx.settings.coverage_presets[preset].label_ja}（{preset}）",
    )


def _cutoff_m(settings: Settings, service: str) -> float:
    """Return the first cutoff in metres on foot that a preset gives the service."""
    for preset in settings.coverage_presets.values():
        for rule in preset.rules:
            if service in rule.services and rule.mode == schema.WALK and rule.unit == "m":
                return rule.cutoffs[0]
    return _DEFAULT_CUTOFF_M


def _transit(ctx: StageContext) -> list[Indicator]:
    transit = ctx.get("vacuum", "transit")
    default = ctx.settings.run.default_vacuum_preset
    presets = sorted(ctx.settings.vacuum_presets.values(), key=lambda p: p.name != default)
    out = []
    for preset in presets:
        for metric, way in ((schema.ROAD, "徒歩の道のり"), (schema.STRAIGHT, "直線距離")):
            rows = transit[
                (transit[schema.PRESET] == preset.name) & (transit[schema.METRIC] == metric)
            ]
            if len(rows):
                out.append(
                    classes.transit_class(
                        f"transit_{preset.name}_{metric}",
                        label_ja=f"交通空白の区分（鉄道{preset.rail_m:,.0f} m・バス"
                        f"{preset.bus_m:,.0f} m、{way}）",
                        label_en=f"Transit class ({preset.name}, {metric})",
                        group=ctx.settings.themes["transit"],
                        subject_ja=f"交通空白 {preset.label_ja}",
                        view_ja=way,
                        classes=rows[schema.TRANSIT_CLASS],
                        note_ja=preset.source,
                    )
                )
    return out


def _vacuum(ctx: StageContext, metric: str) -> gpd.GeoDataFrame | None:
    try:
        return ctx.get("vacuum", f"areas_{metric}")
    except KeyError:  # left out for want of stations or stops
        return None


def _municipalities(ctx: StageContext) -> tuple[gpd.GeoDataFrame, list[Field]]:
    """Return the outlines with people and the rate of the first preset of each group."""
    table = ctx.get("origins", "municipalities").copy()
    coverage = ctx.get("coverage", "coverage")
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
        fields.append(Field(schema.POPULATION, "人口", PEOPLE_FIELD))
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
            Field(column, f"{service.label_ja} {cutoff:,.0f} m圏の人口カバー率", SHARE_FIELD)
        )
    return table, fields


def _facilities(ctx: StageContext) -> pd.DataFrame:
    destinations = ctx.get("destinations", "destinations")
    trips = ctx.get("departures", "departures").set_index(schema.DESTINATION_ID)
    out = pd.DataFrame(destinations)
    out[schema.TRIPS_PER_DAY] = out[schema.DESTINATION_ID].map(trips[schema.TRIPS_PER_DAY])
    return out
