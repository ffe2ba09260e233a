"""Vacuum: 交通空白 classes of all cells by every definition, and the areas of the default one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.wide import largest_share
from coverage_gis.network.model import Network
from coverage_gis.sources.osmnx_graph import empty_pois
from coverage_gis.sources.small_areas import SMALL_AREA, read_small_areas
from coverage_gis.sources.zones import NO_ZONES, read_zones
from coverage_gis.vacuum.classes import QUALITY, TRANSIT, people_by_class, point_classes
from coverage_gis.vacuum.data_end import DATA_END, beside_no_road
from coverage_gis.vacuum.nearest import nearest_service
from coverage_gis.vacuum.place_names import cell_names
from coverage_gis.vacuum.polygons import (
    AREA_ID,
    people_columns,
    vacuum_areas,
    with_future_people,
)
from coverage_gis.vacuum.priority import with_priority
from coverage_gis.vacuum.situation import (
    Homes,
    Reaches,
    as_walked,
    classify,
    measure,
    near_without_road,
    served_m,
)
from coverage_gis.vacuum.supply import BUS_STOP, STATION, known_trips
from coverage_gis.vacuum.zones import people_in_zones, zone_points
from pipelines.stage import SourceUse, StageContext, StageResult, source_use
from pipelines.stages.access import load_places, load_reaches

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_gis.access.reach import Reach
    from coverage_gis.settings import VacuumPreset
    from coverage_gis.vacuum.supply import Level

ZONE = "zone"
_FUTURE_YEAR = 2050  # the year the policy looks to, beside the census
_FILES_OF = {"railway stations": "N02 stations", "bus stops": "GTFS feeds or P11 bus stops"}
_ON_DEMAND = schema.TRANSIT_CLASSES.index(schema.ON_DEMAND)
_NEAREST = (BUS_STOP, "stop"), (STATION, "station"), ("shop", "shop"), ("hospital", "hospital")


def run(ctx: StageContext) -> StageResult:
    """Class every cell, dissolve the vacuum, and count who lives there."""
    origins = ctx.get("origins", "origins")
    people = origins[schema.POPULATION].to_numpy(dtype=np.float64)
    totals = {"population": float(people.sum())}
    absent = absent_services(ctx)
    if absent:
        return StageResult(
            artifacts={
                "transit": schema.TRANSIT.empty(),
                "quality": schema.SERVICE_QUALITY.empty(),
            },
            totals=totals,
            counts={"headline": f"left out: no {' and no '.join(absent)} in the data"},
            notes=[_left_out(absent, ctx)],
        )
    zones, uses = zones_of(ctx)
    homes = homes_of(ctx, zones)
    names, named_by = _place_names(ctx, homes)
    uses += named_by
    trips = trips_of(ctx)
    reaches = measure(homes, ctx.get("destinations", "destinations"), trips, ctx.settings)
    transit, quality = classify(homes, reaches, ctx.settings)
    by_class = people_by_preset(transit, people)
    artifacts: dict[str, Any] = {}
    near = near_without_road(homes, ctx.get("destinations", "destinations"), trips, ctx.settings)
    codes = homes.origins[schema.MESH_CODE].to_numpy(dtype=object)
    at_end = near | beside_no_road(codes, homes.has_road)
    for metric in homes.metrics:
        cells = _cells(ctx, homes, reaches[metric], trips, metric)
        cells[schema.PLACE_NAME] = names.array
        if metric == schema.ROAD:  # a straight line to a stop needs no road
            cells[DATA_END] = pd.array(["yes" if end else None for end in at_end], dtype="str")
        cells = _with_classes(cells, transit, quality, _default(ctx), metric)
        areas, area_of = _areas(ctx, cells, metric)
        artifacts[f"areas_{metric}"] = areas
        artifacts[f"cells_{metric}"] = cells.assign(**{AREA_ID: area_of.reindex(cells.index)})
    main, default = homes.metrics[0], ctx.settings.run.default_vacuum_preset
    vacuum_people = by_class[default][main]["by_cell"][schema.VACUUM]
    if len(zones):
        artifacts["zones"] = _zones(homes, zones, reaches, ctx, people)
    quality_people = {
        str(metric): people_by_class(rows, people, QUALITY)
        for metric, rows in quality.groupby(schema.METRIC, sort=False)
    }
    return StageResult(
        artifacts={
            "transit": transit,
            "quality": quality,
            "people_by_class": by_class,
            "people_by_quality": quality_people,
            "stop_trips": {"trips": trips},
            **artifacts,
        },
        totals=totals,
        counts={
            "headline": f"{vacuum_people:,.0f} people in 交通空白 ({default}, {main}), "
            f"{len(artifacts[f'areas_{main}']):,} areas",
            "people_by_class": by_class,
            "people_by_quality": quality_people,
        },
        sources=uses,
        notes=[*_notes(trips, ctx), *_end_of_roads(near, artifacts)],
    )


def absent_services(ctx: StageContext) -> list[str]:
    """Return what the data lack without which nobody can say where the vacuum is."""
    return [
        label
        for service, label in ((STATION, "railway stations"), (BUS_STOP, "bus stops"))
        if service in ctx.get("destinations", "selection")["missing"]
    ]


def homes_of(ctx: StageContext, zones: gpd.GeoDataFrame) -> Homes:
    """Return where people live, from what earlier stages kept."""
    places = load_places(ctx.get("access", "places"))
    snaps = ctx.get("access", "snap")
    has_road = (
        ~np.isnan(places.centres(snaps[schema.WALK]))
        if schema.WALK in snaps
        else np.ones(places.n_cells, dtype=bool)
    )
    network = ctx.get("network", schema.WALK) if ctx.options.by_road else None
    inside = np.asarray(zone_points(places, zones).any(axis=0)) if len(zones) else None
    return Homes(
        ctx.get("origins", "origins"),
        places,
        has_road,
        Network.from_arrays(network) if network is not None else None,
        inside,
    )


def trips_of(ctx: StageContext) -> NDArray[np.float64]:
    """Return the trips per day of all destinations, NaN where unknown."""
    return known_trips(
        ctx.get("destinations", "destinations"),
        ctx.get("departures", "departures"),
        ctx.get("departures", "stops"),
        ctx.settings.service_quality.same_station_m,
    )


def zones_of(ctx: StageContext) -> tuple[gpd.GeoDataFrame, list[SourceUse]]:
    """Return the zones of demand-responsive transport, and the accounts of their files."""
    found = ctx.of_kind(ZONE)
    results = [read_zones(f) for f in found]
    uses = [source_use(f, ctx.options.raw, r) for f, r in zip(found, results, strict=True)]
    tables = [r.table for r in results if len(r.table)]
    return (pd.concat(tables, ignore_index=True) if tables else NO_ZONES.copy()), uses


def _place_names(ctx: StageContext, homes: Homes) -> tuple[pd.Series, list[SourceUse]]:
    """Return the name of each cell's place, and the accounts of the files with boundaries."""
    found = ctx.of_kind(SMALL_AREA)
    results = [read_small_areas(f) for f in found]
    uses = [source_use(f, ctx.options.raw, r) for f, r in zip(found, results, strict=True)]
    areas = pd.concat([r.table for r in results], ignore_index=True) if results else None
    settlements = ctx.get("osm", "settlements") if "osm" in ctx.records else empty_pois()
    muni = largest_share(homes.origins, ctx.get("origins", "origin_areas"))
    lon, lat = (homes.places.centres(v) for v in (homes.places.lon, homes.places.lat))
    cells = pd.DataFrame({schema.LON: lon, schema.LAT: lat, schema.MUNI_CODE: muni})
    return cell_names(cells, settlements, areas, ctx.settings.place_names.within_m), uses


def _left_out(absent: list[str], ctx: StageContext) -> str:
    wanted = ", and ".join(_FILES_OF.get(what, what) for what in absent)
    return (
        f"交通空白 is left out: no {' and no '.join(absent)} were found (put {wanted} into "
        f"{ctx.options.raw})."
    )


def _notes(trips: NDArray[np.float64], ctx: StageContext) -> list[str]:
    service = ctx.get("destinations", "destinations")[schema.SERVICE].to_numpy()
    out = []
    for name, label, key in (
        (BUS_STOP, "bus stops", "min_trips_per_day"),
        (STATION, "railway stations", "min_rail_trips_per_day"),
    ):
        mine = trips[service == name]
        unknown, idle = int(np.isnan(mine).sum()), int((mine == 0).sum())
        if unknown:
            out.append(
                f"{unknown:,} of {len(mine):,} {label} have no timetable for the service date: "
                f"they count as served, but where a definition gives {key} as 不明 (unknown)."
            )
        if idle:
            out.append(
                f"{idle:,} of {len(mine):,} {label} have no trip on the service date and serve "
                "nobody under any definition of 交通空白 (coverage rates count them as stops)."
            )
    return out


def _end_of_roads(near: NDArray[np.bool_], artifacts: dict[str, Any]) -> list[str]:
    """Say how many people seem to be in the vacuum only because the road data end."""
    if not near.any():
        return []
    cells = artifacts[f"cells_{schema.ROAD}"]
    mine = near & (cells[schema.TRANSIT_CLASS] == schema.VACUUM).to_numpy()
    people = float(cells.loc[mine, schema.POPULATION].sum())
    if not people:
        return []
    sentence = (
        f"{people:,.0f} of the people in 交通空白 by road live near (straight line) a stop or "
        "station to which the data have no road, as where an extract ends: read them with care."
    )
    return [sentence]


def people_by_preset(transit: pd.DataFrame, people: NDArray[np.float64]) -> dict[str, Any]:
    """Return preset -> metric -> people by class, by whole cells and by shares of cells."""
    out: dict[str, Any] = {}
    for (preset, metric), rows in transit.groupby([schema.PRESET, schema.METRIC], sort=False):
        counts = people_by_class(rows, people, TRANSIT)
        out.setdefault(str(preset), {})[str(metric)] = counts
    return out


def _cells(
    ctx: StageContext,
    homes: Homes,
    found: dict[Level, Reach],
    trips: NDArray[np.float64],
    metric: str,
) -> pd.DataFrame:
    """Return all cells with their people, municipality and what is nearest by one metric."""
    origins = homes.origins
    cells = origins[[schema.MESH_CODE, schema.PREF_CODE, *people_columns(origins)]].copy()
    cells = with_future_people(cells, ctx.get("origins", "population_years"), _FUTURE_YEAR)
    municipalities = ctx.get("origins", "municipalities")
    name_of = dict(zip(municipalities[schema.MUNI_CODE], municipalities[schema.NAME], strict=True))
    muni = largest_share(origins, ctx.get("origins", "origin_areas"))
    cells[schema.MUNI_CODE] = muni
    cells["muni_name"] = [name_of.get(code, ctx.options.pref.name_ja) for code in muni]
    cells["served_m"] = served_m(found, _default(ctx), homes.places)
    destinations = ctx.get("destinations", "destinations")
    by_service = load_reaches(ctx.get("access", "reach"), ctx.settings)
    for service, label in _NEAREST:
        reach = by_service.get((service, schema.WALK, metric))
        if reach is not None:
            nearest = nearest_service(reach, len(origins), destinations, trips)
            cells[f"nearest_{label}_name"] = nearest.name
            cells[f"nearest_{label}_m"] = nearest.distance_m
            if service in {BUS_STOP, STATION}:
                cells[f"nearest_{label}_trips"] = nearest.trips_per_day
    return cells


def _with_classes(
    cells: pd.DataFrame,
    transit: pd.DataFrame,
    quality: pd.DataFrame,
    preset: VacuumPreset,
    metric: str,
) -> pd.DataFrame:
    mine = (transit[schema.PRESET] == preset.name) & (transit[schema.METRIC] == metric)
    classes = transit.loc[mine, schema.TRANSIT_CLASS].to_numpy()
    letters = quality.loc[quality[schema.METRIC] == metric, schema.QUALITY].to_numpy()
    out = cells.assign(**{schema.TRANSIT_CLASS: classes, schema.QUALITY: letters})
    return out.assign(**{schema.PRESET: preset.name, schema.METRIC: metric})


def _areas(
    ctx: StageContext, cells: pd.DataFrame, metric: str
) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Dissolve the vacuum cells; return the areas, and the area of each of those cells."""
    vacuum = cells[cells[schema.TRANSIT_CLASS] == schema.VACUUM]
    areas, area_of = vacuum_areas(vacuum, ctx.options.pref.code)
    areas = with_priority(areas, ctx.settings.priority)
    constants = {schema.PRESET: _default(ctx).name, schema.METRIC: metric}
    return areas.assign(**constants), area_of


def _zones(
    homes: Homes,
    zones: gpd.GeoDataFrame,
    reaches: Reaches,
    ctx: StageContext,
    people: NDArray[np.float64],
) -> gpd.GeoDataFrame:
    """Return the zones with who lives in them, and who has nothing else there."""
    places, inside = homes.places, zone_points(homes.places, zones)
    everywhere = np.ones(inside.shape[1:], dtype=bool)
    out = zones.assign(population=people_in_zones(inside, everywhere, people))
    for metric, found in reaches.items():
        distance_m = as_walked(found, _default(ctx), ctx.settings.network.walk, places)
        classes = point_classes(distance_m, _default(ctx), homes.in_zone)
        only = (classes == _ON_DEMAND) & homes.has_road[:, None]
        out[f"population_only_{metric}"] = people_in_zones(inside, only, people)
    return out


def _default(ctx: StageContext) -> VacuumPreset:
    return ctx.settings.vacuum_presets[ctx.settings.run.default_vacuum_preset]
