"""Destinations: the facilities of every service, each once, from the best source there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.from_osm import classify
from coverage_gis.facilities.select import select
from coverage_gis.population.extent import Bounds, margin_bounds
from coverage_gis.sources.medical_p04 import read_p04
from coverage_gis.sources.shelters_gsi import read_gsi
from coverage_gis.sources.stations_n02 import read_n02
from coverage_gis.sources.stops_p11 import read_p11
from pipelines.stage import SourceUse, StageContext, StageResult, source_use

if TYPE_CHECKING:
    from coverage_gis.facilities.select import Selection
    from coverage_gis.sources.inventory import Found
    from coverage_gis.sources.result import ReadResult

GSI_SHELTER, GSI_SITE, P04, N02, P11, OSM, GTFS = (
    "gsi-shelter",
    "gsi-evacuation-site",
    "p04",
    "n02",
    "p11",
    "osm",
    "gtfs",
)


def _read(found: Found, bounds: Bounds) -> ReadResult[pd.DataFrame]:
    """Read one file with the reader of its kind."""
    if found.kind == N02:
        return read_n02(found, bounds)
    readers = {GSI_SHELTER: read_gsi, GSI_SITE: read_gsi, P04: read_p04, P11: read_p11}
    return readers[found.kind](found, bounds=bounds)


def run(ctx: StageContext) -> StageResult:
    """Read facilities, keep those near the prefecture, and choose the source of each service."""
    bounds = margin_bounds(ctx.get("origins", "origins"), ctx.settings.run.margin_m)
    by_source: dict[str, pd.DataFrame] = {}
    uses: list[SourceUse] = []
    for kind in sorted({f.kind for f in ctx.found}):
        frames = []
        for file in _newest(ctx.of_kind(kind)):
            result = _read(file, bounds)
            uses.append(source_use(file, ctx.options.raw, result))
            frames.append(result.table)
        by_source[kind] = pd.concat(frames, ignore_index=True)
    if "osm" in ctx.records:
        by_source[OSM] = classify(ctx.get("osm", "pois"), ctx.settings.services)
    stops = _within(ctx.get("departures", "stops"), bounds)
    if len(stops):
        by_source[GTFS] = stops
    chosen = select(by_source, ctx.settings)
    table = schema.DESTINATIONS.conform(chosen.destinations)
    by_service = {str(k): int(v) for k, v in table[schema.SERVICE].value_counts().items()}
    return StageResult(
        artifacts={
            "destinations": table,
            "selection": {
                "used": {s: list(k) for s, k in chosen.used.items()},
                "missing": sorted(chosen.missing),
            },
        },
        counts={
            "headline": ", ".join(f"{by_service[s]:,} {s}" for s in sorted(by_service)),
            "by_service": by_service,
            "joined": dict(chosen.joined),
            "not_used": {f"{k[0]} {k[1]}": n for k, n in chosen.ignored.items()},
        },
        sources=uses,
        notes=_notes(chosen),
    )


def _newest(found: list[Found]) -> list[Found]:
    """Return the files of the newest edition: an older one lying beside it is not added to it."""
    newest = max((f.edition for f in found), default="")
    return [f for f in found if f.edition == newest]


def _within(table: pd.DataFrame, bounds: tuple[float, float, float, float]) -> pd.DataFrame:
    west, south, east, north = bounds
    lon, lat = table[schema.LON].to_numpy(), table[schema.LAT].to_numpy()
    near = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return table[np.asarray(near, dtype=bool)].reset_index(drop=True)


def _notes(chosen: Selection) -> list[str]:
    notes = [
        f"{count:,} {service} of {source} are not used: another data set comes first, or no "
        "service of the settings asks for them."
        for (source, service), count in chosen.ignored.items()
    ]
    notes += [
        f"{count:,} {service} rows are a place that another data set has too, and count once."
        for service, count in chosen.joined.items()
        if count
    ]
    return notes
