from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from gtfs_files import line_feed, load

from coverage_gis.errors import InputError
from coverage_gis.sources.found import Found
from coverage_gis.sources.gtfs import read_gtfs
from coverage_gis.transit.service_date import (
    active_services,
    choose_weekday,
    feeds_not_running,
    feeds_outside_validity,
    service_span,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from coverage_gis.transit.feed import GtfsFeed

HEAD = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"


def feed(
    folder: Path, week: str, start: str, end: str, exceptions: str = "", *, name: str = "feed"
) -> GtfsFeed:
    files = line_feed(["AB"])
    files["calendar.txt"] = f"{HEAD}S,{','.join(week)},{start},{end}\n" if week else HEAD
    files["calendar_dates.txt"] = "service_id,date,exception_type\n" + exceptions
    return load(folder, files, name)


def test_a_service_runs_on_its_weekdays_within_its_dates(tmp_path: Path) -> None:
    f = feed(tmp_path, "1111100", "20240401", "20240430", "S,20240429,2\nS,20240427,1\n")
    running = [d for d in range(1, 31) if active_services(f, dt.date(2024, 4, d)) == {"S"}]
    weekdays = [d for d in range(1, 31) if dt.date(2024, 4, d).weekday() < 5]
    assert running == sorted([*(d for d in weekdays if d != 29), 27])
    assert not active_services(f, dt.date(2024, 5, 1))
    assert not active_services(f, dt.date(2024, 3, 29))


def test_calendar_dates_alone_will_do(tmp_path: Path) -> None:
    f = feed(tmp_path, "", "", "", "S,20240612,1\nS,20240614,1\n")
    assert service_span(f) == (dt.date(2024, 6, 12), dt.date(2024, 6, 14))
    assert choose_weekday([f]) == dt.date(2024, 6, 12)


def test_the_day_on_which_most_feeds_run(tmp_path: Path) -> None:
    feeds = [
        feed(tmp_path, "1111111", "20240401", "20240619", name="a"),
        feed(tmp_path, "1111111", "20240612", "20240930", name="b"),
        feed(tmp_path, "1111111", "20240401", "20240930", name="c"),
    ]
    # All three run from Wed 12 to Wed 19 June: the latest of these.
    assert choose_weekday(feeds) == dt.date(2024, 6, 19)
    assert choose_weekday(feeds[::-1]) == dt.date(2024, 6, 19)


def test_a_day_disturbed_by_a_holiday_or_a_holiday_week_is_avoided(tmp_path: Path) -> None:
    # July 2024: the last days are Tue 30, Wed 31; the 31st has a service removed elsewhere.
    a = feed(tmp_path, "1111100", "20240701", "20240731", name="a")
    b = feed(tmp_path, "1111111", "20240701", "20240731", "T,20240731,2\n", name="b")
    assert choose_weekday([a]) == dt.date(2024, 7, 31)
    assert choose_weekday([a, b]) == dt.date(2024, 7, 30)
    december = feed(tmp_path, "1111111", "20241201", "20241231", name="d")
    assert choose_weekday([december]) == dt.date(2024, 12, 26)


def test_validity_of_feed_info_comes_first(tmp_path: Path) -> None:
    files = line_feed(["AB"]) | {
        "feed_info.txt": "feed_start_date,feed_end_date\n20240401,20240531\n"
    }
    f = load(tmp_path, files)
    assert choose_weekday([f]) == dt.date(2024, 5, 30)
    assert feeds_outside_validity([f], dt.date(2024, 6, 4)) == {
        "feed": "feed_info ends on 2024-05-31"
    }
    assert feeds_outside_validity([f], dt.date(2024, 5, 30)) == {}


def test_feeds_that_do_not_run_are_named_with_the_reason(tmp_path: Path) -> None:
    feeds = [
        feed(tmp_path, "1111111", "20230401", "20240331", name="old"),
        feed(tmp_path, "1111111", "20250401", "20260331", name="new"),
        feed(tmp_path, "0000011", "20240401", "20250331", name="weekend"),
        feed(tmp_path, "1111111", "20240401", "20250331", name="runs"),
        feed(tmp_path, "", "", "", name="never"),
    ]
    assert feeds_not_running(feeds, dt.date(2024, 6, 12)) == {
        "old": "expired on 2024-03-31",
        "new": "starts on 2025-04-01",
        "weekend": "no trip on this day (runs from 2024-04-01 to 2025-03-31)",
        "never": "no day of service in its calendars",
    }


def test_no_weekday_service_is_a_clear_error(tmp_path: Path) -> None:
    weekend = feed(tmp_path, "0000011", "20240401", "20250331")
    for feeds in ([], [weekend]):
        with pytest.raises(InputError, match="Tuesday, Wednesday or Thursday"):
            choose_weekday(feeds)


def test_a_calendar_of_a_thousand_years_does_not_hang(tmp_path: Path) -> None:
    day = choose_weekday([feed(tmp_path, "1111111", "10000101", "99991231")])
    assert day.weekday() in (1, 2, 3)


def test_toyama_in_2019(shared_data: Callable[[str], Path]) -> None:
    paths = sorted(shared_data("16/gtfs").glob("*.zip"))
    feeds = [read_gtfs(Found(path, None, "gtfs", "")).table for path in paths]
    day = choose_weekday(feeds)
    # Namerikawa's feed_info ends on 31 May 2019, Asahi's begins on 4 April.
    assert day == dt.date(2019, 5, 30)
    assert feeds_not_running(feeds, day) == {"city_uozu_omotenashi_gtfs": "expired on 2019-03-31"}
    assert feeds_outside_validity(feeds, dt.date(2019, 10, 9)) == {
        "city_namerikawa_gtfs": "feed_info ends on 2019-05-31",
        "tonami_gtfs20171101": "feed_info ends on 2019-09-30",
    }
    # The new emperor's enthronement was a holiday of that year alone: the feeds know.
    holiday = feeds_not_running(feeds, dt.date(2019, 5, 1))
    assert {"city-toyama-kureha-gtfs", "town_asahi_gtfs"} <= set(holiday)
