"""Tables around the vacuum, by hand: layer of stops, nearest stop, people of other years."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coverage_gis import schema
from coverage_gis.access.places import Places
from coverage_gis.access.reach import NONE, Reach
from coverage_gis.settings import VacuumPreset
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.vacuum.doctorless import transport_at
from coverage_gis.vacuum.layers import stops_layer
from coverage_gis.vacuum.nearest import nearest_service
from coverage_gis.vacuum.polygons import vacuum_areas, with_future_people
from coverage_gis.vacuum.situation import Homes, as_walked, near_without_road, served_m
from coverage_gis.vacuum.supply import BUS_STOP, STATION, UNKNOWN

SHIPPED = load_settings()
NAN = np.nan


def stops(**services: str) -> pd.DataFrame:
    ids = list(services)
    return schema.DESTINATIONS.conform(
        pd.DataFrame(
            {
                schema.DESTINATION_ID: ids,
                schema.SERVICE: list(services.values()),
                schema.NAME: [f"{i}前" for i in ids],
                schema.LON: [137.0 + i / 10 for i in range(len(ids))],
                schema.LAT: 36.7,
                schema.SOURCE: "gtfs",
                schema.SOURCE_IDS: ids,
                schema.CAPACITY: NAN,
            }
        )
    )


def departures(**first_s: float) -> pd.DataFrame:
    return schema.DEPARTURES.conform(
        pd.DataFrame(
            {
                schema.DESTINATION_ID: list(first_s),
                schema.SERVICE_DATE: "2024-05-01",
                schema.TRIPS_PER_DAY: 12,
                "trips_both_directions": 20,
                "first_departure_s": list(first_s.values()),
                "last_departure_s": 25 * 3600 + 10 * 60 + 59.0,
                "longest_gap_s": 5400.0,
                schema.PLACE_ID: "p",
                schema.PLACE_TRIPS: 15,
            }
        )
    )


def reach(target: list[int], metres: list[float], seconds: list[float] | None = None) -> Reach:
    none = [NAN] * len(target)
    return Reach(np.array(target), np.array(metres), np.array(seconds or none))


class TestLayer:
    trips = np.array([30.0, 99.0, 29.9, NAN, 0.0])
    table = stops(a=BUS_STOP, shop="shop", b=STATION, c=BUS_STOP, d=BUS_STOP)

    def layer(self, passengers: pd.DataFrame | None = None) -> pd.DataFrame:
        service = pd.DataFrame(
            {
                schema.DESTINATION_ID: ["a", "a", "a"],
                schema.DAY_TYPE: [schema.WEEKDAY, schema.SATURDAY, schema.SUNDAY],
                schema.TRIPS_PER_DAY: [12, 8, 4],
            }
        )
        none = schema.STATION_PASSENGERS.empty()
        timetable = departures(a=7 * 3600 + 5 * 60 + 59.0, d=NAN)
        return stops_layer(
            self.table, self.trips, timetable, service, none if passengers is None else passengers
        )

    def test_stops_alone_each_with_what_is_known_of_it(self) -> None:
        out = self.layer()
        assert out[schema.DESTINATION_ID].tolist() == ["a", "b", "c", "d"]
        assert out["kind_ja"].tolist() == ["バス停", "駅", "バス停", "バス停"]
        # limits are inclusive; what nobody knows is not nothing
        assert out["band_ja"].tolist() == ["30本以上", "10〜29本", "不明", "0本"]
        assert out[schema.TRIPS_PER_DAY].isna().tolist() == [False, True, True, False]
        assert out[schema.PLACE_TRIPS].tolist()[:2] == [30.0, 29.9]
        assert out["first_departure"].iloc[0] == "07:05"
        assert out["first_departure"].iloc[1:].isna().all()
        assert out["last_departure"].iloc[3] == "25:10"  # past midnight, of the same day
        assert out["longest_gap_min"].iloc[0] == 90
        assert (out["trips_saturday"].iloc[0], out["trips_sunday"].iloc[0]) == (8, 4)
        assert out["trips_sunday"].iloc[1:].isna().all()
        assert out.geometry.x.tolist() == pytest.approx([137.0, 137.2, 137.3, 137.4])
        assert out.crs.to_epsg() == 6668
        assert "passengers_per_day" not in out

    def test_the_latest_year_of_passengers_counts(self) -> None:
        years = {schema.YEAR: [2021, 2019], "passengers_per_day": [50.0, 80.0]}
        out = self.layer(pd.DataFrame({schema.DESTINATION_ID: ["b", "b"], **years}))
        assert out["passengers_per_day"].tolist()[1] == 50.0
        assert out["passengers_per_day"].isna().tolist() == [True, False, True, True]


def test_the_nearest_stop_of_the_cells_alone_by_name() -> None:
    table = stops(a=BUS_STOP, b=STATION)
    three_cells_and_a_sub_point = reach([1, NONE, 0, 0], [5.0, NAN, 7.0, 1.0])
    out = nearest_service(three_cells_and_a_sub_point, 3, table, np.array([NAN, 12.0]))
    assert out.name.tolist() == ["b前", None, "a前"]
    assert np.array_equal(out.distance_m, [5.0, NAN, 7.0], equal_nan=True)
    assert np.array_equal(out.trips_per_day, [12.0, NAN, NAN], equal_nan=True)


class TestWalkers:
    places = Places(np.zeros(3), np.zeros(3), 1, 2, np.ones(1))
    preset = VacuumPreset("x", "x", "x", rail_m=1000, bus_m=500)
    walk = replace(SHIPPED.network.walk, speed_m_per_s=1.5, walkers={"elderly": 1.0})
    by_road = reach([0, 0, 0], [90.0, 60.0, NAN], [100.0, 80.0, NAN])
    straight = reach([0, 0, 0], [90.0, 60.0, NAN])

    def test_who_walks_as_everybody_has_the_metres_of_the_way(self) -> None:
        out = as_walked({(BUS_STOP, 1.0): self.by_road}, self.preset, self.walk, self.places)
        assert np.array_equal(out[BUS_STOP, 1.0], [[60.0, NAN]], equal_nan=True)

    def test_slower_people_are_so_much_farther_away_as_they_are_slower(self) -> None:
        slow = replace(self.preset, walkers="elderly")
        assert self.walk.pace("elderly") == 1.5
        assert self.walk.pace(None) == 1
        levels = {(BUS_STOP, 1.0): self.by_road, (STATION, 1.0): self.straight}
        out = as_walked(levels, slow, self.walk, self.places)
        # by road 80 s of everybody's: 120 s of theirs, in which everybody covers 180 m
        assert np.array_equal(out[BUS_STOP, 1.0], [[180.0, NAN]], equal_nan=True)
        # along a line there is no time, so 60 m are as far as 90
        assert np.array_equal(out[STATION, 1.0], [[90.0, NAN]], equal_nan=True)

    def test_what_serves_is_what_the_definition_says(self) -> None:
        metres = {
            (STATION, 1.0): 900.0,
            (STATION, UNKNOWN): 800.0,
            (STATION, 30.0): 950.0,
            (BUS_STOP, 1.0): 700.0,
            (BUS_STOP, UNKNOWN): 600.0,
            (BUS_STOP, 3.0): NAN,
        }
        found = {level: reach([0] * 3, [m, 1.0, 1.0]) for level, m in metres.items()}
        assert served_m(found, self.preset, self.places).tolist() == [600.0]
        least = replace(self.preset, min_trips_per_day=3.0)
        assert served_m(found, least, self.places).tolist() == [800.0]
        strict = replace(least, min_rail_trips_per_day=30.0)
        assert served_m(found, strict, self.places).tolist() == [950.0]
        lost = {level: reach([NONE] * 3, [NAN] * 3) for level in metres}
        assert np.isnan(served_m(lost, strict, self.places)).all()

    def test_where_there_are_no_roads_at_all_none_is_missing(self) -> None:
        cell = pd.DataFrame({schema.MESH_CODE: ["54370000"]})
        homes = Homes(cell, self.places, np.array([True]), None, None)
        assert homes.metrics == (schema.STRAIGHT,)
        near = near_without_road(homes, stops(a=BUS_STOP), np.array([NAN]), SHIPPED)
        assert near.tolist() == [False]


class TestPeople:
    cells = pd.DataFrame(
        {schema.MESH_CODE: ["54370000", "54370001"], schema.PREF_CODE: "16", "more": [1, 2]}
    )
    years = schema.POPULATION_YEARS.conform(
        pd.DataFrame(
            {
                schema.MESH_CODE: ["54370001", "54370001"],
                schema.PREF_CODE: "16",
                schema.YEAR: [2030, 2050],
                **{column: [8.0, 5.0] for column in schema.PEOPLE},
            }
        )
    )

    def test_a_cell_that_the_projection_does_not_know_has_null(self) -> None:
        out = with_future_people(self.cells, self.years, 2050)
        assert out[schema.MESH_CODE].tolist() == ["54370000", "54370001"]
        assert out["more"].tolist() == [1, 2]
        for column in schema.PEOPLE:
            assert np.array_equal(out[f"{column}_2050"], [NAN, 5.0], equal_nan=True)
        assert "population_2030" not in out

    def test_a_year_that_is_not_projected_adds_nothing(self) -> None:
        assert with_future_people(self.cells, self.years, 2040) is self.cells

    def test_no_vacuum_no_areas(self) -> None:
        columns = [schema.MESH_CODE, schema.MUNI_CODE, "muni_name", schema.PLACE_NAME]
        none = pd.DataFrame(columns=[*columns, *schema.PEOPLE])
        areas, area_of = vacuum_areas(none, "16")
        assert len(areas) == len(area_of) == 0
        assert areas.crs.to_epsg() == 6668


class TestTransportAround:
    def test_no_stop_is_no_transport_and_an_unknown_one_is_said(self) -> None:
        here = np.array([137.0]), np.array([36.7])
        table, few = stops(a=BUS_STOP), 3.0

        def kind(trips: float, rows: slice = slice(None)) -> str:
            found = transport_at(
                *here, table.iloc[rows], np.array([trips])[rows], within_m=600.0, few=few
            )
            return str(found.iloc[0, 0])

        kinds = [kind(0.0, slice(0)), kind(0.0), kind(NAN), kind(3.0), kind(3.5)]
        assert kinds[0] == kinds[1]
        assert len(set(kinds)) == 4
