"""Destinations: the facilities of every service, each once, from the best source there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.from_osm import classify
from coverage_gis.facilities.passengers import passengers_by_station
from coverage_gis.facilities.select import select
from coverage_gis.population.extent import Bounds, margin_bounds
from coverage_gis.sources.choose import Choice, without_older
from coverage_gis.sources.facilities_ksj import read_p14, read_p20, read_p29, read_p30
from coverage_gis.sources.medical_p04 import read_p04
from coverage_gis.sources.mhlw import (
    read_mhlw_care,
    read_mhlw_departments,
    read_mhlw_medical,
)
from coverage_gis.sources.municipal import read_municipal
from coverage_gis.sources.municipal_editions import newest_lists
from coverage_gis.sources.passengers_s12 import read_passengers, read_s12
from coverage_gis.sources.result import REJECTED_COLUMNS
from coverage_gis.sources.shelters_gsi import read_gsi
from coverage_gis.sources.stations_n02 import read_n02
from coverage_gis.sources.stops_p11 import read_p11
from pipelines.stage import SourceUse, StageContext, StageResult, source_path, source_use

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coverage_gis.facilities.select import Selection
    from coverage_gis.sources.found import Found
    from coverage_gis.sources.result import ReadResult

N02, S12, OSM, GTFS, MUNICIPAL = "n02", "s12", "osm", "gtfs", "municipal"
MHLW, MHLW_HOURS = "mhlw-medical", "mhlw-hours"

_READERS: dict[str, Callable[..., ReadResult[pd.DataFrame]]] = {
    "gsi-shelter": read_gsi,
    "gsi-evacuation-site": read_gsi,
    MHLW: read_mhlw_medical,
    "mhlw-care": read_mhlw_care,
    MUNICIPAL: read_municipal,
    "p04": read_p04,
    "p11": read_p11,
    "p14": read_p14,
    "p20": read_p20,
    "p29": read_p29,
    "p30": read_p30,
    N02: read_n02,
    S12: read_s12,
}
READS = (*_READERS, MHLW_HOURS)
"""Kinds of files this stage reads."""


@dataclass
class _Read:
    """What all files gave."""

    by_source: dict[str, pd.DataFrame] = field(default_factory=dict)
    uses: list[SourceUse] = field(default_factory=list)
    rejected: list[pd.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    space: list[pd.DataFrame] = field(default_factory=list)


def run(ctx: StageContext) -> StageResult:
    """Read facilities, keep those near the prefecture, and choose the source of each service."""
    bounds = margin_bounds(ctx.get("origins", "origins"), ctx.settings.run.margin_m)
    read = _read_all(ctx, bounds)
    if "osm" in ctx.records:
        read.by_source[OSM] = classify(ctx.get("osm", "pois"), ctx.settings.services)
    stops = _within(ctx.get("departures", "stops"), bounds)
    if len(stops):
        read.by_source[GTFS] = stops
    chosen = select(read.by_source, ctx.settings)
    table = schema.DESTINATIONS.conform(chosen.destinations)
    by_service = {str(k): int(v) for k, v in table[schema.SERVICE].value_counts().items()}
    return StageResult(
        artifacts={
            "destinations": table,
            "selection": {
                "used": {s: list(k) for s, k in chosen.used.items()},
                "missing": sorted(chosen.missing),
                "departments": {s: list(n) for s, n in chosen.departments.items()},
            },
            "rejected": _rejected(read.rejected),
            "space": _space(read.space),
            "station_passengers": _passengers(ctx, read, table, bounds),
        },
        counts={
            "headline": ", ".join(f"{by_service[s]:,} {s}" for s in sorted(by_service)),
            "by_service": by_service,
            "joined": dict(chosen.joined),
            "confirmed": {f"{k[0]} {k[1]}": n for k, n in chosen.confirmed.items()},
            "not_used": {f"{k[0]} {k[1]}": n for k, n in chosen.ignored.items()},
            "rejected": sum(map(len, read.rejected)),
        },
        sources=read.uses,
        notes=[*read.notes, *_notes(chosen), *_rejected_note(read.rejected)],
    )


def _read_all(ctx: StageContext, bounds: Bounds) -> _Read:
    """Read every file of the newest edition with the reader of its kind."""
    out = _Read()
    for kind in sorted({f.kind for f in ctx.found} & set(_READERS)):
        choice = _choose(kind, ctx.of_kind(kind))
        out.notes += [choice.aside] if choice.aside else []
        frames = []
        for file in choice.found:
            result = _READERS[kind](file, bounds=bounds)
            out.uses.append(source_use(file, ctx.options.raw, result))
            frames.append(result.table)
            if result.space is not None:
                about = {"source": kind, "edition": file.edition}
                out.space.append(result.space.assign(**about))
            if result.rejected is not None and len(result.rejected):
                name = source_path(file, ctx.options.raw)
                out.rejected.append(_with_path(result.rejected, file, name))
        rows = pd.concat(frames, ignore_index=True)
        # The same row in a prefecture's file and the country's, or in two downloads.
        out.by_source[kind] = rows.drop_duplicates([schema.DESTINATION_ID, schema.SERVICE])
    if MHLW in out.by_source and ctx.of_kind(MHLW_HOURS):
        out.by_source[MHLW] = _with_departments(ctx, out)
    return out


def _with_departments(ctx: StageContext, read: _Read) -> pd.DataFrame:
    """Return the ministry's institutions with what its file of hours says of departments."""
    choice = without_older(ctx.of_kind(MHLW_HOURS))
    read.notes += [choice.aside] if choice.aside else []
    told = pd.Series(dtype="str")
    for file in choice.found:
        result = read_mhlw_departments(file)
        read.uses.append(source_use(file, ctx.options.raw, result))
        told = pd.concat([told, result.table.set_index(schema.DESTINATION_ID)[schema.DEPARTMENTS]])
    rows = read.by_source[MHLW]
    known = rows[schema.DESTINATION_ID].map(told[~told.index.duplicated()])
    return schema.DESTINATIONS.conform(rows.assign(**{schema.DEPARTMENTS: known}))


def _choose(kind: str, found: Sequence[Found]) -> Choice:
    return newest_lists(found) if kind == MUNICIPAL else without_older(found)


def _with_path(rejected: pd.DataFrame, file: Found, path: str) -> pd.DataFrame:
    """Name the file as below the raw folder, and the sheet after it."""
    sheet = rejected["file"].str.removeprefix(file.label)
    return rejected.assign(file=path + sheet)


def _rejected(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in REJECTED_COLUMNS})
    return pd.concat(frames).sort_values(["file", "row"], ignore_index=True)


def _space(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return capacities and floor areas of shelters, each id once."""
    dtypes = {"source_id": "str", "capacity": "float64", "area_m2": "float64"}
    dtypes |= {"source": "str", "edition": "str"}
    empty = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})
    if not frames:
        return empty
    return pd.concat(frames).drop_duplicates("source_id", ignore_index=True).astype(dtypes)


def _rejected_note(frames: Sequence[pd.DataFrame]) -> list[str]:
    rows = sum(map(len, frames))
    if not rows:
        return []
    return [f"{rows:,} rows of facilities could not be placed; rejected.csv lists them."]


def _passengers(
    ctx: StageContext, read: _Read, table: pd.DataFrame, bounds: Bounds
) -> pd.DataFrame:
    """Return passengers a day of the run's stations, where S12 is there."""
    if S12 not in read.by_source:
        return schema.STATION_PASSENGERS.empty()
    files = without_older(ctx.of_kind(S12)).found
    counts = pd.concat([read_passengers(f, bounds).table for f in files], ignore_index=True)
    return passengers_by_station(
        counts.drop_duplicates(["station_group", schema.YEAR]),
        read.by_source[S12],
        table[table[schema.SERVICE] == "station"],
    )


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
    notes += [
        f"{service}: the departments of {unknown:,} of {known + unknown:,} institutions are not "
        "known; " + ("figures count those that are known." if known else "it is left out.")
        for service, (known, unknown) in chosen.departments.items()
        if unknown
    ]
    notes += [
        f"{service}: none of the {known:,} institutions whose departments are known has it; it "
        "is left out."
        for service, (known, _) in chosen.departments.items()
        if known and service in chosen.missing
    ]
    partial = sorted(s for s, sources in chosen.used.items() if sources == (MUNICIPAL,))
    if partial:
        notes.append(
            f"{', '.join(partial)}: from municipalities' own lists alone, which say nothing of "
            "municipalities without one."
        )
    return notes
