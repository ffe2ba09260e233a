"""Fewer and more stores, and people per facility: what is known beforehand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.access.places import Places
from coverage_gis.access.reach import NONE, Reach
from coverage_gis.coverage.areas import Areas
from coverage_gis.coverage.sensitivity import (
    AS_IS,
    FEWER,
    Pairs,
    arriving,
    leaving,
    reached,
    sensitivity_rows,
)
from coverage_gis.coverage.support import people_of_facilities, people_per_facility, support_rows


def one_area(people: list[float]) -> Areas:
    n = len(people)
    table = pd.DataFrame({"area_level": ["prefecture"], "area_code": ["00"], "area_name": ["県"]})
    parts = np.arange(n)
    return Areas(table, parts, parts, np.zeros(n, dtype=np.int64), {"total": np.array(people)})


def places(cells: int, per_cell: int) -> Places:
    n = cells * (1 + per_cell)
    return Places(np.zeros(n), np.zeros(n), cells, per_cell, np.ones(cells))


class TestDraws:
    @given(st.integers(0, 60), st.floats(0.01, 0.99), st.integers(0, 5))
    @settings(deadline=None, max_examples=30)
    def test_as_many_leave_in_every_draw(self, stores: int, share: float, seed: int) -> None:
        stays = leaving(stores, share, 7, seed)
        assert (~stays).sum(axis=0).tolist() == [round(stores * share)] * 7
        assert (stays == leaving(stores, share, 7, seed)).all()

    def test_every_store_leaves_as_often(self) -> None:
        """10 of 100 leave in 4,000 draws: each 400 times, give or take 5 standard deviations."""
        gone = (~leaving(100, 0.1, 4_000, 1)).sum(axis=1)
        assert np.abs(gone - 400).max() < 5 * np.sqrt(4_000 * 0.1 * 0.9)

    def test_stores_come_where_people_live(self) -> None:
        people = np.array([0.0, 30.0, 0.0, 10.0, 0.0])
        at = arriving(people, 5, 2_000, 3)
        count = np.bincount(at.ravel(), minlength=5)
        assert count[[0, 2, 4]].tolist() == [0, 0, 0]
        assert count[1] / count.sum() == pytest.approx(0.75, abs=0.02)
        assert arriving(np.zeros(3), 5, 4, 0).shape == (4, 0)
        assert arriving(np.zeros(0), 5, 4, 0).shape == (4, 0)
        assert arriving(people, 0, 4, 0).shape == (4, 0)

    def test_the_last_place_has_its_share(self) -> None:
        count = np.bincount(arriving(np.array([0.0, 3.0, 1.0]), 5, 2_000, 3).ravel(), minlength=3)
        assert count[2] / count.sum() == pytest.approx(0.25, abs=0.02)
        assert arriving(np.array([0.5]), 1, 3, 0).tolist() == [[0]] * 3

    def test_who_leaves_is_not_drawn_with_who_comes(self) -> None:
        """One seed, two streams: a store more leaves those alone that were drawn to leave."""
        for seed in range(3):
            order = np.random.default_rng([seed, 0]).permutation(10)
            assert set(np.flatnonzero(~leaving(10, 0.3, 1, seed)[:, 0])) == set(order[:3])
            chance = np.random.default_rng([seed, 1]).random((2, 4))
            assert arriving(np.ones(10), 4, 2, seed).tolist() == np.floor(chance * 10).tolist()


class TestReached:
    pairs = Pairs(np.array([0, 0, 1, 3]), np.array([0, 1, 1, 2]))

    def test_by_any_store_that_stays(self) -> None:
        kept = np.array([[1, 0, 0], [1, 0, 1], [1, 1, 0]], dtype=bool)
        near = reached(self.pairs, kept, 4)
        assert near.T.tolist() == [
            [True, True, False, True],
            [False, False, False, True],
            [True, True, False, False],
        ]

    def test_rates_are_means_and_ranges_of_the_draws(self) -> None:
        """Two cells of two sub-points, 100 and 300 people, as in the draws above."""
        kept = np.array([[1, 0, 0], [1, 0, 1], [1, 1, 0]], dtype=bool)
        within = {
            FEWER: reached(self.pairs, kept, 4),
            AS_IS: reached(self.pairs, kept[:, :1], 4),
        }
        rows = sensitivity_rows(
            one_area([100, 300]),
            places(2, 2),
            within,
            {FEWER: 2, AS_IS: 3},
            has_road=np.ones(2, dtype=bool),
            labels={"service": "shop"},
        ).set_index("change")
        # as it is: all of the first cell, half of the second
        assert rows.loc[AS_IS, "coverage_rate"] == (100 + 150) / 400
        # draws: 250, 150 and 100 people
        assert rows.loc[FEWER, "covered_population"] == pytest.approx(500 / 3)
        assert rows.loc[FEWER, "coverage_rate_min"] == 0.25
        assert rows.loc[FEWER, "coverage_rate_max"] == 0.625
        assert rows["draws"].tolist() == [3, 1]

    def test_people_without_roads_are_in_no_rate(self) -> None:
        near = np.array([[True], [True], [False], [False]])
        rows = sensitivity_rows(
            one_area([100, 300]),
            places(2, 2),
            {AS_IS: near},
            {AS_IS: 1},
            has_road=np.array([True, False]),
            labels={},
        )
        assert rows["coverage_rate"].tolist() == [1.0]
        assert rows["covered_population"].tolist() == [100]

    def test_where_nobody_has_roads_nothing_is_known_and_less_than_one_person_counts(self) -> None:
        near = np.ones((4, 1), dtype=bool)
        rows = [
            sensitivity_rows(
                one_area([0.5, 300]),
                places(2, 2),
                {FEWER: near, AS_IS: near},
                {FEWER: 1, AS_IS: 1},
                has_road=np.array([some, False]),
                labels={},
            )
            for some in (True, False)
        ]
        assert rows[0]["covered_population"].tolist() == [0.5, 0.5]
        assert rows[0].index.tolist() == [0, 1]
        assert rows[1][["covered_population", "coverage_rate"]].isna().all(axis=None)

    @given(st.integers(1, 40), st.integers(0, 10_000), st.floats(0.05, 0.9))
    @settings(deadline=None, max_examples=40)
    def test_fewer_stores_never_reach_more(self, stores: int, seed: int, share: float) -> None:
        rng = np.random.default_rng(seed)
        pairs = Pairs(rng.integers(0, 30, 80), rng.integers(0, stores, 80))
        now = reached(pairs, np.ones((stores, 1), dtype=bool), 30)
        fewer = reached(pairs, leaving(stores, share, 5, seed), 30)
        assert not (fewer & ~now).any()


class TestSupport:
    def tables(self) -> tuple[pd.DataFrame, np.ndarray]:
        destinations = pd.DataFrame(
            {
                "destination_id": ["a", "b", "c", "d"],
                "name": ["甲", "乙", "丙", "丁"],
                "service": ["clinic", "clinic", "clinic", "shop"],
                "lon": 137.0,
                "lat": 36.0,
            }
        )
        return destinations, np.array(["16201", "16201", None, "16201"], dtype=object)

    def test_people_go_to_their_nearest_by_subpoint(self) -> None:
        """Cell 0 is half a's and half b's; cell 1 is a quarter nobody's."""
        target = np.array([0, 1, 0, 0, 1, 1, 1, 1, 1, NONE])
        reach = Reach(target, np.zeros(10), np.zeros(10))
        people = people_of_facilities(places(2, 4), reach, np.array([100.0, 40.0]), 4)
        assert people.tolist() == [50, 80, 0, 0]

    def test_who_falls_below_and_when(self) -> None:
        destinations, munis = self.tables()
        by_label = {
            "now": np.array([900.0, 2000.0, 5.0, 7.0]),
            "2020": np.array([880.0, 1990.0, 5.0, 7.0]),
            "2050": np.array([400.0, 1000.0, 5.0, 7.0]),
        }
        table = support_rows(destinations, munis, "clinic", by_label, 790)
        # b loses most, and keeps enough; c is in another prefecture
        assert table["destination_id"].tolist() == ["b", "a"]
        assert table["below_from"].tolist() == ["", "2050"]
        members = {"16201": {("prefecture", "00")}}
        each = people_per_facility(one_area([3000.0]), table, members, "2050")
        row = each.iloc[0]
        assert (row["facilities"], row["people_per_facility"]) == (2, 1500)
        assert row["facilities_below"] == 1

    def test_an_area_without_a_facility_has_no_people_per_facility(self) -> None:
        destinations, munis = self.tables()
        table = support_rows(destinations, munis, "hospital", {"now": np.zeros(4)}, 10)
        assert len(table) == 0
        each = people_per_facility(one_area([3000.0]), table, {}, "now")
        assert each["people_per_facility"].isna().all()
