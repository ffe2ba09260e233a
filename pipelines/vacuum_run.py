"""``vacuum``: what if a line is cut, or stops are added? Who falls into 交通空白, who leaves it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.errors import InputError
from coverage_gis.export.vacuum import CHANGED, VacuumLayer, write_package
from coverage_gis.maps.page import write_map
from coverage_gis.sources.planned_stops import read_planned_stops
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.store.hashing import sha256_json
from coverage_gis.store.publish import locked, publishing, recover
from coverage_gis.transit.departures import Timetable, departures
from coverage_gis.transit.editions import without_older_editions
from coverage_gis.transit.places import stop_places
from coverage_gis.transit.service_date import service_date_of
from coverage_gis.transit.stops import gtfs_stops
from coverage_gis.vacuum.situation import classify, measure, served_m
from coverage_gis.vacuum.supply import known_trips
from coverage_gis.vacuum.whatif import (
    change_summary,
    class_changes,
    cut_routes,
    departures_after,
    routes_of,
    with_added,
)
from pipelines.about import about_of
from pipelines.console import Console
from pipelines.coverage_run import check_inputs, check_raw, follow
from pipelines.inputs import inventory_of
from pipelines.runner import Runner
from pipelines.side_by_side import default_workers, run_stages
from pipelines.stage import StageContext
from pipelines.stages import departures as departures_stage
from pipelines.stages import stages_for
from pipelines.stages import vacuum as vacuum_stage
from pipelines.stages.vacuum_files import vacuum_about
from pipelines.whatif_map import MAP, whatif_content
from pipelines.words_whatif import whatif_sentences

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from coverage_gis.transit.feed import GtfsFeed
    from pipelines.stage import Options

FOLDER: Final = "whatif"
_LAST_STAGE: Final = "vacuum"
_RECORD: Final = "whatif.json"
_NAME_CHARS: Final = 60


@dataclass(frozen=True)
class Change:
    """What changes: routes that are cut (id, ``feed:id`` or name), a CSV of stops added."""

    cut: tuple[str, ...] = ()
    add: Path | None = None

    @property
    def name(self) -> str:
        """A folder's name for it."""
        parts = [f"cut-{'-'.join(self.cut)}"] if self.cut else []
        parts += [f"add-{self.add.stem}"] if self.add else []
        name = re.sub(r"[^\w.-]+", "-", "_".join(parts))
        if len(name) <= _NAME_CHARS:
            return name
        return f"{name[:_NAME_CHARS]}-{sha256_json(parts)[:8]}"


def run_vacuum(
    options: Options, change: Change, *, quiet: bool = False, workers: int | None = None
) -> int:
    """Compare 交通空白 as it is with 交通空白 after a change, and write the difference.

    The stages up to ``vacuum`` run first, or stand if nothing has changed; without a change
    that is all, and the routes that could be cut are listed.

    Raises
    ------
    CoverageGisError
        With one sentence for the user.
    """
    console = Console(quiet=quiet)
    settings = load_settings(options.settings_file)
    check_raw(options)
    with locked(options.out_dir):
        recover(options.out_dir, options.maps_dir)
        inventory = inventory_of(options)
        check_inputs(inventory.found, options)
        options = replace(options, unread=inventory.problems)
        runner = Runner(options, settings, inventory.found, console)
        osm_present = any(f.kind in {"osm", "graphml"} for f in inventory.found)
        stages = stages_for(options, osm_present=osm_present)
        wanted = stages[: [s.name for s in stages].index(_LAST_STAGE) + 1]
        done = run_stages(
            runner,
            wanted,
            (options, settings, inventory.found),
            workers=workers or default_workers(),
            console=console,
        )
        follow(done, runner, wanted, options, console)
        ctx = StageContext(
            options, settings, inventory.found, runner.get, runner.records, console.progress
        )
        if vacuum_stage.absent_services(ctx):
            raise InputError("Without stations and bus stops there is no 交通空白 to compare.")
        feeds = _feeds(ctx)
        if not change.cut and change.add is None:
            day = service_date_of(ctx.get("departures", "service")["date"])
            _list_routes(feeds, day, console)
            return 0
        after = _Scenario(ctx, feeds, change)
        _write(ctx, change, after, console)
    return 0


def _feeds(ctx: StageContext) -> list[GtfsFeed]:
    """Return the feeds of the run, older editions left out as there."""
    found = ctx.of_kind(departures_stage.GTFS)
    feeds, _ = departures_stage.read_feeds(found, ctx.options.raw, ctx.progress("GTFS"))
    day = service_date_of(ctx.get("departures", "service")["date"])
    return without_older_editions(feeds, day)[0] if day else feeds


def _list_routes(feeds: Sequence[GtfsFeed], day: dt.date | None, console: Console) -> None:
    if not feeds:
        console.tell("No GTFS feeds: there is no route to cut. --add takes stops all the same.")
        return
    routes = routes_of(feeds, day).sort_values(["feed_id", "route_id"])
    running = routes[routes["trips"] > 0]
    when = f" on {day.isoformat()}" if day else " in the timetable"
    console.tell(f"Routes that --cut can name (feed_id:route_id, name, trips{when}):")
    for row in running.itertuples(index=False):
        console.tell(f"  {row.feed_id}:{row.route_id}  {row.route_name}  {row.trips}")
    if idle := len(routes) - len(running):
        console.tell(f"Routes without a trip{when}, which it changes nothing to cut: {idle:,}.")


class _Scenario:
    """Stops, trips and classes after the change."""

    def __init__(self, ctx: StageContext, feeds: list[GtfsFeed], change: Change) -> None:
        self.stops: pd.DataFrame = ctx.get("destinations", "destinations")
        self.cut: dict[str, str] = {}  # feed_id:route_id -> name
        self.trips = vacuum_stage.trips_of(ctx)
        if change.cut:
            self.trips = self._after_cut(ctx, feeds, change)
        if change.add:
            added = read_planned_stops(change.add)
            same_m = ctx.settings.run.same_stop_m
            self.stops, self.trips = with_added(self.stops, self.trips, added, same_m)
        zones, _ = vacuum_stage.zones_of(ctx)
        homes = vacuum_stage.homes_of(ctx, zones)
        self.reaches = measure(homes, self.stops, self.trips, ctx.settings)
        self.transit, self.quality = classify(homes, self.reaches, ctx.settings)
        self.metrics = homes.metrics
        preset = ctx.settings.vacuum_presets[ctx.settings.run.default_vacuum_preset]
        self.served_m = {m: served_m(self.reaches[m], preset, homes.places) for m in self.metrics}

    def _after_cut(
        self, ctx: StageContext, feeds: list[GtfsFeed], change: Change
    ) -> NDArray[np.float64]:
        day = service_date_of(ctx.get("departures", "service")["date"])
        remaining, cut = cut_routes(feeds, change.cut, day)
        routes = routes_of(feeds, day)
        names = dict(
            zip(routes["feed_id"] + ":" + routes["route_id"], routes["route_name"], strict=True)
        )
        self.cut = {route: names[route] for route in cut}
        before = ctx.get("departures", "departures")
        # Places are those of all feeds: a cut takes no two poles apart.
        places = stop_places(feeds, ctx.settings.run.same_stop_m)
        stops = ctx.get("departures", "stops")
        served = set(gtfs_stops(remaining)[schema.DESTINATION_ID])
        closed = sorted(set(stops[schema.DESTINATION_ID]) - served)
        after = departures(Timetable(remaining, day, places)) if day else before
        return known_trips(
            self.stops,
            departures_after(before, after, closed),
            stops,
            ctx.settings.service_quality.same_station_m,
        )


def _write(ctx: StageContext, change: Change, after: _Scenario, console: Console) -> None:
    cells = {m: ctx.get("vacuum", f"cells_{m}") for m in after.metrics}
    main = after.metrics[0]
    known = [schema.MESH_CODE, schema.PREF_CODE, schema.MUNI_CODE, "muni_name"]
    people = [*known, *schema.AGE_GROUPS.values()]
    changes = class_changes(ctx.get("vacuum", "transit"), after.transit, cells[main][people])
    default = ctx.settings.run.default_vacuum_preset
    pref, folder = ctx.options.pref, ctx.options.out_dir / FOLDER / change.name
    title = f"{pref.name_ja} 交通空白の変化（{change.name}）"
    about = vacuum_about(ctx, about_of(ctx), ctx.settings.vacuum_presets[default], title)
    layers = [
        VacuumLayer(f"changes_{pref.code}_{m}", CHANGED, _layer(changes, cells, after, m, default))
        for m in after.metrics
    ]
    totals = _totals(ctx.get("vacuum", "transit"), after.transit, cells[main])
    labels = {p.name: p.label_ja for p in ctx.settings.vacuum_presets.values()}
    sentences = whatif_sentences(changes, totals, default, labels)
    content = whatif_content(
        ctx,
        after.transit,
        (after.stops, after.trips),
        _headline(after, change, sentences),
    )
    with publishing(folder, last=(_RECORD,)) as staging:
        target = staging.folder(folder)
        write_package(
            layers,
            target,
            f"whatif_{pref.code}",
            about=about,
            encoding=ctx.options.encoding,
            to_crs=crs.plane_crs(pref.code) if ctx.options.plane else None,
            tables={
                f"difference_{pref.code}": change_summary(changes),
                f"vacuum_people_{pref.code}": totals,
                f"all_changes_{pref.code}": changes,
            },
        )
        record = {
            "cut": after.cut,
            "added": change.add.name if change.add else None,
            "service_date": ctx.get("departures", "service")["date"],
            "vacuum_people": totals.to_dict("records"),
        }
        text = json.dumps(record, ensure_ascii=False, indent=2)
        write_map(content, target / MAP)
        (target / _RECORD).write_text(text + "\n", encoding="utf-8")
    for sentence in sentences:
        console.tell(f"  {sentence}")
    console.tell(f"  地図 (map): {folder / MAP}")
    console.tell(f"  結果 (results): {folder}")


def _layer(
    changes: pd.DataFrame,
    cells: dict[str, pd.DataFrame],
    after: _Scenario,
    metric: str,
    preset: str,
) -> gpd.GeoDataFrame:
    """Return the changed cells of the default definition by one metric."""
    rows = changes[(changes[schema.METRIC] == metric) & (changes[schema.PRESET] == preset)]
    key = [schema.MESH_CODE, schema.PREF_CODE]
    metres = cells[metric][[*key, "served_m"]].rename(columns={"served_m": "served_before_m"})
    metres = metres.assign(served_after_m=after.served_m[metric])
    table = rows.merge(metres, on=key, how="left")
    boxes = mesh.polygons(table[schema.MESH_CODE].to_numpy(dtype=object))
    return gpd.GeoDataFrame(table, geometry=boxes, crs=crs.JGD2011)


def _totals(before: pd.DataFrame, after: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return people in the vacuum before and after, by cell and by share, by definition."""
    by = [schema.PRESET, schema.METRIC]
    key = [schema.MESH_CODE, schema.PREF_CODE]
    people = cells[[*key, schema.POPULATION]]
    columns = {}
    for when, table in (("before", before), ("after", after)):
        rows = table.merge(people, on=key, how="left")
        inside = rows[schema.TRANSIT_CLASS] == schema.VACUUM
        counted = rows.assign(
            by_cell=rows[schema.POPULATION].where(inside, 0.0),
            by_share=rows[schema.POPULATION] * rows["share_vacuum"].fillna(0.0),
        ).groupby(by, sort=False)
        columns[f"population_by_cell_{when}"] = counted["by_cell"].sum()
        columns[f"population_by_share_{when}"] = counted["by_share"].sum()
    out = pd.DataFrame(columns)
    for way in ("by_cell", "by_share"):
        change = out[f"population_{way}_after"] - out[f"population_{way}_before"]
        out[f"population_{way}_change"] = change
    return out.reset_index()


def _headline(after: _Scenario, change: Change, sentences: list[str]) -> list[str]:
    named = "、".join(f"{name}（{route}）" if name else route for route, name in after.cut.items())
    what = [f"廃止する路線: {named}"] if named else []
    what += [f"追加する停留所: {change.add.name}"] if change.add else []
    return [*sentences, *what]
