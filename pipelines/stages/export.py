"""Export: the tables, GeoPackages, shapefiles and rasters that users open."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from coverage_gis import crs, schema
from coverage_gis.access.wide import cells_wide
from coverage_gis.codes import mesh, prefecture
from coverage_gis.export.about import About
from coverage_gis.export.cells import write_cells
from coverage_gis.export.csv import write_csv
from coverage_gis.export.labels import PER_1000
from coverage_gis.export.parquet import write_table
from coverage_gis.export.raster import write_distance_tif
from coverage_gis.export.shelters import write_shelters
from coverage_gis.export.vacuum import AREAS, CELLS, STOPS, ZONES, VacuumLayer, write_package
from coverage_gis.export.vacuum_fields import VACUUM_FIELDS
from coverage_gis.vacuum.layers import stops_layer
from coverage_gis.vacuum.priority import PRIORITY_RANK
from pipelines.figures import headline
from pipelines.medical_files import FOLDER, write_doctorless
from pipelines.stage import StageContext, StageResult
from pipelines.stages.medical import column_of
from pipelines.words import attribution_notes, warnings_ja
from pipelines.words_shelters import shelters_ja

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.settings import VacuumPreset


def run(ctx: StageContext) -> StageResult:
    """Write every table of the run into its formats."""
    origins = ctx.get("origins", "origins")
    access = ctx.get("access", "access")
    cells = _cells(ctx, origins, access)
    about = about_of(ctx)

    def write(folder: Path) -> None:
        services = {s.name: s.label_ja for s in ctx.settings.services.values()}
        services |= {
            column_of(p).removesuffix(PER_1000): p.label_ja
            for p in ctx.settings.medical.catchments.values()
        }
        write_cells(cells, folder, about=about, services=services)
        tables = {
            "access": (schema.ACCESS, access),
            "covered": (schema.COVERED, ctx.get("coverage", "covered")),
            "transit": (schema.TRANSIT, ctx.get("vacuum", "transit")),
            "destinations": (schema.DESTINATIONS, ctx.get("destinations", "destinations")),
            "departures": (schema.DEPARTURES, ctx.get("departures", "departures")),
            "origin_areas": (schema.ORIGIN_AREAS, ctx.get("origins", "origin_areas")),
            "service": (schema.STOP_SERVICE, ctx.get("departures", "stop_service")),
            "stop_places": (schema.STOP_PLACES, ctx.get("departures", "stop_places")),
            "service_quality": (schema.SERVICE_QUALITY, ctx.get("vacuum", "quality")),
        }
        tables |= _optional_tables(ctx)
        for name, (table, frame) in tables.items():
            path = folder / f"{name}.parquet"
            write_table(frame, path, about.metadata(), columns=table.columns)
        write_csv(ctx.get("coverage", "coverage"), folder / "coverage.csv")
        write_csv(ctx.get("destinations", "rejected"), folder / "rejected.csv")
        _write_rasters(ctx, access, folder / "raster", about)
        _write_vacuum(ctx, folder / "vacuum", about)
        write_doctorless(ctx, folder / FOLDER, about)
        _write_shelters(ctx, folder, about)

    return StageResult(
        totals={"population": float(cells[schema.POPULATION].sum())},
        counts={"headline": f"{len(cells):,} cells, {len(cells.columns)} columns"},
        write=write,
    )


def _write_shelters(ctx: StageContext, folder: Path, about: About) -> None:
    """Write the shelters at the main share of evacuees as a layer; none without shelters."""
    table = ctx.get("shelters", "shelters")
    if table.empty:
        return
    rules = ctx.settings.shelters
    main = table[table["evacuating_share"] == rules.evacuating_shares[0]]
    definitions = tuple(shelters_ja(rules))
    title = f"{ctx.options.pref.name_ja} {rules.label_ja}"
    write_shelters(
        main,
        folder / "shelters.gpkg",
        about=replace(about, title=title, definitions=definitions),
    )


def _optional_tables(ctx: StageContext) -> dict[str, tuple[schema.Table, pd.DataFrame]]:
    """Return the tables that only some inputs give, where they have rows."""
    tables = {
        "population_years": (schema.POPULATION_YEARS, ctx.get("origins", "population_years")),
        "station_passengers": (
            schema.STATION_PASSENGERS,
            ctx.get("destinations", "station_passengers"),
        ),
    }
    return {name: (table, frame) for name, (table, frame) in tables.items() if len(frame)}


def _cells(ctx: StageContext, origins: pd.DataFrame, access: pd.DataFrame) -> gpd.GeoDataFrame:
    wide = cells_wide(
        origins,
        ctx.get("origins", "origin_areas"),
        access,
        ctx.get("vacuum", "transit"),
        ctx.settings.run.default_vacuum_preset,
    )
    for stage in ("measures", "medical", "shelters"):
        for name, values in ctx.get(stage, "cells").items():
            if name not in wide:  # of the same origins, in the same order
                wide[name] = values.array
    boxes = mesh.polygons(wide[schema.MESH_CODE].to_numpy(dtype=object))
    return gpd.GeoDataFrame(wide, geometry=boxes, crs=crs.JGD2011)


def about_of(ctx: StageContext) -> About:
    """Return what every file says about itself."""
    pref = ctx.options.pref
    figures = headline(ctx.get, ctx.settings, by_road=ctx.options.by_road)
    population = ctx.get("origins", "population")
    service = ctx.get("departures", "service")
    date = f"人口 {population['edition']}" if population["edition"] else ""
    if service["date"]:
        date += f"{'、' if date else ''}運行本数 {service['date']}"
    return About(
        title=f"{pref.name_ja} 生活サービスの到達圏",
        definitions=(),
        date=date,
        sources=tuple(
            " ".join(part for part in (n.attribution, n.edition, f"({n.licence})") if part)
            for n in attribution_notes(ctx)
        ),
        notes=tuple(warnings_ja(ctx, figures)),
        synthetic=pref.code == prefecture.DEMO,
    )


def _definition(preset: VacuumPreset) -> str:
    return (
        f"交通空白: 駅から{preset.rail_m:,.0f} m超かつバス停から{preset.bus_m:,.0f} m超のセル"
        + (f"（{preset.walkers}の歩く時間を平地の距離に換算）" if preset.walkers else "")
        + f"（{preset.name}: {preset.label_ja}。出典: {preset.source}）"
    )


def _write_rasters(ctx: StageContext, access: pd.DataFrame, folder: Path, about: About) -> None:
    """Write the distance on foot (or straight, without roads) to each service as a GeoTIFF."""
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    rows = access[(access[schema.MODE] == schema.WALK) & (access[schema.METRIC] == metric)]
    way, way_ja = ("walk", "徒歩の道のり") if ctx.options.by_road else ("straight", "直線距離")
    folder.mkdir(exist_ok=True)
    for service, one in rows.groupby(schema.SERVICE, sort=True):
        label = ctx.settings.services[str(service)].label_ja
        write_distance_tif(
            one[schema.MESH_CODE].to_numpy(dtype=object),
            one[schema.DISTANCE_M],
            folder / f"{service}_{way}_m.tif",
            description=f"{label}までの{way_ja} (m)",
            attribution=about.attribution,
        )


def _write_vacuum(ctx: StageContext, folder: Path, about: About) -> None:
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
