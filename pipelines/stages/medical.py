"""Medical: candidate districts without a doctor (無医地区)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_gis import schema
from coverage_gis.access.straight import straight_reach
from coverage_gis.access.wide import largest_share
from coverage_gis.vacuum.doctorless import (
    DISTRICT_ID,
    ENOUGH,
    FEW,
    NO_TRANSPORT,
    UNKNOWN,
    doctorless_districts,
    reaches_beyond,
    transport_at,
)
from coverage_gis.vacuum.place_names import name_of_most
from coverage_gis.vacuum.polygons import people_columns
from coverage_gis.vacuum.supply import BUS_STOP, STATION
from pipelines.stage import StageContext, StageResult
from pipelines.stages.access import load_reaches
from pipelines.stages.vacuum import trips_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

SURVEY = "p11"
"""The data set that has all bus stops; timetables and OpenStreetMap have some."""


def run(ctx: StageContext) -> StageResult:
    """Look for districts without a doctor."""
    origins = ctx.get("origins", "origins")
    cells = origins[[schema.MESH_CODE, schema.PREF_CODE]].copy()
    notes: list[str] = []
    districts, fate = _doctorless(ctx, origins, notes)
    artifacts: dict[str, Any] = {"cells": cells}
    if fate is not None and districts is not None:
        cells["doctorless"] = fate.array
        artifacts["districts"] = districts
    found = 0 if districts is None else len(districts)
    return StageResult(
        artifacts=artifacts,
        totals={"population": float(origins[schema.POPULATION].sum())},
        counts={
            "headline": f"{found:,} candidate 無医地区",
            "doctorless": _district_counts(districts),
        },
        notes=notes,
    )


def _doctorless(
    ctx: StageContext, origins: pd.DataFrame, notes: list[str]
) -> tuple[gpd.GeoDataFrame | None, pd.Series | None]:
    """Return the candidate districts and what becomes of each cell; None without a register."""
    rules = ctx.settings.medical.doctorless
    sites = ctx.get("destinations", "destinations")
    members = np.flatnonzero(sites[schema.SERVICE].isin(list(rules.services)))
    used = ctx.get("destinations", "selection")["used"]
    unsure = [s for s in rules.services if not set(used.get(s, ())) & set(rules.registers)]
    if unsure:
        notes.append(
            f"{rules.label_en} are left out: no data set that lists every {' and '.join(unsure)} "
            f"({', '.join(rules.registers)}); without one nobody can say that there is none."
        )
        return None, None
    lon, lat = (origins[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    site_lon, site_lat = (sites[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    nearest = straight_reach(lon, lat, site_lon, site_lat, members)
    municipalities = ctx.get("origins", "municipalities")
    names = dict(zip(municipalities[schema.MUNI_CODE], municipalities[schema.NAME], strict=True))
    muni = largest_share(origins, ctx.get("origins", "origin_areas"))
    cells = origins[[schema.MESH_CODE, schema.LON, schema.LAT, *people_columns(origins)]].copy()
    cells[schema.MUNI_CODE] = muni
    cells["muni_name"] = [names.get(code, ctx.options.pref.name_ja) for code in muni]
    found, fate = doctorless_districts(
        cells,
        nearest.distance_m,
        radius_m=rules.radius_m,
        min_people=rules.min_people,
        pref_code=ctx.options.pref.code,
    )
    row_of = dict(zip(cells[schema.MESH_CODE], range(len(cells)), strict=True))
    head = np.array([row_of[c] for c in found["centre_mesh_code"]], dtype=np.int64)
    found["institution_name"] = sites[schema.NAME].to_numpy(dtype=object)[nearest.target[head]]
    found["institution_m"] = nearest.distance_m[head]
    found = _with_names(ctx, found, fate, cells[schema.POPULATION])
    found = _with_roads(ctx, found, head)
    found = _with_transport(ctx, found, sites)
    found["over_border"] = reaches_beyond(
        found[schema.LON].to_numpy(), found[schema.LAT].to_numpy(), municipalities, rules.radius_m
    )
    return found, fate


def _with_names(
    ctx: StageContext, found: gpd.GeoDataFrame, fate: pd.Series, people: pd.Series
) -> gpd.GeoDataFrame:
    """Add the settlement's name that most people of the district have, where names are known."""
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    try:
        names = ctx.get("vacuum", f"cells_{metric}")[schema.PLACE_NAME]
    except KeyError:  # left out for want of stations or stops
        return found
    mine = fate.isin(found[DISTRICT_ID]).to_numpy()
    place = name_of_most(names[mine], fate[mine], people[mine])
    return found.assign(**{schema.PLACE_NAME: found[DISTRICT_ID].map(place)})


def _with_roads(
    ctx: StageContext, found: gpd.GeoDataFrame, head: NDArray[np.int64]
) -> gpd.GeoDataFrame:
    """Add the way by car to the nearest institution, where roads are known."""
    services = ctx.settings.medical.doctorless.services
    arrays = ctx.get("access", "reach")
    mine = {name: a for name, a in arrays.items() if name.partition(".")[0] in services}
    reaches = load_reaches(mine, ctx.settings)
    ways = [
        reaches[s, schema.DRIVE, schema.ROAD]
        for s in services
        if (s, schema.DRIVE, schema.ROAD) in reaches
    ]
    if not ways:
        return found
    seconds = np.fmin.reduce([w.travel_time_s[head] for w in ways])
    return found.assign(institution_drive_min=seconds / 60)


def _with_transport(
    ctx: StageContext, found: gpd.GeoDataFrame, sites: pd.DataFrame
) -> gpd.GeoDataFrame:
    rules = ctx.settings.medical.doctorless
    mine = np.flatnonzero(sites[schema.SERVICE].isin([BUS_STOP, STATION]))
    transport = transport_at(
        found[schema.LON].to_numpy(dtype=np.float64),
        found[schema.LAT].to_numpy(dtype=np.float64),
        sites.iloc[mine],
        trips_of(ctx)[mine],
        within_m=rules.stop_m,
        few=rules.max_round_trips,
    )
    if SURVEY not in ctx.get("destinations", "selection")["used"].get(BUS_STOP, []):
        # without a survey of all bus stops nobody knows that there is no bus
        unknown = transport["transport"].isin([NO_TRANSPORT, FEW])
        transport.loc[unknown, "transport"] = UNKNOWN
    out = found.copy()
    for column in transport:
        out[column] = transport[column].to_numpy()
    return out


def _district_counts(found: gpd.GeoDataFrame | None) -> dict[str, Any]:
    """Return districts and people by what transport they have."""
    if found is None:
        return {}
    return {
        kind: {
            "districts": int((found["transport"] == kind).sum()),
            "people": float(found.loc[found["transport"] == kind, schema.POPULATION].sum()),
        }
        for kind in (NO_TRANSPORT, FEW, UNKNOWN, ENOUGH)
    }
