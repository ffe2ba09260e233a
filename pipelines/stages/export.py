"""Export: the tables, GeoPackages, shapefiles and rasters that users open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from coverage_gis import crs, schema
from coverage_gis.access.wide import cells_wide
from coverage_gis.codes import mesh, prefecture
from coverage_gis.export.about import About
from coverage_gis.export.cells import write_cells
from coverage_gis.export.csv import write_csv
from coverage_gis.export.parquet import write_table
from coverage_gis.export.raster import write_distance_tif
from coverage_gis.export.vacuum import write_vacuum
from pipelines.figures import headline
from pipelines.stage import StageContext, StageResult
from pipelines.words import attribution_notes, warnings_ja

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from coverage_gis.settings import VacuumPreset


def run(ctx: StageContext) -> StageResult:
    """Write every table of the run into its formats."""
    origins = ctx.get("origins", "origins")
    access = ctx.get("access", "access")
    cells = _cells(ctx, origins, access)
    about = _about(ctx)

    def write(folder: Path) -> None:
        services = {s.name: s.label_ja for s in ctx.settings.services.values()}
        write_cells(cells, folder, about=about, services=services)
        tables = {
            "access": (schema.ACCESS, access),
            "covered": (schema.COVERED, ctx.get("coverage", "covered")),
            "transit": (schema.TRANSIT, ctx.get("vacuum", "transit")),
            "destinations": (schema.DESTINATIONS, ctx.get("destinations", "destinations")),
            "departures": (schema.DEPARTURES, ctx.get("departures", "departures")),
            "origin_areas": (schema.ORIGIN_AREAS, ctx.get("origins", "origin_areas")),
        }
        for name, (table, frame) in tables.items():
            path = folder / f"{name}.parquet"
            write_table(frame, path, about.metadata(), columns=table.columns)
        write_csv(ctx.get("coverage", "coverage"), folder / "coverage.csv")
        _write_rasters(ctx, access, folder / "raster", about)
        _write_vacuum(ctx, folder / "vacuum")

    return StageResult(
        totals={"population": float(cells[schema.POPULATION].sum())},
        counts={"headline": f"{len(cells):,} cells, {len(cells.columns)} columns"},
        write=write,
    )


def _cells(ctx: StageContext, origins: pd.DataFrame, access: pd.DataFrame) -> gpd.GeoDataFrame:
    wide = cells_wide(
        origins,
        ctx.get("origins", "origin_areas"),
        access,
        ctx.get("vacuum", "transit"),
        ctx.settings.run.default_vacuum_preset,
    )
    boxes = mesh.polygons(wide[schema.MESH_CODE].to_numpy(dtype=object))
    return gpd.GeoDataFrame(wide, geometry=boxes, crs=crs.JGD2011)


def _about(ctx: StageContext, preset: VacuumPreset | None = None, title: str = "") -> About:
    """Return what every file says about itself."""
    pref = ctx.options.pref
    figures = headline(ctx.get, ctx.settings, by_road=ctx.options.by_road)
    population = ctx.get("origins", "population")
    service = ctx.get("departures", "service")
    definitions = (_definition(preset),) if preset else ()
    date = f"人口 {population['edition']}" if population["edition"] else ""
    if service["date"]:
        date += f"{'、' if date else ''}運行本数 {service['date']}"
    return About(
        title=title or f"{pref.name_ja} 生活サービスの到達圏",
        definitions=definitions,
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
        f"（{preset.name}: {preset.label_ja}。出典: {preset.source}）"
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


def _write_vacuum(ctx: StageContext, folder: Path) -> None:
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    try:
        areas = ctx.get("vacuum", f"areas_{metric}")
    except KeyError:  # left out for want of stations or stops
        return
    folder.mkdir(exist_ok=True)
    pref = ctx.options.pref
    preset = ctx.settings.vacuum_presets[ctx.settings.run.default_vacuum_preset]
    about = _about(ctx, preset, f"{pref.name_ja} 交通空白地域")
    write_vacuum(areas, folder, pref.code, about=about)
