"""``explain``: for one cell, which facility, by which way, and which file and row it came from."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.road import facilities_on
from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.facilities.merge import SEPARATOR
from coverage_gis.network.footholds import footholds
from coverage_gis.network.model import Network
from coverage_gis.routing.path import Path as Way
from coverage_gis.routing.path import shortest_path
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.provenance import Row, find_feature, find_stop, find_text
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.store import artifacts
from coverage_gis.store.atomic import write_text
from pipelines.console import Console
from pipelines.publication import RUN_RECORD
from pipelines.runner import WORK
from pipelines.stages.access import load_places
from pipelines.verify_run import read_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from coverage_gis.access.places import Places
    from coverage_gis.network.footholds import Footholds
    from coverage_gis.settings import Settings
    from coverage_gis.sources.found import Found
    from pipelines.stage import Options

FOLDER = "explain"
"""Folder in a prefecture's results where the ways are put."""
_SAME = 1e-6
_OSM = {"n": "node", "w": "way", "r": "relation"}
_POPULATION = ("estat-mesh", "mesh-csv")


@dataclass(frozen=True)
class Question:
    """What is to be explained."""

    mesh_code: str
    service: str


def run_explain(options: Options, question: Question) -> int:
    """Print how a cell's figures came about, and write its ways as GeoJSON.

    Parameters
    ----------
    options
        Of the run that made the results.
    question
        The cell and the service.

    Raises
    ------
    CoverageGisError
        If there is no finished run, or it has no such cell or service.
    """
    console = Console()
    if not (options.out_dir / RUN_RECORD).is_file():
        raise MissingInputError(
            f"No finished run of {options.pref.name_ja} is in {options.out}: name the results "
            f"folder that the run was given with --out (it holds {options.pref.code}/{RUN_RECORD})."
        )
    read_record(options.out_dir)
    settings = load_settings(options.settings_file)
    results = _Results(options.out_dir / WORK, settings)
    origin = results.origin(question.mesh_code)
    found = scan_report(options.raw, options.pref.code).found if options.raw.is_dir() else ()
    if not found:
        console.tell(
            f"The input files are not in {options.raw}: file and row are left out; name their "
            "folder with --raw."
        )
    console.tell(
        f"{question.mesh_code}: {origin[schema.POPULATION]:,.2f} people"
        + (f", from {_listed(_population_rows(found, question.mesh_code))}" if found else "")
    )
    rows = results.rows(question)
    for _, row in rows.iterrows():
        for line in _told(row, results, found):
            console.tell(line)
    collection = {
        "type": "FeatureCollection",
        "features": [f for _, row in rows.iterrows() for f in results.features(row, origin.name)],
    }
    path = options.out_dir / FOLDER / f"{question.mesh_code}_{question.service}.geojson"
    write_text(path, json.dumps(collection, ensure_ascii=False, indent=1) + "\n")
    console.tell(f"  ways: {path}")
    return 0


class _Results:
    """What the stages of a finished run handed on."""

    def __init__(self, work: Path, settings: Settings) -> None:
        self._work = work
        self._settings = settings
        self.origins: pd.DataFrame = self._get("origins", "origins")
        self.destinations: pd.DataFrame = self._get("destinations", "destinations")

    def origin(self, mesh_code: str) -> pd.Series:
        """Return a cell; its name is its number."""
        rows = self.origins[self.origins[schema.MESH_CODE] == mesh_code].reset_index()
        if rows.empty:
            raise InputError(
                f"No cell {mesh_code} has people in this run; cells.parquet lists those that have."
            )
        row = rows.iloc[0]
        row.name = int(row["index"])
        return row

    def rows(self, question: Question) -> pd.DataFrame:
        """Return the rows of the access table for a cell and a service, or a group's members."""
        access: pd.DataFrame = self._get("access", "access")
        mine = access[access[schema.MESH_CODE] == question.mesh_code]
        known = sorted(mine[schema.SERVICE].unique())
        mine = mine[mine[schema.SERVICE] == question.service]
        if mine.empty:
            raise InputError(
                f"This run has no service '{question.service}'; it has {', '.join(known)}."
            )
        return mine

    def destination(self, row: pd.Series) -> pd.Series | None:
        """Return the facility that a row of the access table names, or None."""
        ids = self.destinations[schema.DESTINATION_ID]
        rows = self.destinations[ids == row[schema.DESTINATION_ID]]
        return None if rows.empty else rows.iloc[0]

    def features(self, row: pd.Series, cell: Any) -> Iterator[dict[str, Any]]:
        """Yield the way of one row of the access table as a GeoJSON feature."""
        target = self.destination(row)
        if target is None:
            return
        places = load_places(self._get("access", "places"))
        home = (float(places.lon[cell]), float(places.lat[cell]))
        there = (float(target[schema.LON]), float(target[schema.LAT]))
        line: list[tuple[float, float]] = [home, there]
        ways: tuple[int, ...] = ()
        if row[schema.METRIC] == schema.ROAD:
            way = self._way(row, places, int(cell), target)
            line = [home, *zip(way.lon.tolist(), way.lat.tolist(), strict=True), there]
            ways = way.way_id
        yield {
            "type": "Feature",
            "properties": {
                **{
                    name: None if pd.isna(row[name]) else row[name]
                    for name in (
                        schema.SERVICE, schema.MODE, schema.METRIC, schema.RANK,
                        schema.DESTINATION_ID, schema.DISTANCE_M, schema.TRAVEL_TIME_S,
                        schema.SNAP_M, schema.STATUS,
                    )
                },
                schema.NAME: target[schema.NAME],
                "osm_ways": list(ways),
            },
            "geometry": {"type": "LineString", "coordinates": line},
        }  # fmt: skip

    def _way(self, row: pd.Series, places: Places, cell: int, target: pd.Series) -> Way:
        """Return the way, which must be as long as the run said."""
        network = Network.from_arrays(self._get("network", row[schema.MODE]))
        rules = self._settings.network
        at = np.array([cell])
        limit = places.half_diagonal_m[at] + rules.snap_beyond_half_diagonal_m
        homes = footholds(network, places.lon[at], places.lat[at], limit, rules.gaps)
        there = facilities_on(network, pd.DataFrame([target]), rules)
        ways = [
            way
            for home in _feet(homes)
            for shop in _feet(there)
            if (way := shortest_path(network, home, shop)) is not None
        ]
        by_time = row[schema.MODE] != schema.WALK
        best = min(ways, key=lambda w: w.travel_time_s if by_time else w.distance_m, default=None)
        if best is None or abs(best.distance_m - row[schema.DISTANCE_M]) > _SAME * best.distance_m:
            raise InputError(
                "The settings given now are not those of the run: its way cannot be found again. "
                "Name the same SETTINGS, or run again."
            )
        return best

    def _get(self, stage: str, name: str) -> Any:
        try:
            return artifacts.load(self._work / stage, name)
        except KeyError:
            raise MissingInputError(
                f"{self._work / stage} has no {name}: run the prefecture again."
            ) from None


def _feet(at: Footholds) -> list[Any]:
    return [at.all.take(np.array([i])) for i in range(len(at.all))]


def _told(row: pd.Series, results: _Results, found: Sequence[Found]) -> Iterator[str]:
    """Yield the sentences on one row of the access table."""
    how = f"{row[schema.MODE]}, {row[schema.METRIC]}"
    if row[schema.RANK] != 1:
        how += f", number {row[schema.RANK]}"
    target = results.destination(row)
    if target is None:
        yield f"  {how}: {row[schema.STATUS]}"
        return
    time = row[schema.TRAVEL_TIME_S]
    yield (
        f"  {how}: {target[schema.NAME] or 'no name'} ({row[schema.DESTINATION_ID]}), "
        f"{row[schema.DISTANCE_M]:,.1f} m"
        + ("" if pd.isna(time) else f", {time / 60:,.1f} min")
        + ("" if pd.isna(row[schema.SNAP_M]) else f", {row[schema.SNAP_M]:,.1f} m to the road")
        + f" [{row[schema.STATUS]}]"
    )
    for source_id in str(target[schema.SOURCE_IDS]).split(SEPARATOR):
        rows = f": {_listed(_facility_rows(found, source_id, target))}" if found else ""
        yield f"    {source_id}{rows}"


def _population_rows(found: Sequence[Found], mesh_code: str) -> list[Row]:
    """Return the rows of a cell: where they are, not the fifty census columns without heads."""
    rows = [r for f in found if f.kind in _POPULATION for r in find_text(f, mesh_code)]
    own = [replace(r, text=mesh_code) for r in rows if r.text.startswith(mesh_code)]
    # e-Stat publishes the ages of small cells with those of a neighbour, which names them.
    merged = f"names {mesh_code} (ages published together, HTKSAKI and GASSAN)"
    return own + [replace(r, text=merged) for r in rows if not r.text.startswith(mesh_code)]


def _facility_rows(found: Sequence[Found], source_id: str, target: pd.Series) -> list[Row]:
    """Return where a source's id comes from; ids are ``source:own id``."""
    kind, _, own = source_id.partition(":")
    if kind == "osm" and own[:1] in _OSM:
        files = ", ".join(f.label for f in found if f.kind == "osm")
        return [Row(files, 0, f"{_OSM[own[0]]} {own[1:]}")]
    rows: list[Row] = []
    for f in (f for f in found if f.kind.startswith(kind) or f.kind == "municipal"):
        if f.kind == "gtfs":
            feed, _, stop = own.partition(":")
            rows += find_stop(f, stop) if feed in f.label else []
            continue
        lon, lat = float(target[schema.LON]), float(target[schema.LAT])
        rows += find_text(f, own) or find_text(f, str(target[schema.NAME]))
        rows += find_feature(f, str(target[schema.NAME]), lon, lat)
    return rows


def _listed(rows: list[Row]) -> str:
    if not rows:
        return "a file whose rows have no ids of their own (see the sources in run.json)"
    return "; ".join(
        f"{r.file}, row {r.row}: {r.text}" if r.row else f"{r.file}: {r.text}" for r in rows[:3]
    )
