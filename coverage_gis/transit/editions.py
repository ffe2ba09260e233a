"""Several editions of one feed at hand: no trip counts twice."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from coverage_gis.facilities.names import comparable_names
from coverage_gis.transit.feed import SERVICE_ID, STOP_ID, STOP_NAME, TRIP_ID, GtfsFeed
from coverage_gis.transit.service_date import active_services, service_span

if TYPE_CHECKING:
    from collections.abc import Sequence

# Feeds that share this much of the smaller one's calls describe the same buses. Distinct lines
# of one operator that meet at stops share none or a few in a hundred: over the 190 pairs of
# Toyama's 20 feeds the largest share is 2 %.
_SAME_SHARE = 0.5


def unique_ids(feeds: Sequence[GtfsFeed]) -> list[GtfsFeed]:
    """Return the feeds with ``feed_id`` made unique: ``name``, ``name-2``, ``name-3`` ..."""
    taken: set[str] = set()
    out = []
    for feed in feeds:
        new, number = feed.feed_id, 2
        while new in taken:
            new, number = f"{feed.feed_id}-{number}", number + 1
        taken.add(new)
        out.append(feed if new == feed.feed_id else replace(feed, feed_id=new))
    return out


def without_older_editions(
    feeds: Sequence[GtfsFeed], day: dt.date
) -> tuple[list[GtfsFeed], dict[str, str]]:
    """Leave out feeds whose trips on ``day`` another, newer feed has too.

    Two feeds are editions (or copies) of one another if at least half of the smaller one's
    calls on that day (name of the stop, time) are the other's. The one valid from the later
    day stays (feed_info, else its calendars; then the larger, then the later id).

    Returns
    -------
    The feeds that stay, in their order, and ``feed_id`` -> why for those left out.
    """
    calls = {feed.feed_id: _calls(feed, day) for feed in feeds}
    newest_first = sorted(
        feeds, key=lambda f: (_begins(f), len(calls[f.feed_id]), f.feed_id), reverse=True
    )
    kept: list[GtfsFeed] = []
    left_out: dict[str, str] = {}
    for feed in newest_first:
        mine = calls[feed.feed_id]
        for other in kept:
            theirs = calls[other.feed_id]
            smaller = min(len(mine), len(theirs))
            if smaller and len(mine & theirs) >= _SAME_SHARE * smaller:
                left_out[feed.feed_id] = f"same trips as {other.feed_id}, which is newer"
                break
        else:
            kept.append(feed)
    return [feed for feed in feeds if feed.feed_id not in left_out], left_out


def _calls(feed: GtfsFeed, day: dt.date) -> frozenset[tuple[str, float]]:
    trips = feed.trips.loc[feed.trips[SERVICE_ID].isin(active_services(feed, day)), TRIP_ID]
    times = feed.stop_times[feed.stop_times[TRIP_ID].isin(trips)].dropna(subset="departure_s")
    names = dict(zip(feed.stops[STOP_ID], comparable_names(feed.stops[STOP_NAME]), strict=True))
    return frozenset(zip(times[STOP_ID].map(names), times["departure_s"], strict=True))


def _begins(feed: GtfsFeed) -> dt.date:
    if feed.valid_from is not None:
        return feed.valid_from
    span = service_span(feed)
    return span[0] if span else dt.date.min
