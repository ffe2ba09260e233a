"""Vacuum: 交通空白 classes of all cells by every definition, and the areas of the default one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.wide import largest_share
from coverage_gis.vacuum.classes import class_shares, point_classes, transit_rows
from coverage_gis.vacuum.nearest import nearest_service
from coverage_gis.vacuum.polygons import vacuum_areas
from pipelines.stage import StageContext, StageResult
from pipelines.stages.access import load_places, load_reaches

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_gis.access.reach import Reach

STATION, BUS_STOP = "station", "bus_stop"


def run(ctx: StageContext) -> StageResult:
    """Class every cell, dissolve the vacuum, and count who lives there."""
    origins = ctx.get("origins", "origins")
    people = origins[schema.POPULATION].to_numpy(dtype=np.float64)
    totals = {"population": float(people.sum())}
    absent = [
        label
        for service, label in ((STATION, "railway stations"), (BUS_STOP, "bus stops"))
        if service in ctx.get("destinations", "selection")["missing"]
    ]
    if absent:
        return StageResult(
            artifacts={"transit": schema.TRANSIT.empty()},
            totals=totals,
            counts={"headline": f"left out: no {' and no '.join(absent)} in the data"},
            notes=[_left_out(absent, ctx)],
        )
    places = load_places(ctx.get("access", "places"))
    reaches = load_reaches(ctx.get("access", "reach"), ctx.settings)
    snaps = ctx.get("access", "snap")
    has_road = (
        ~np.isnan(places.centres(snaps[schema.WALK]))
        if schema.WALK in snaps
        else np.ones(places.n_cells, dtype=bool)
    )
    metrics = [schema.ROAD, schema.STRAIGHT] if ctx.options.by_road else [schema.STRAIGHT]
    frames = []
    for preset in ctx.settings.vacuum_presets.values():
        for metric in metrics:
            classes = point_classes(
                places.inside(reaches[STATION, schema.WALK, metric].distance_m),
                places.inside(reaches[BUS_STOP, schema.WALK, metric].distance_m),
                preset,
            )
            shares = class_shares(classes)
            frames.append(
                transit_rows(origins, shares, has_road, preset=preset.name, metric=metric)
            )
    transit = schema.TRANSIT.conform(pd.concat(frames, ignore_index=True))
    people_by_class = _people_by_class(transit, people)
    areas = {
        f"areas_{metric}": _areas(ctx, origins, transit, reaches, metric) for metric in metrics
    }
    default = ctx.settings.run.default_vacuum_preset
    main = people_by_class[default][metrics[0]]
    return StageResult(
        artifacts={"transit": transit, "people_by_class": people_by_class, **areas},
        totals=totals,
        counts={
            "headline": f"{main['by_cell'][schema.VACUUM]:,.0f} people in 交通空白 ({default}, "
            f"{metrics[0]}), {len(areas[f'areas_{metrics[0]}']):,} areas",
            "people_by_class": people_by_class,
        },
    )


def _left_out(absent: list[str], ctx: StageContext) -> str:
    return (
        f"交通空白 is left out: no {' and no '.join(absent)} were found (put N02 stations, and "
        f"GTFS feeds or P11 bus stops, into {ctx.options.raw})."
    )


def _people_by_class(transit: pd.DataFrame, people: NDArray[np.float64]) -> dict[str, Any]:
    """Return preset -> metric -> people by class, by whole cells and by shares of cells."""
    out: dict[str, Any] = {}
    for (preset, metric), rows in transit.groupby([schema.PRESET, schema.METRIC], sort=False):
        label = rows[schema.TRANSIT_CLASS].to_numpy()
        names = (*schema.TRANSIT_CLASSES, schema.NO_ROAD)
        share = rows[list(schema.CLASS_SHARES)].to_numpy()
        by_share = np.nansum(share * people[:, None], axis=0)
        out.setdefault(str(preset), {})[str(metric)] = {
            "by_cell": {name: float(people[label == name].sum()) for name in names},
            "by_share": dict(
                zip(schema.TRANSIT_CLASSES, (float(v) for v in by_share), strict=True)
            ),
        }
    return out


def _areas(
    ctx: StageContext,
    origins: pd.DataFrame,
    transit: pd.DataFrame,
    reaches: dict[tuple[str, str, str], Reach],
    metric: str,
) -> gpd.GeoDataFrame:
    """Dissolve the vacuum cells of the default preset by one metric."""
    preset = ctx.settings.run.default_vacuum_preset
    rows = transit[(transit[schema.PRESET] == preset) & (transit[schema.METRIC] == metric)]
    in_vacuum = rows[schema.TRANSIT_CLASS].to_numpy() == schema.VACUUM
    destinations = ctx.get("destinations", "destinations")
    trips = ctx.get("departures", "departures")
    municipalities = ctx.get("origins", "municipalities")
    name_of = dict(zip(municipalities[schema.MUNI_CODE], municipalities[schema.NAME], strict=True))
    muni = largest_share(origins, ctx.get("origins", "origin_areas"))
    n = len(origins)
    stop = nearest_service(reaches[BUS_STOP, schema.WALK, metric], n, destinations, trips)
    station = nearest_service(reaches[STATION, schema.WALK, metric], n, destinations, trips)
    cells = origins[[schema.MESH_CODE, *schema.AGE_GROUPS.values()]].copy()
    cells[schema.MUNI_CODE] = muni
    cells["muni_name"] = [name_of.get(code, ctx.options.pref.name_ja) for code in muni]
    cells["nearest_stop_name"] = stop.name
    cells["nearest_stop_m"] = stop.distance_m
    cells["nearest_stop_trips"] = stop.trips_per_day
    cells["nearest_station_name"] = station.name
    cells["nearest_station_m"] = station.distance_m
    areas = vacuum_areas(cells[in_vacuum].reset_index(drop=True), ctx.options.pref.code)
    return areas.assign(**{schema.PRESET: preset, schema.METRIC: metric})
