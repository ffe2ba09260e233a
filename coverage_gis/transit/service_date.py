"""Which services run on a day, and which day stands for an ordinary weekday (基準日)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.transit.feed import ADDED, REMOVED, SERVICE_ID, WEEKDAYS, GtfsFeed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TUESDAY_TO_THURSDAY = (1, 2, 3)
# Days on which timetables are often not the ordinary ones even where the feed has no
# exception for them: (month, day) from and to, both inclusive. 年末年始, 大型連休, お盆.
_UNUSUAL = (((12, 28), (12, 31)), ((1, 1), (1, 4)), ((4, 29), (5, 6)), ((8, 10), (8, 16)))
_WEEKS_AROUND = 8
_DAYS_OF_TYPE = {schema.WEEKDAY: (0, 1, 2, 3, 4), schema.SATURDAY: (5,), schema.SUNDAY: (6,)}
_TYPICAL = {schema.WEEKDAY: _TUESDAY_TO_THURSDAY}
_LONGEST_SPAN_DAYS = 20 * 366
"""A feed that claims to be valid for longer is looked at from its start for this long."""


def active_services(feed: GtfsFeed, day: dt.date) -> frozenset[str]:
    """Return the ``service_id`` of the services that run on ``day``.

    By calendar and calendar_dates alone, as GTFS has it: a service runs if its week has the
    day within its dates, unless removed, or if it is added. Japanese holidays are in no
    weekday: feeds give them in calendar_dates.
    """
    number = day.toordinal()
    calendar = feed.calendar
    by_week = calendar.loc[
        calendar[WEEKDAYS[day.weekday()]]
        & (calendar["start_day"] <= number)
        & (calendar["end_day"] >= number),
        SERVICE_ID,
    ]
    today = feed.calendar_dates[feed.calendar_dates["day"] == number]
    added = today.loc[today["exception_type"] == ADDED, SERVICE_ID]
    removed = today.loc[today["exception_type"] == REMOVED, SERVICE_ID]
    return frozenset(by_week) - frozenset(removed) | frozenset(added)


def service_date_of(text: str | None) -> dt.date | None:
    """Return the date an earlier stage wrote as YYYY-MM-DD; None where it had no timetable."""
    return dt.date.fromisoformat(text) if text else None


def service_span(feed: GtfsFeed) -> tuple[dt.date, dt.date] | None:
    """Return the first and last day of the calendars of services that have trips, or None.

    Single days added to a service count only where it has no week of its own: a bus whose
    weeks ended in March has expired then, though holidays of the next year are still listed.
    """
    used = feed.trips[SERVICE_ID].unique()
    calendar = feed.calendar[feed.calendar[SERVICE_ID].isin(used)]
    dates = feed.calendar_dates
    single = dates[
        dates[SERVICE_ID].isin(used)
        & ~dates[SERVICE_ID].isin(calendar[SERVICE_ID])
        & (dates["exception_type"] == ADDED)
    ]
    days = [*calendar["start_day"], *calendar["end_day"], *single["day"]]
    if not days:
        return None
    return dt.date.fromordinal(int(min(days))), dt.date.fromordinal(int(max(days)))


def runs_on(feed: GtfsFeed, day: dt.date) -> bool:
    """Tell whether any trip of the feed runs on ``day``."""
    return bool(feed.trips[SERVICE_ID].isin(active_services(feed, day)).any())


def feeds_not_running(feeds: Sequence[GtfsFeed], day: dt.date) -> dict[str, str]:
    """Return ``feed_id`` -> why, for the feeds without a single trip on ``day``."""
    return {feed.feed_id: _why_not(feed, day) for feed in feeds if not runs_on(feed, day)}


def _why_not(feed: GtfsFeed, day: dt.date) -> str:
    span = service_span(feed)
    if span is None:
        return "no day of service in its calendars"
    if day > span[1]:
        return f"expired on {span[1]}"
    if day < span[0]:
        return f"starts on {span[0]}"
    return f"no trip on this day (runs from {span[0]} to {span[1]})"


def feeds_outside_validity(feeds: Sequence[GtfsFeed], day: dt.date) -> dict[str, str]:
    """Return ``feed_id`` -> why, for feeds that run on ``day`` though feed_info says otherwise."""
    reasons = {}
    for feed in feeds:
        if not runs_on(feed, day):
            continue
        if feed.valid_to is not None and day > feed.valid_to:
            reasons[feed.feed_id] = f"feed_info ends on {feed.valid_to}"
        elif feed.valid_from is not None and day < feed.valid_from:
            reasons[feed.feed_id] = f"feed_info starts on {feed.valid_from}"
    return reasons


def choose_weekday(feeds: Sequence[GtfsFeed]) -> dt.date:
    """Return the Tuesday, Wednesday or Thursday that best stands for an ordinary weekday.

    The day on which most feeds run within their validity (feed_info, where it says); among
    those one outside the usual holiday weeks; then one on which the fewest feeds have a
    service removed (a holiday or a school vacation shows as that); then the latest.

    Raises
    ------
    InputError
        If no feed has a trip on any such day.
    """
    spans = [span for feed in feeds if (span := service_span(feed)) is not None]
    first = min((s[0].toordinal() for s in spans), default=0)
    last = max(
        (min(s[1].toordinal(), s[0].toordinal() + _LONGEST_SPAN_DAYS) for s in spans), default=-1
    )
    days = np.arange(first, last + 1)
    days = days[np.isin((days - 1) % 7, _TUESDAY_TO_THURSDAY)]
    running, valid, disturbed = (np.zeros(len(days), dtype=np.int64) for _ in range(3))
    for feed in feeds:
        runs = _running_days(feed, days)
        running += runs
        valid += runs & _within_validity(feed, days)
        removed = feed.calendar_dates.loc[feed.calendar_dates["exception_type"] == REMOVED, "day"]
        disturbed += np.isin(days, removed.to_numpy())
    if not running.any():
        raise InputError(
            "None of the GTFS feeds has a trip on any Tuesday, Wednesday or Thursday; "
            "look at their calendar.txt and calendar_dates.txt, or name a service date."
        )
    best = np.lexsort((days, -disturbed, ~_unusual(days), running, valid))[-1]
    return dt.date.fromordinal(int(days[best]))


def typical_days(feeds: Sequence[GtfsFeed], day: dt.date) -> dict[str, dt.date]:
    """Return the weekday, Saturday and Sunday that stand for the week of a service date.

    ``day`` stands for its own type. For each other type, of the days up to eight weeks before
    and after: the one within the calendars of most feeds; among those one outside the usual
    holiday weeks; then one with the fewest exceptions in calendar_dates; then the nearest to
    ``day``, the earlier on a tie. A weekday is a Tuesday, Wednesday or Thursday.

    Parameters
    ----------
    feeds
        Those that run on ``day`` and those that do not.
    day
        The service date.

    Returns
    -------
    dict
        "weekday", "saturday" and "sunday" -> date.
    """
    days = np.arange(-_WEEKS_AROUND * 7, _WEEKS_AROUND * 7 + 1) + day.toordinal()
    within, exceptions = (np.zeros(len(days), dtype=np.int64) for _ in range(2))
    for feed in feeds:
        span = service_span(feed)
        if span is not None:
            within += (days >= span[0].toordinal()) & (days <= span[1].toordinal())
        exceptions += np.isin(days, feed.calendar_dates["day"].to_numpy())
    apart = np.abs(days - day.toordinal())
    best = np.lexsort((days, apart, exceptions, _unusual(days), -within))
    weekdays = (days[best] - 1) % 7
    own = next((name for name, wanted in _DAYS_OF_TYPE.items() if day.weekday() in wanted), None)
    out = {}
    for name, wanted in _DAYS_OF_TYPE.items():
        chosen = days[best][np.isin(weekdays, _TYPICAL.get(name, wanted))][0]
        out[name] = day if name == own else dt.date.fromordinal(int(chosen))
    return out


def _running_days(feed: GtfsFeed, days: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell for each of ``days`` (ordinals) whether a service with trips runs."""
    runs = np.zeros(len(days), dtype=bool)
    weekday = (days - 1) % 7
    calendar = feed.calendar.drop_duplicates(SERVICE_ID).set_index(SERVICE_ID)
    dates = {str(key): rows for key, rows in feed.calendar_dates.groupby(SERVICE_ID)}
    for service in feed.trips[SERVICE_ID].unique():
        active = np.zeros(len(days), dtype=bool)
        if service in calendar.index:
            row = calendar.loc[service]
            in_week = row[list(WEEKDAYS)].to_numpy(dtype=bool)
            active = in_week[weekday] & (days >= row["start_day"]) & (days <= row["end_day"])
        if service in dates:
            exceptions = dates[service]
            for kind, value in ((REMOVED, False), (ADDED, True)):
                chosen = exceptions.loc[exceptions["exception_type"] == kind, "day"]
                active[np.isin(days, chosen.to_numpy())] = value
        runs |= active
    return runs


def _within_validity(feed: GtfsFeed, days: NDArray[np.int64]) -> NDArray[np.bool_]:
    within = np.ones(len(days), dtype=bool)
    if feed.valid_from is not None:
        within &= days >= feed.valid_from.toordinal()
    if feed.valid_to is not None:
        within &= days <= feed.valid_to.toordinal()
    return within


def _unusual(days: NDArray[np.int64]) -> NDArray[np.bool_]:
    dates = (dt.date.fromordinal(int(day)) for day in days)
    return np.array(
        [any(a <= (d.month, d.day) <= b for a, b in _UNUSUAL) for d in dates], dtype=bool
    )
