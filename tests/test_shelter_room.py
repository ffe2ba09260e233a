"""Room in shelters: nobody is lost, no shelter overfull, unknown is not zero."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from coverage_gis import schema
from coverage_gis.access.straight import straight_pairs
from coverage_gis.coverage.areas import areas_of
from coverage_gis.coverage.shelter_areas import (
    OUTCOMES,
    cell_outcomes,
    cell_shares,
    shelter_areas,
)
from coverage_gis.crs import geodesic_m
from coverage_gis.errors import SettingsError
from coverage_gis.facilities.capacity import with_capacity
from coverage_gis.facilities.refuge import (
    Refuge,
    Ways,
    mean_of_those_who_come,
    nearest_load,
    refuge,
)
from coverage_gis.facilities.sphere import fixtures, shelter_rows, sphere_needs
from coverage_gis.settings import overlay, parse
from coverage_gis.sources.settings_file import load_settings, shipped_tables

SPHERE = load_settings().shelters.sphere
NAN = float("nan")


def town(seed: int) -> tuple[Ways, np.ndarray, np.ndarray]:
    """Return random places and shelters, a third of them of unknown capacity."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 12), rng.integers(1, 6)
    place, shelter = np.nonzero(rng.random((n, m)) < 0.6)
    way = rng.integers(1, 4000, len(place)).astype(float)
    people = rng.integers(0, 200, n) / rng.integers(1, 4)
    capacity = rng.integers(0, 300, m).astype(float)
    capacity[rng.random(m) < 1 / 3] = NAN
    return Ways(place, shelter, way), people, capacity


def outcomes(found: Refuge) -> np.ndarray:
    return np.stack([getattr(found, name) for name in OUTCOMES])


class TestRefuge:
    def test_the_overflow_of_a_full_shelter_goes_on_to_the_next(self) -> None:
        ways = Ways(np.array([0, 0]), np.array([0, 1]), np.array([100.0, 900]))
        found = refuge(ways, np.array([50.0]), np.array([30.0, 100]))
        assert found.assigned == pytest.approx([30, 20])
        assert found.people == pytest.approx([30, 20])
        mean = mean_of_those_who_come(ways, found.people, ways.distance_m * 2, 3)
        assert mean == pytest.approx([200, 1800, NAN], nan_ok=True)
        assert outcomes(found)[:, 0] == pytest.approx([50, 0, 0, 0])

    def test_unknown_capacity_is_neither_room_nor_shortfall(self) -> None:
        # Place 0 is nearest to the unknown shelter, place 1 to the known one.
        ways = Ways(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([9.0, 2, 1, 5]))
        found = refuge(ways, np.array([50.0, 40]), np.array([30.0, NAN]))
        assert outcomes(found)[:, 0] == pytest.approx([0, 50, 0, 0])
        assert outcomes(found)[:, 1] == pytest.approx([30, 0, 10, 0])
        assert found.assigned == pytest.approx([30, 50])
        assert found.people == pytest.approx([0, 50, 30, 0])
        assert found.short_at_least.sum() == pytest.approx(0)
        assert found.short_at_most.sum() == pytest.approx(60)

    def test_with_no_capacity_published_all_in_reach_are_unknown(self) -> None:
        ways = Ways(np.array([0, 1]), np.array([0, 0]), np.array([100.0, 200]))
        found = refuge(ways, np.array([7.0, 5, 3]), np.array([NAN]))
        assert found.unknown == pytest.approx([7, 5, 0])
        assert found.out_of_reach == pytest.approx([0, 0, 3])
        assert found.short.sum() == 0
        assert found.short_at_most == pytest.approx([7, 5, 0])

    def test_a_capacity_of_nobody_is_known(self) -> None:
        one = np.array([0])
        found = refuge(Ways(one, one, np.ones(1)), np.array([4.0]), np.zeros(1))
        assert found.short == pytest.approx([4])

    @given(st.integers(0, 100_000))
    @settings(max_examples=60, deadline=None)
    def test_nobody_is_lost_and_nothing_overfull(self, seed: int) -> None:
        ways, people, capacity = town(seed)
        found = refuge(ways, people, capacity)
        assert outcomes(found).sum(axis=0) == pytest.approx(people, abs=1e-4)
        known = ~np.isnan(capacity)
        assert (found.assigned[known] <= capacity[known]).all()
        assert found.assigned.sum() == pytest.approx((found.with_room + found.unknown).sum())
        assert found.people.sum() == pytest.approx(found.assigned.sum())
        assert (outcomes(found) >= 0).all()
        assert found.short_at_least.sum() <= found.short.sum() + 1e-4
        assert found.short.sum() <= found.short_at_most.sum() + 1e-4

    @given(st.integers(0, 100_000), st.integers(0, 5), st.integers(1, 500))
    @settings(max_examples=60, deadline=None)
    def test_more_room_leaves_no_more_people_without(
        self, seed: int, which: int, more: int
    ) -> None:
        ways, people, capacity = town(seed)
        before = refuge(ways, people, capacity)
        wider = capacity.copy()
        wider[which % len(wider)] += more
        after = refuge(ways, people, wider)
        assert after.short.sum() <= before.short.sum() + 1e-4
        assert after.short_at_most.sum() <= before.short_at_most.sum() + 1e-4
        if before.short.sum() < 1e-9:  # all fit: they only walk less
            assert after.people @ ways.distance_m <= before.people @ ways.distance_m + 1e-3

    @given(st.integers(0, 100_000))
    @settings(max_examples=40, deadline=None)
    def test_what_turns_out_lies_between_the_bounds(self, seed: int) -> None:
        ways, people, capacity = town(seed)
        bounds = refuge(ways, people, capacity)
        true = np.where(np.isnan(capacity), seed % 97, capacity)
        short = refuge(ways, people, true).short.sum()
        assert bounds.short_at_least.sum() - 1e-4 <= short <= bounds.short_at_most.sum() + 1e-4

    @given(st.integers(0, 100_000))
    @settings(max_examples=40, deadline=None)
    def test_as_few_metres_as_a_linear_programme_finds(self, seed: int) -> None:
        ways, people, capacity = town(seed)
        if not len(ways.place):
            return
        room = np.nan_to_num(capacity, nan=77.0)
        found = refuge(ways, people, room)
        pairs = np.arange(len(ways.place))
        rows = np.zeros((len(people) + len(room), len(pairs)))
        rows[ways.place, pairs] = rows[len(people) + ways.shelter, pairs] = 1
        limits = np.concatenate([people, room])
        most = -linprog(-np.ones(len(pairs)), A_ub=rows, b_ub=limits).fun
        all_placed = {"A_eq": np.ones((1, len(pairs))), "b_eq": [most]}
        least = linprog(ways.distance_m, A_ub=rows, b_ub=limits, **all_placed).fun
        assert found.assigned.sum() == pytest.approx(most, abs=1e-4)
        assert found.people @ ways.distance_m == pytest.approx(least, rel=1e-6, abs=0.1)

    def test_the_nearest_takes_all_however_full(self) -> None:
        load = nearest_load(np.array([1, -1, 1, 0]), np.array([5.0, 7, 9, 1]), 3)
        assert load.tolist() == [1, 14, 0]


class TestCapacity:
    def shelters(self, *ids: str, capacity: float = NAN) -> pd.DataFrame:
        columns = {"destination_id": ids, "source_ids": ids, "service": "shelter", "name": "x"}
        place = {"lon": 137.0, "lat": 36.0, "source": "gsi-shelter", "capacity": capacity}
        return schema.DESTINATIONS.conform(pd.DataFrame({**columns, **place}))

    def space(self, *rows: tuple[str, float, float, str]) -> pd.DataFrame:
        table = pd.DataFrame(rows, columns=["source_id", "capacity", "area_m2", "source"])
        return table.astype({"source_id": "str", "source": "str"}).assign(edition="2012")

    def test_published_before_floor_area_before_unknown(self) -> None:
        space = self.space(("p20:1", 120, 350, "p20"), ("p20:2", NAN, 352, "p20"))
        out = with_capacity(self.shelters("g:1;p20:1", "g:2;p20:2", "g:3"), space, SPHERE)
        assert out["capacity"].tolist()[:2] == [120, 100]
        assert out["capacity_basis"].tolist() == ["published", "floor_area", "unknown"]
        assert out["capacity_source"].tolist()[:2] == ["p20 2012", "p20 2012"]
        assert out["capacity_source"].isna().tolist() == [False, False, True]
        # 350 m² / 3.5 m² = 100 people; 352 m² hold no more
        assert out["capacity_sphere"].tolist()[:2] == [100, 100]

    def test_the_first_id_with_a_capacity_gives_it_and_the_first_with_an_area_that(self) -> None:
        space = self.space(("m:1", 80, NAN, "municipal"), ("p20:1", 120, 350, "p20"))
        out = with_capacity(self.shelters("g:1;m:1;p20:1"), space, SPHERE).iloc[0]
        assert (out["capacity"], out["floor_area_m2"]) == (80, 350)
        assert out["capacity_source"] == "municipal 2012"

    def test_rows_keep_unknown_apart_from_zero(self) -> None:
        space = self.space(("g:1", 100, 350, "p20"))
        shelters = with_capacity(self.shelters("g:1", "g:2", "g:3"), space, SPHERE)
        come = np.array([150.0, 40, 0])
        rows = shelter_rows(
            shelters,
            nearest=come,
            assigned=np.array([100.0, 90, 0]),
            means={"mean_walk_m": np.array([50.0, 10, NAN])},
            on_road=np.array([True, True, False]),
            sphere=SPHERE,
        )
        full, unknown, off = (rows.iloc[k] for k in range(3))
        assert (full["shortfall_nearest"], full["places_free"], full["load_nearest"]) == (
            50,
            0,
            1.5,
        )
        assert (full["m2_per_person_assigned"], full["mean_walk_m"]) == (3.5, 50)
        assert (full["toilets_onset"], full["toilets_midterm"], full["baths"]) == (2, 5, 2)
        assert unknown[["shortfall_nearest", "places_free", "people_beyond_sphere"]].isna().all()
        assert unknown["toilets_onset"] == 2
        assert off["status"] == "no_road"
        assert off[["people_nearest", "people_assigned", "toilets_onset"]].isna().all()


def test_one_toilet_for_each_fifty_begun() -> None:
    assert fixtures([0, 1, 50, 51, 100.0000000001], 50).tolist() == [0, 1, 1, 2, 2]
    needs = sphere_needs([100.0], SPHERE).iloc[0]
    assert needs.tolist() == [350, 2, 5, 2]


def _areas(people: list[float]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    codes = [f"5537{k:04d}" for k in range(len(people))]
    origins = pd.DataFrame({"mesh_code": codes, "pref_code": "16", "inside": True})
    parts = origins.assign(muni_code=[f"1620{k % 2 + 1}" for k in range(len(people))])
    for column in schema.AGE_GROUPS.values():
        parts[column] = people
    munis = pd.DataFrame(
        {"muni_code": ["16201", "16202"], "name": ["東市", "西市"], "city_code": None}
    )
    return origins, parts, munis


def test_areas_add_up_and_hide_what_nobody_knows() -> None:
    people = [100.0, 60, 40, 20]
    areas = areas_of(*_areas(people), ("16", "架空県"))
    has_road = np.array([True, True, True, False])
    # place 0 full, place 1 unknown, place 2 out of reach
    ways = Ways(np.array([0, 1]), np.array([0, 1]), np.array([10.0, 10]))
    come = np.where(has_road, people, 0.0) * 0.5
    found = refuge(ways, come, np.array([30.0, NAN]))
    shares = cell_shares(found, come, 1)
    assert cell_outcomes(shares, has_road).tolist() == [
        "with_room",
        "unknown",
        "out_of_reach",
        "no_road",
    ]
    shelters = pd.DataFrame(
        {"muni_code": ["16201", "16202"], "capacity": [30.0, NAN], "floor_area_m2": [NAN, NAN]}
    )
    table = shelter_areas(
        areas,
        shares,
        has_road,
        shelters,
        evacuating_share=0.5,
        sphere=SPHERE,
        city_of={},
        labels={},
    )
    total = table[table["age_group"] == "total"].set_index("area_code")
    whole, west = total.loc["16"], total.loc["16202"]
    assert whole["people_evacuating"] == 100
    assert whole[[f"people_{n}" for n in OUTCOMES]].tolist() == [30, 30, 20, 20]
    assert whole["people_short_at_most"] == 50
    assert (whole["shelters"], whole["shelters_capacity_known"]) == (2, 1)
    assert whole["toilets_onset"] == 2
    assert west["unknown_rate"] == 1
    assert west[["people_with_room", "people_short", "people_short_at_most"]].isna().all()
    for group, rows in table.groupby("age_group"):
        assert rows["toilets_onset"].notna().all() == (group == "total")


@given(st.integers(0, 100_000))
@settings(max_examples=20, deadline=None)
def test_straight_pairs_are_all_pairs_within(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(137, 137.05, 12), rng.uniform(36, 36.05, 12)
    at_lon, at_lat = rng.uniform(137, 137.05, 5), rng.uniform(36, 36.05, 5)
    place, facility, metres = straight_pairs(lon, lat, at_lon, at_lat, 2000.0)
    every = geodesic_m(lon[:, None], lat[:, None], at_lon, at_lat)
    wanted = np.nonzero(every <= 2000)
    assert (place.tolist(), facility.tolist()) == (wanted[0].tolist(), wanted[1].tolist())
    assert metres == pytest.approx(every[wanted], abs=1e-5)


@pytest.mark.parametrize("shares", [[1.5], [0.5, 0.5], [0]])
def test_impossible_shares_of_evacuees_are_refused(shares: list[float]) -> None:
    mine = {"shelters": {"evacuating_shares": shares}}
    with pytest.raises(SettingsError, match="evacuating_shares"):
        parse(overlay(shipped_tables(), mine))
