"""The files of 交通空白 that a planner hands in: shapefiles, GeoPackage, tables, one zip."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.export.vacuum import AREAS, CELLS, STOPS, ZONES, VacuumLayer, write_package
from coverage_gis.export.vacuum_fields import VACUUM_FIELDS
from coverage_gis.vacuum.layers import stops_layer
from coverage_gis.vacuum.priority import PRIORITY_RANK
from pipelines.about import about_of
from pipelines.stage import StageContext, StageResult

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.export.about import About
    from coverage_gis.settings import VacuumPreset

FOLDER = "vacuum"


def run(ctx: StageContext) -> StageResult:
    """Write all layers of 交通空白, by each metric."""
    about = about_of(ctx)

    def write(folder: Path) -> None:
        _write(ctx, folder / FOLDER, about)

    return StageResult(
        totals={"population": float(ctx.get("origins", "origins")[schema.POPULATION].sum())},
        counts={"headline": f"{FOLDER}/"},
        write=write,
    )


def _write(ctx: StageContext, folder: Path, about: About) -> None:
    """Write all layers of 交通空白, by each metric, as planners hand them in."""
    metrics = [schema.ROAD, schema.STRAIGHT] if ctx.options.by_road else [schema.STRAIGHT]
    try:
        areas = {metric: ctx.get("vacuum", f"areas_{metric}") for metric in metrics}
    except KeyError:  # left out for want of stations or stops
        return
    folder.mkdir(exist_ok=True)
    pref = ctx.options.pref
    preset = ctx.settings.vacuum_presets[ctx.settings.run.default_vacuum_preset]
    layers = []
    for metric in metrics:
        name = pref.code if metric == metrics[0] else f"{pref.code}_{metric}"
        cells = ctx.get("vacuum", f"cells_{metric}")
        boxes = mesh.polygons(cells[schema.MESH_CODE].to_numpy(dtype=object))
        layers += [
            VacuumLayer(f"vacuum_{name}", AREAS, areas[metric]),
            VacuumLayer(
                f"cells_{name}", CELLS, gpd.GeoDataFrame(cells, geometry=boxes, crs=crs.JGD2011)
            ),
        ]
    layers.append(VacuumLayer(f"stops_{pref.code}", STOPS, _stops(ctx)))
    with suppress(KeyError):  # no zones were given
        layers.append(VacuumLayer(f"zones_{pref.code}", ZONES, ctx.get("vacuum", "zones")))
    ranked = areas[metrics[0]].dropna(subset=PRIORITY_RANK).sort_values(PRIORITY_RANK)
    columns = [f.column for f in VACUUM_FIELDS if f.column in ranked]
    write_package(
        layers,
        folder,
        f"vacuum_{pref.code}",
        about=vacuum_about(ctx, about, preset, f"{pref.name_ja} 交通空白地域"),
        encoding=ctx.options.encoding,
        to_crs=crs.plane_crs(pref.code) if ctx.options.plane else None,
        tables={
            f"ranking_{pref.code}": pd.DataFrame(ranked[columns]),
            f"people_{pref.code}": _people(ctx),
        },
    )


def _people(ctx: StageContext) -> pd.DataFrame:
    """Return people by class, for every definition and metric, and by service quality."""
    rows = [
        (preset, metric, name, *(counts[way].get(name) for way in ("by_cell", "by_share", "share")))
        for preset, by_metric in _in_order(ctx).items()
        for metric, counts in by_metric.items()
        for name in counts["by_cell"]
    ]
    people = ["population_by_cell", "population_by_share", "share_of_people"]
    table = pd.DataFrame(rows, columns=["definition", schema.METRIC, "class", *people])
    return table.astype(dict.fromkeys(people[1:], "float64"))


def _in_order(ctx: StageContext) -> dict[str, Any]:
    by_class = ctx.get("vacuum", "people_by_class")
    out = {name: by_class[name] for name in ctx.settings.vacuum_presets}
    return out | {"service_quality": ctx.get("vacuum", "people_by_quality")}


def _stops(ctx: StageContext) -> gpd.GeoDataFrame:
    return stops_layer(
        ctx.get("destinations", "destinations"),
        ctx.get("vacuum", "stop_trips")["trips"],
        ctx.get("departures", "departures"),
        ctx.get("departures", "stop_service"),
        ctx.get("destinations", "station_passengers"),
    )


def _definition(preset: VacuumPreset) -> str:
    return (
        f"交通空白: 駅から{preset.rail_m:,.0f} m超かつバス停から{preset.bus_m:,.0f} m超のセル"
        + (f"（{preset.walkers}の歩く時間を平地の距離に換算）" if preset.walkers else "")
        + f"（{preset.name}: {preset.label_ja}。出典: {preset.source}）"
    )


def vacuum_about(ctx: StageContext, about: About, preset: VacuumPreset, title: str) -> About:
    """Return the metadata of the package: those of all files, with the scores' definitions."""
    quality, priority = ctx.settings.service_quality, ctx.settings.priority
    parts = "、".join(
        f"{_PARTS_JA[name]} 重み{part.weight:g}（{part.full:g}で満点）"
        for name, part in priority.parts.items()
    )
    rows = [
        f"{trips:g}本以上: 駅 {rail} / バス {bus}"
        for trips, rail, bus in zip(quality.trips_per_day, quality.rail, quality.bus, strict=True)
    ]
    bands = "・".join(f"{m:g} m" for m in quality.distance_m)
    definitions = (
        _definition(preset),
        (
            "便利=駅の圏内、不便=バス停だけ圏内、予約制のみ=デマンド交通の区域だけ、"
            "不明=本数の分からない停留所だけ、空白=どれもない。基準日に1本も運行しない停留所は"
            "数えない。セルの区分はセル内の点の区分の中央値。"
        ),
        f"{quality.label_ja}: 距離帯{bands}ごとの等級。{'。'.join(rows)}。",
        (
            f"{priority.label_ja} = 100 × Σ重み×min(1, 値/満点) / Σ重み。{parts}。"
            f"人口{priority.min_people:g}人未満の区域には順位を付けない（区域は残る）。"
        ),
    )
    return replace(about, title=title, definitions=definitions)


_PARTS_JA = {
    "people": "人口",
    "elderly_share": "75歳以上（なければ65歳以上）の割合",
    "transit_m": "運行のある駅・停留所までのm",
    "shop_m": "食料品店までのm",
    "hospital_m": "病院までのm",
}
