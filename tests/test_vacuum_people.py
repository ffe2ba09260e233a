"""From timetables to people: more trips or more stops never enlarge the vacuum."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from gtfs_files import line_feed, load
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_gis import crs, schema
from coverage_gis.access.places import Places
from coverage_gis.network.build import build
from coverage_gis.network.osm_ways import ways_from_lists
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.transit.departures import Timetable, departures
from coverage_gis.transit.places import stop_places
from coverage_gis.transit.stops import STATION, gtfs_stops
from coverage_gis.vacuum.classes import QUALITY, TRANSIT, people_by_class
from coverage_gis.vacuum.situation import Homes, classify, measure
from coverage_gis.vacuum.supply import known_trips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage_gis.transit.feed import GtfsFeed

DAY = dt.date(2024, 6, 12)
WEST, LAT = 136.995, 36.7
SHIPPED = load_settings()
PER_LON, PER_LAT = (float(v) for v in crs.metres_per_degree(LAT))
NAMES = "ABCDE"  # line_feed's stops: 893 m apart on the road to the east from 137.0
N_CELLS, PER_CELL = 14, 4


def homes(world: str = "road") -> Homes:
    """Fourteen cells of 450 m along the road, four sub-points each, with a road through them.

    ``world``: "road", one street; "islands", the street in three parts 700 m from each other;
    "one way", a street that may be walked to the east only, and a loop back past its end;
    "straight", no roads at all.
    """
    centre = WEST + (225.0 + 450.0 * np.arange(N_CELLS)) / PER_LON
    offset = np.array([-112.5, 112.5, -112.5, 112.5]) / PER_LON
    side = np.array([-112.5, -112.5, 112.5, 112.5]) / PER_LAT
    lon = np.concatenate([centre, (centre[:, None] + offset).ravel()])
    lat = np.concatenate([np.full(N_CELLS, LAT), LAT + np.tile(side, N_CELLS)])
    places = Places(lon, lat, N_CELLS, PER_CELL, np.full(N_CELLS, 318.0))
    origins = pd.DataFrame(
        {
            schema.MESH_CODE: [f"{i:09d}" for i in range(N_CELLS)],
            schema.PREF_CODE: ["16"] * N_CELLS,
            schema.POPULATION: [float(i + 1) for i in range(N_CELLS)],
        }
    )
    nodes = {k: (WEST + k * 700.0 / PER_LON, LAT) for k in range(10)}
    tags = {"highway": "residential"}
    street = [(7, list(nodes), tags)]
    if world == "islands":
        street = [(7, [0, 1, 2], tags), (8, [3, 4, 5], tags), (9, [6, 7, 8, 9], tags)]
    if world == "one way":
        nodes |= {k: (nodes[k - 10][0], LAT + 400 / PER_LAT) for k in (10, 13, 19)}
        back = [9, 19, 13, 10, 0]
        street = [
            (n, way, tags | {"oneway:foot": "yes"}) for n, way in ((7, [*range(10)]), (8, back))
        ]
    network = None
    if world != "straight":
        network = build(ways_from_lists(street, nodes), SHIPPED.network, schema.WALK)
    return Homes(origins, places, np.ones(N_CELLS, dtype=bool), network, None)


HOMES = homes()
WORLDS = {name: homes(name) for name in ("islands", "one way", "straight")}


def stations() -> pd.DataFrame:
    """A station of N02 without a timetable of its own, 60 m from where stop E is."""
    row = {
        schema.DESTINATION_ID: "n02:1", schema.SERVICE: STATION, schema.NAME: "終点",
        schema.LON: 137.04 + 60 / PER_LON, schema.LAT: LAT, schema.SOURCE: "n02",
        schema.SOURCE_IDS: "n02:1", schema.CAPACITY: np.nan,
    }  # fmt: skip
    return schema.DESTINATIONS.conform(pd.DataFrame([row]))


def vacuum_people(
    feeds: Sequence[GtfsFeed], homes: Homes = HOMES
) -> dict[tuple[str, str, str], float]:
    """People in the vacuum by definition, metric and way of counting; without service too."""
    table = departures(Timetable(feeds, DAY, stop_places(feeds, SHIPPED.run.same_stop_m)))
    stops = gtfs_stops(feeds)
    destinations = pd.concat([stations(), stops], ignore_index=True)
    near_m = SHIPPED.service_quality.same_station_m
    trips = known_trips(destinations, table, stops, near_m)
    reaches = measure(homes, destinations, trips, SHIPPED)
    transit, quality = classify(homes, reaches, SHIPPED)
    people = homes.origins[schema.POPULATION].to_numpy()
    out = {}
    for (preset, metric), rows in transit.groupby([schema.PRESET, schema.METRIC]):
        counts = people_by_class(rows, people, TRANSIT)
        for way in ("by_cell", "by_share"):
            out[preset, metric, way] = counts[way][schema.VACUUM]
    for metric, rows in quality.groupby(schema.METRIC):
        counts = people_by_class(rows, people, QUALITY)
        out["service_quality", metric, "by_share"] = counts["by_share"]["none"]
    return out


def west_of(shift_m: float) -> dict[str, tuple[float, float]]:
    return {n: (137.0 + 0.01 * i - shift_m / PER_LON, LAT) for i, n in enumerate(NAMES)}


RUNS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True).map("".join),
        st.sampled_from(["", "0", "1"]),
        st.integers(1, 12),  # times a day
    ),
    min_size=1,
    max_size=4,
)
MADE = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def files(
    runs: list[tuple[str, str, int]], *, where: dict[str, tuple[float, float]]
) -> dict[str, str]:
    every = [(stops, way) for stops, way, times in runs for _ in range(times)]
    stops = [list(s) for s, _ in every]
    # A route numbers its directions on all its trips or on none.
    routes = [f"R{way or 'x'}" for _, way in every]
    return line_feed(stops, where=where, directions=[w for _, w in every], routes=routes)


@MADE
@given(RUNS, RUNS, st.sampled_from([None, 0.0, 60.0, 400.0]))
def test_more_trips_or_more_stops_never_put_more_people_in_the_vacuum(
    tmp_path: Path,
    runs: list[tuple[str, str, int]],
    more: list[tuple[str, str, int]],
    shift_m: float | None,
) -> None:
    """``more`` runs in the same feed (None), or in another with poles so many metres away."""
    where = west_of(0)
    before = vacuum_people([load(tmp_path, files(runs, where=where))])
    if shift_m is None:
        after = vacuum_people([load(tmp_path, files([*runs, *more], where=where))])
    else:
        first = load(tmp_path, files(runs, where=where))
        second = load(tmp_path, files(more, where=west_of(shift_m)), "second")
        after = vacuum_people([first, second])
    worse = {key: (before[key], after[key]) for key in before if after[key] > before[key] + 1e-9}
    assert not worse


@MADE
@given(RUNS, RUNS, st.sampled_from([None, 60.0, 400.0]), st.sampled_from(sorted(WORLDS)))
def test_nor_on_islands_one_way_streets_or_by_straight_line(
    tmp_path: Path,
    runs: list[tuple[str, str, int]],
    more: list[tuple[str, str, int]],
    shift_m: float | None,
    world: str,
) -> None:
    at = WORLDS[world]
    first = load(tmp_path, files(runs, where=west_of(0)))
    if shift_m is None:
        feeds = [load(tmp_path, files([*runs, *more], where=west_of(0)))]
    else:
        feeds = [first, load(tmp_path, files(more, where=west_of(shift_m)), "second")]
    before, after = vacuum_people([first], at), vacuum_people(feeds, at)
    assert set(before) == set(after)
    worse = {key: (before[key], after[key]) for key in before if after[key] > before[key] + 1e-9}
    assert not worse


def test_the_worlds_differ_as_they_should(tmp_path: Path) -> None:
    """On foot an island or a wrong-way street takes a stop away; by straight line nothing does."""
    feed = load(tmp_path, files([("ABCDE", "0", 40)], where=west_of(0)))
    key = ("mlit-ksj-2025", schema.ROAD, "by_share")
    people = {name: vacuum_people([feed], at) for name, at in WORLDS.items()}
    plain = vacuum_people([feed])
    assert people["islands"][key] > plain[key]
    assert people["one way"][key] > plain[key]
    assert key not in people["straight"]
    straight = ("mlit-ksj-2025", schema.STRAIGHT, "by_share")
    assert len({found[straight] for found in (*people.values(), plain)}) == 1


def test_the_people_on_a_straight_road_are_those_of_a_hand_count(tmp_path: Path) -> None:
    # A, B and C have five buses each way; the station, 4,080 m along, has no timetable. The
    # sub-points lie 112.5 m off the road, so that a circle of 500 m reaches sqrt(500² - 112.5²)
    # along it, and a walk of 500 m reaches 500 - 112.5.
    runs = [("ABC", "0", 5), ("CBA", "1", 5)]
    feed = load(tmp_path, files(runs, where={n: west_of(0)[n] for n in "ABC"}))
    found = vacuum_people([feed])
    at = np.add.outer(450.0 * np.arange(N_CELLS), [112.5, 337.5, 112.5, 337.5])
    stops = (np.array([137.0, 137.01, 137.02]) - WEST) * PER_LON
    station = (137.04 - WEST) * PER_LON + 60
    for metric, bus_m, rail_m in (
        (schema.STRAIGHT, np.sqrt(500**2 - 112.5**2), np.sqrt(1000**2 - 112.5**2)),
        (schema.ROAD, 500 - 112.5, 1000 - 112.5),
    ):
        bus = (np.abs(at[..., None] - stops) <= bus_m).any(axis=-1)
        rail = np.abs(at - station) <= rail_m
        vacuum = ~(bus | rail)
        share = vacuum.mean(axis=1)
        people = np.arange(1.0, N_CELLS + 1)
        assert 0 < share.sum() < N_CELLS
        whole = found["mlit-ksj-2025", metric, "by_cell"]
        assert whole == pytest.approx(people[share > 0.5].sum())
        assert found["mlit-ksj-2025", metric, "by_share"] == pytest.approx((people * share).sum())
        # With a minimum of 10 trips a day the buses (5 each way) serve nobody.
        few = ~rail
        whole = found["ksj-2025-min10", metric, "by_cell"]
        assert whole == pytest.approx(people[few.mean(axis=1) > 0.5].sum())
