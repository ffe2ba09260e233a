"""Export: the tables, GeoPackages, shapefiles and rasters that users open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd

from coverage_gis import crs, schema
from coverage_gis.access.wide import cells_wide
from coverage_gis.codes import mesh
from coverage_gis.export.cells import write_cells
from coverage_gis.export.csv import write_csv
from coverage_gis.export.labels import PER_1000
from coverage_gis.export.parquet import write_table
from coverage_gis.export.raster import write_distance_tif
from coverage_gis.export.shelters import write_shelters
from pipelines.about import about_of
from pipelines.medical_files import FOLDER, write_doctorless
from pipelines.stage import StageContext, StageResult
from pipelines.stages.catchments import column_of
from pipelines.words_shelters import shelters_ja

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from coverage_gis.export.about import About


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
    for stage in ("measures", "catchments", "medical", "shelters"):
        for name, values in ctx.get(stage, "cells").items():
            if name not in wide:  # of the same origins, in the same order
                wide[name] = values.array
    boxes = mesh.polygons(wide[schema.MESH_CODE].to_numpy(dtype=object))
    return gpd.GeoDataFrame(wide, geometry=boxes, crs=crs.JGD2011)


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
