"""The indicators of the map: distances, times, covered shares and transit classes of the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coverage_gis import schema
from coverage_gis.maps import classes
from coverage_gis.maps.model import Said, Within
from coverage_gis.settings import UNIT_M, UNIT_MIN
from pipelines.map_choice import choice
from pipelines.map_medical import medical
from pipelines.map_shelters import shelters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from coverage_gis.maps.model import Indicator
    from coverage_gis.settings import DailyPart, Service, Settings
    from pipelines.stage import StageContext

_DEFAULT_CUTOFF_M = 500.0
_MINUTE_S = 60.0
_ACCESS_KEY = [schema.SERVICE, schema.MODE, schema.METRIC]
_ACCESS_VALUES = [schema.DISTANCE_M, schema.TRAVEL_TIME_S, schema.STATUS]
_COVERED_KEY = [schema.SERVICE, schema.MODE, schema.METRIC, schema.PRESET, schema.CUTOFF_UNIT]
_COVERED_VALUES = [schema.CUTOFF, schema.COVERED_SHARE]
_WAYS = {
    schema.ROAD: ("徒歩の道のり", "Walking distance"),
    schema.STRAIGHT: ("直線距離", "Straight line"),
}


def indicators(ctx: StageContext) -> list[Indicator]:
    """Return distances, times and covered shares by service, then the transit classes."""
    access = _narrow(ctx.get("access", "access"), _ACCESS_KEY, _ACCESS_VALUES)
    tables = dict(iter(access.groupby(_ACCESS_KEY, sort=False, observed=True)))
    covered = _covered(ctx)
    out: list[Indicator] = []
    for theme, theme_ja in ctx.settings.themes.items():
        for service in _groups_first(ctx.settings, theme):
            out += _of_service(ctx, service, theme_ja, tables, covered)
    return out + shelters(ctx) + medical(ctx) + _missing(ctx) + choice(ctx) + _transit(ctx)


def _narrow(table: pd.DataFrame, key: list[str], values: list[str]) -> pd.DataFrame:
    """Return some columns of a long table, those of its key as categories.

    Rows are picked by service, mode, metric ... a hundred times, and picking numbers is cheaper
    by far than comparing and copying millions of texts.
    """
    return table[[*key, *values]].astype(dict.fromkeys(key, "category"))


def _covered(ctx: StageContext) -> pd.DataFrame:
    """Return the covered shares in the units of the map: walking in metres, driving in minutes."""
    table = _narrow(ctx.get("coverage", "covered"), _COVERED_KEY, _COVERED_VALUES)
    mode, unit = table[schema.MODE], table[schema.CUTOFF_UNIT]
    walk = (mode == schema.WALK) & (unit == UNIT_M)
    return table[walk | ((mode == schema.DRIVE) & (unit == UNIT_MIN))]


def _missing(ctx: StageContext) -> list[Indicator]:
    """Return how many of the daily services each cell lacks, by the first definition."""
    values = ctx.get("measures", "cells")["services_missing"].astype("float64")
    preset = next(iter(ctx.settings.measures.daily_services.values()))
    daily = ctx.get("measures", "daily_services")
    mine = daily.loc[daily[schema.PRESET] == preset.name, "parts_without_data"]
    unknown = str(mine.iloc[0]).split(";")
    known = [p for p in preset.parts if p.name not in unknown]
    lacking = [p for p in preset.parts if p.name in unknown]
    return [
        classes.missing(
            "services_missing",
            label_ja=f"不足している日常生活サービスの数（{preset.label_ja}）",
            label_en="Daily services missing within walking distance",
            group="日常生活サービス",
            values=values,
            most=len(known),
            note_ja=Said(
                f"{'・'.join(p.label_ja for p in known)}のうち徒歩圏にないものの数。"
                + (f"{'・'.join(p.label_ja for p in lacking)}は" if lacking else "")
                + ("データがないため数えていない。" if lacking else "")
                + f"{preset.name}、確度{preset.confidence}",
                f"How many are not within walking distance, of: {_list_en(known)}."
                + (f" Not counted for want of data: {_list_en(lacking)}." if lacking else "")
                + f" {preset.name}, confidence {preset.confidence}",
            ),
        )
    ]


def _list_en(parts: Sequence[DailyPart]) -> str:
    return ", ".join(p.label_en for p in parts)


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
    key = "walk" if ctx.options.by_road else "straight"
    way, way_en = _WAYS[metric]
    walk = tables.get((service.name, schema.WALK, metric))
    if walk is None:
        return []
    mine = covered[covered[schema.SERVICE] == service.name]
    out = [
        classes.distance(
            f"{service.name}_{key}_m",
            label_ja=f"{service.label_ja}までの{way}",
            label_en=f"{way_en} to the nearest: {service.label_en}",
            group=group,
            subject_ja=service.label_ja,
            subject_en=service.label_en,
            view_ja=way,
            view_en=way_en,
            values_m=walk[schema.DISTANCE_M],
            status=walk[schema.STATUS],
            cutoff_m=_cutoff_m(ctx.settings, service.name),
            within=_within(ctx, mine, schema.WALK, metric, 1.0),
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
                view_en="Driving time",
                values_s=drive[schema.TRAVEL_TIME_S],
                status=drive[schema.STATUS],
                within=_within(ctx, mine, schema.DRIVE, schema.ROAD, _MINUTE_S),
            )
        )
    rows = mine[(mine[schema.MODE] == schema.WALK) & (mine[schema.METRIC] == metric)]
    return out + _shares(ctx, service, group, rows, walk[schema.STATUS])


def _within(
    ctx: StageContext, covered: pd.DataFrame, mode: str, metric: str, unit: float
) -> list[Within]:
    """Return the covered shares at every preset's cutoff; ``unit`` is its unit in SI."""
    rows = covered[(covered[schema.MODE] == mode) & (covered[schema.METRIC] == metric)]
    out = []
    for cutoff in sorted(rows[schema.CUTOFF].unique().tolist()):
        of_cutoff = rows[rows[schema.CUTOFF] == cutoff]
        names = of_cutoff[schema.PRESET].drop_duplicates().tolist()
        presets = [ctx.settings.coverage_presets[name] for name in names]
        one = of_cutoff[of_cutoff[schema.PRESET] == names[0]]
        out.append(
            Within(
                float(cutoff) * unit,
                one[schema.COVERED_SHARE].to_numpy(dtype="float64"),
                "・".join(p.label_ja for p in presets),
                "; ".join(p.label_en for p in presets),
            )
        )
    return out


def _shares(
    ctx: StageContext, service: Service, group: str, rows: pd.DataFrame, status: pd.Series
) -> list[Indicator]:
    """Return the covered share by each cutoff on foot, with the first preset that gives it."""
    out = []
    cutoffs = rows[[schema.PRESET, schema.CUTOFF]].drop_duplicates(schema.CUTOFF)
    for preset, cutoff in cutoffs.itertuples(index=False):
        one = rows[(rows[schema.PRESET] == preset) & (rows[schema.CUTOFF] == cutoff)]
        about = ctx.settings.coverage_presets[preset]
        share = classes.share(
            f"{service.name}_share_{cutoff:g}m",
            label_ja=f"{service.label_ja} {cutoff:,.0f} m圏内の割合",
            label_en=f"Share of the cell within {cutoff:,.0f} m: {service.label_en}",
            group=group,
            subject_ja=service.label_ja,
            subject_en=service.label_en,
            view_ja=f"{cutoff:,.0f} m圏の割合",
            view_en=f"Share within {cutoff:,.0f} m",
            values=one[schema.COVERED_SHARE],
            # Out of reach is a share of 0; only where nothing is known is there no share.
            status=status.where(status == schema.NO_ROAD, schema.OK),
            note_ja=Said(f"{about.label_ja}（{preset}）", f"{about.label_en} ({preset})"),
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
        for metric, (way, way_en) in _WAYS.items():
            rows = transit[
                (transit[schema.PRESET] == preset.name) & (transit[schema.METRIC] == metric)
            ]
            if len(rows):
                out.append(
                    classes.transit_class(
                        f"transit_{preset.name}_{metric}",
                        label_ja=f"交通空白の区分（鉄道{preset.rail_m:,.0f} m・バス"
                        f"{preset.bus_m:,.0f} m、{way}）",
                        label_en=f"Transit class (rail {preset.rail_m:,.0f} m, bus "
                        f"{preset.bus_m:,.0f} m, {way_en.lower()})",
                        group=ctx.settings.themes["transit"],
                        subject_ja=f"交通空白 {preset.label_ja}",
                        subject_en=f"Transit vacuum: {preset.label_en}",
                        view_ja=way,
                        view_en=way_en,
                        classes=rows[schema.TRANSIT_CLASS],
                        note_ja=Said(preset.source, preset.source_en),
                    )
                )
    return out
