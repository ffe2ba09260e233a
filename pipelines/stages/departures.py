"""Departures: stops and their trips per day on the service date, from GTFS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.sources.gtfs import read_gtfs
from coverage_gis.transit.departures import departures
from coverage_gis.transit.editions import unique_ids, without_older_editions
from coverage_gis.transit.service_date import choose_weekday, feeds_not_running
from coverage_gis.transit.stops import gtfs_stops
from pipelines.stage import SourceUse, StageContext, StageResult, source_use

if TYPE_CHECKING:
    from datetime import date

    from coverage_gis.transit.feed import GtfsFeed

GTFS = "gtfs"


def run(ctx: StageContext) -> StageResult:
    """Read all feeds, choose the service date, and count trips at every stop."""
    feeds: list[GtfsFeed] = []
    uses: list[SourceUse] = []
    found = ctx.of_kind(GTFS)
    tick = ctx.progress("GTFS")
    for i, file in enumerate(found):
        result = read_gtfs(file)
        uses.append(source_use(file, ctx.options.raw, result))
        feeds.append(result.table)
        tick(i + 1, len(found))
    if not feeds:
        return StageResult(
            artifacts={
                "stops": schema.DESTINATIONS.empty(),
                "departures": schema.DEPARTURES.empty(),
                "service": {"date": None, "chosen": False, "not_running": {}, "left_out": {}},
            },
            counts={"headline": "no GTFS feeds: trips per day unknown"},
        )
    feeds = unique_ids(feeds)
    chosen = ctx.options.service_date is None
    day = ctx.options.service_date or choose_weekday(feeds)
    feeds, older = without_older_editions(feeds, day)
    idle = feeds_not_running(feeds, day)
    table = departures(feeds, day)
    return StageResult(
        artifacts={
            "stops": gtfs_stops(feeds),
            "departures": table,
            "service": {
                "date": day.isoformat(),
                "chosen": chosen,
                "not_running": idle,
                "left_out": older,
            },
        },
        counts={
            "headline": f"{len(feeds)} feeds, {len(table):,} stops with a timetable on "
            f"{day.isoformat()} ({_WEEKDAYS[day.weekday()]})",
            "feeds": len(feeds),
            "service_date": day.isoformat(),
        },
        sources=uses,
        notes=_notes(day, len(feeds), idle, older, chosen=chosen),
    )


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _notes(
    day: date, feeds: int, idle: dict[str, str], older: dict[str, str], *, chosen: bool
) -> list[str]:
    notes = []
    if chosen:
        notes.append(
            f"Trips are counted on {day.isoformat()}, the weekday on which most feeds run; "
            "name another with DATE=YYYY-MM-DD."
        )
    if idle:
        names = "; ".join(f"{feed} {why}" for feed, why in sorted(idle.items()))
        notes.append(
            f"{len(idle)} of {feeds} feeds do not run on {day.isoformat()} ({names}). Stops of "
            "feeds outside their calendars count as stops of unknown frequency."
        )
    notes += [f"The feed {feed} is left out: {why}." for feed, why in sorted(older.items())]
    return notes
