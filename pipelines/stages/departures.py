"""Departures: stops and their service on the service date and through the week, from GTFS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.sources.gtfs import read_gtfs
from coverage_gis.transit.departures import (
    Timetable,
    departures,
    place_service,
    service_through_the_week,
)
from coverage_gis.transit.editions import unique_ids, without_older_editions
from coverage_gis.transit.places import stop_places
from coverage_gis.transit.service_date import (
    choose_weekday,
    feeds_not_running,
    feeds_outside_validity,
    typical_days,
)
from coverage_gis.transit.stops import gtfs_stops
from pipelines.stage import SourceUse, StageContext, StageResult, source_use

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from coverage_gis.progress import Progress
    from coverage_gis.sources.inventory import Found
    from coverage_gis.transit.feed import GtfsFeed

GTFS = "gtfs"


def run(ctx: StageContext) -> StageResult:
    """Read all feeds, choose the service date, and count trips at every stop."""
    feeds, uses = read_feeds(ctx.of_kind(GTFS), ctx.options.raw, ctx.progress("GTFS"))
    if not feeds:
        return StageResult(
            artifacts={
                "stops": schema.DESTINATIONS.empty(),
                "departures": schema.DEPARTURES.empty(),
                "stop_service": schema.STOP_SERVICE.empty(),
                "stop_places": schema.STOP_PLACES.empty(),
                "service": {
                    "date": None, "chosen": False, "not_running": {}, "left_out": {}, "days": {},
                },
            },
            counts={"headline": "no GTFS feeds: trips per day unknown"},
        )  # fmt: skip
    chosen = ctx.options.service_date is None
    day = ctx.options.service_date or choose_weekday(feeds)
    feeds, older = without_older_editions(feeds, day)
    idle = feeds_not_running(feeds, day)
    days = typical_days(feeds, day)
    places = stop_places(feeds, ctx.settings.run.same_stop_m)
    week = {name: Timetable(feeds, d, places) for name, d in days.items()}
    timetable = next((t for t in week.values() if t.day == day), Timetable(feeds, day, places))
    table = departures(timetable)
    stops = gtfs_stops(feeds)
    return StageResult(
        artifacts={
            "stops": stops,
            "departures": table,
            "stop_service": service_through_the_week(week),
            "stop_places": place_service(timetable, stops),
            "service": {
                "date": day.isoformat(),
                "chosen": chosen,
                "not_running": idle,
                "left_out": older,
                "days": {name: d.isoformat() for name, d in days.items()},
            },
        },
        counts={
            "headline": f"{len(feeds)} feeds, {len(table):,} stops with a timetable on "
            f"{day.isoformat()} ({_WEEKDAYS[day.weekday()]})",
            "feeds": len(feeds),
            "service_date": day.isoformat(),
        },
        sources=uses,
        notes=[
            *_notes(days, day, len(feeds), idle, older, chosen=chosen),
            *(
                f"The feed {feed} has trips on {day.isoformat()}, though its {why}."
                for feed, why in sorted(feeds_outside_validity(feeds, day).items())
            ),
        ],
    )


def read_feeds(
    found: Sequence[Found], raw: Path, tick: Progress
) -> tuple[list[GtfsFeed], list[SourceUse]]:
    """Return all feeds with distinct ids, and the accounts of their files."""
    feeds: list[GtfsFeed] = []
    uses: list[SourceUse] = []
    for i, file in enumerate(found):
        result = read_gtfs(file)
        uses.append(source_use(file, raw, result))
        feeds.append(result.table)
        tick(i + 1, len(found))
    return unique_ids(feeds), uses


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _notes(
    days: dict[str, date],
    day: date,
    feeds: int,
    idle: dict[str, str],
    older: dict[str, str],
    *,
    chosen: bool,
) -> list[str]:
    notes = []
    if chosen:
        notes.append(
            f"Trips are counted on {day.isoformat()}, the weekday on which most feeds run; "
            "name another with DATE=YYYY-MM-DD."
        )
    named = ", ".join(f"{name} {d.isoformat()}" for name, d in days.items() if d != day)
    notes.append(f"Beside {day.isoformat()}, service is counted on a typical {named}.")
    if idle:
        names = "; ".join(f"{feed} {why}" for feed, why in sorted(idle.items()))
        notes.append(
            f"{len(idle)} of {feeds} feeds {'does' if len(idle) == 1 else 'do'} not run on "
            f"{day.isoformat()} ({names}). Stops of "
            "feeds outside their calendars count as stops of unknown frequency."
        )
    notes += [f"The feed {feed} is left out: {why}." for feed, why in sorted(older.items())]
    return notes
