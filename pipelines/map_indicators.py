"""The indicators of the map: distances, times, covered shares and transit classes of the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coverage_gis import schema
from coverage_gis.maps import classes
from pipelines.map_medical import medical

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from coverage_gis.maps.model import Indicator
    from coverage_gis.settings import Service, Settings
    from pipelines.stage import StageContext

_DEFAULT_CUTOFF_M = 500.0


def indicators(ctx: StageContext) -> list[Indicator]:
    """Return distances, times and covered shares by service, then the transit classes."""
    access = ctx.get("access", "access")
    tables = dict(iter(access.groupby([schema.SERVICE, schema.MODE, schema.METRIC], sort=False)))
    covered = ctx.get("coverage", "covered")
    out: list[Indicator] = []
    for theme, theme_ja in ctx.settings.themes.items():
        for service in _groups_first(ctx.settings, theme):
            out += _of_service(ctx, service, theme_ja, tables, covered)
    return out + medical(ctx) + _missing(ctx) + _transit(ctx)


def _missing(ctx: StageContext) -> list[Indicator]:
    """Return how many of the daily services each cell lacks, by the first definition."""
    values = ctx.get("measures", "cells")["services_missing"].astype("float64")
    preset = next(iter(ctx.settings.measures.daily_services.values()))
    daily = ctx.get("measures", "daily_services")
    mine = daily.loc[daily[schema.PRESET] == preset.name, "parts_without_data"]
    unknown = str(mine.iloc[0]).split(";")
    known = [p.label_ja for p in preset.parts if p.name not in unknown]
    lacking = "・".join(p.label_ja for p in preset.parts if p.name in unknown)
    return [
        classes.missing(
            "services_missing",
            label_ja=f"不足している日常生活サービスの数（{preset.label_ja}）",
            label_en="Daily services missing within walking distance",
            group="日常生活サービス",
            values=values,
            most=len(known),
            note_ja=f"{'・'.join(known)}のうち徒歩圏にないものの数。"
            + (f"{lacking}はデータがないため数えていない。" if lacking else "")
            + f"{preset.name}、確度{preset.confidence}",
        )
    ]


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
            subject_en=service.label_en,
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
                subject_en=service.label_en,
                values_s=drive[schema.TRAVEL_TIME_S],
                status=drive[schema.STATUS],
            )
        )
    rows = covered[
        (covered[schema.SERVICE] == service.name)
        & (covered[schema.MODE] == schema.WALK)
        & (covered[schema.METRIC] == metric)
    ]
    return out + _shares(ctx, service, group, rows, walk[schema.STATUS])


def _shares(
    ctx: StageContext, service: Service, group: str, rows: pd.DataFrame, status: pd.Series
) -> list[Indicator]:
    """Return the covered share by each cutoff on foot, with the first preset that gives it."""
    out = []
    cutoffs = rows[[schema.PRESET, schema.CUTOFF]].drop_duplicates(schema.CUTOFF)
    for preset, cutoff in cutoffs.itertuples(index=False):
        one = rows[(rows[schema.PRESET] == preset) & (rows[schema.CUTOFF] == cutoff)]
        share = classes.share(
            f"{service.name}_share_{cutoff:g}m",
            label_ja=f"{service.label_ja} {cutoff:,.0f} m圏内の割合",
            label_en=f"Share of the cell within {cutoff:,.0f} m: {service.label_en}",
            group=group,
            subject_ja=service.label_ja,
            subject_en=service.label_en,
            view_ja=f"{cutoff:,.0f} m圏の割合",
            values=one[schema.COVERED_SHARE],
            # Out of reach is a share of 0; only where nothing is known is there no share.
            status=status.where(status == schema.NO_ROAD, schema.OK),
            note_ja=f"{ctx.settings.coverage_presets[preset].label_ja}（{preset}）",
        )
        out.append(share)
    return out


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
                        subject_en=f"Transit vacuum, definition {preset.name}",
                        view_ja=way,
                        classes=rows[schema.TRANSIT_CLASS],
                        note_ja=preset.source,
                    )
                )
    return out
