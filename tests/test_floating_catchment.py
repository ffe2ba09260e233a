"""2SFCA and assignment under capacity: nothing is made, nobody is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from coverage_gis.access.floating_catchment import gaussian, two_step, zones
from coverage_gis.errors import InputError
from coverage_gis.facilities.assignment import assign


def town(seed: int, reach_m: float = 600.0) -> tuple[np.ndarray, ...]:
    """Places and facilities in a square of 1 km, with the pairs within reach."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, 8)), int(rng.integers(1, 5))
    home, site = rng.uniform(0, 1000, (n, 2)), rng.uniform(0, 1000, (k, 2))
    way = np.hypot(*(home[:, None] - site[None]).transpose(2, 0, 1))
    place, facility = np.nonzero(way <= reach_m)
    people = rng.integers(0, 50, n).astype(float)
    return place, facility, way[place, facility], people, rng.integers(0, 60, k).astype(float)


class TestFloatingCatchment:
    def test_one_clinic_is_shared_by_all_within_reach(self) -> None:
        out = two_step(
            np.array([0, 1]),
            np.array([0, 0]),
            np.ones(2),
            np.array([30, 70, 5.0]),
            np.array([10.0]),
        )
        assert out.access == pytest.approx([0.1, 0.1, 0])
        assert out.ratio == pytest.approx([0.1])

    @given(st.integers(0, 10_000), st.sampled_from(["plain", "gaussian", "zones"]))
    @settings(max_examples=60, deadline=None)
    def test_access_of_all_people_is_the_supply_anybody_reaches(self, seed: int, form: str) -> None:
        place, facility, way, people, supply = town(seed)
        weight = {
            "plain": np.ones(len(way)),
            "gaussian": gaussian(way, 600.0),
            "zones": zones(way, (200, 400, 600), (1, 0.68, 0.22)),
        }[form]
        out = two_step(place, facility, weight, people, supply)
        reached = np.zeros(len(supply), bool)
        reached[facility[(weight * people[place]) > 0]] = True
        assert (out.access @ people) == pytest.approx(supply[reached].sum())
        assert (np.isnan(out.ratio) == ~reached).all()

    def test_people_beyond_the_border_are_demand(self) -> None:
        pairs = np.array([0, 1]), np.array([0, 0]), np.ones(2)
        alone = two_step(*pairs, np.array([50.0, 0]), np.array([10.0]))
        shared = two_step(*pairs, np.array([50.0, 50]), np.array([10.0]))
        assert shared.access[0] == pytest.approx(alone.access[0] / 2)

    def test_unknown_supply_is_said_and_not_taken_for_none(self) -> None:
        out = two_step(
            np.array([0, 0, 1]),
            np.array([0, 1, 0]),
            np.ones(3),
            np.array([10.0, 10]),
            np.array([4.0, np.nan]),
        )
        assert list(out.unknown) == [True, False]
        assert out.access == pytest.approx([0.2, 0.2])

    def test_decay_starts_at_one_and_ends_at_nothing(self) -> None:
        way = np.linspace(0, 1200, 50)
        weight = gaussian(way, 1000.0)
        assert weight[0] == 1
        assert (np.diff(weight) <= 0).all()
        assert (weight[way >= 1000] == 0).all()
        assert list(zones(np.array([0, 10, 10.1, 31]), (10, 20, 30), (1, 0.68, 0.22))) == [
            1, 1, 0.68, 0,
        ]  # fmt: skip

    def test_decay_is_the_published_formula(self) -> None:
        # at half the cutoff (exp(-1/8) - exp(-1/2)) / (1 - exp(-1/2)), at four fifths exp(-8/25)
        assert gaussian(np.array([5.0, 8.0]), 10.0) == pytest.approx([0.7013664, 0.3040094])

    def test_neighbouring_zones_may_weigh_the_same(self) -> None:
        assert zones(np.array([5.0, 15, 25]), (10, 20), (1, 1)).tolist() == [1, 1, 0]

    def test_a_facility_of_no_weight_is_not_within_reach(self) -> None:
        pairs = np.array([0, 1]), np.array([0, 0])
        out = two_step(*pairs, np.array([0.0, 1.0]), np.array([10.0, 10]), np.array([np.nan]))
        assert out.unknown.tolist() == [False, True]
        assert out.access.tolist() == [0, 0]
        assert np.isnan(out.ratio).all()

    @pytest.mark.parametrize("name", ["people", "weights", "supply"])
    def test_impossible_numbers_are_refused(self, name: str) -> None:
        numbers = {key: np.ones(1) for key in ("weights", "people", "supply")}
        zero = np.array([0])
        two_step(zero, zero, *numbers.values())
        numbers[name] = np.array([-1.0])
        with pytest.raises(InputError, match=name):
            two_step(zero, zero, *numbers.values())

    @pytest.mark.parametrize(
        ("limits", "weights"),
        [
            ((20, 10), (1, 0.5)),
            ((10, 10), (1, 0.5)),
            ((10, 20), (0.5, 1)),
            ((10,), (1, 0.5)),
            ((10, 20), (1,)),
            ((), ()),
        ],
    )
    def test_impossible_zones_are_refused(self, limits, weights) -> None:
        with pytest.raises(InputError, match="Zones"):
            zones(np.ones(1), limits, weights)


class TestAssignment:
    def test_greedy_is_not_enough(self) -> None:
        # Both live nearest to A, which has room for one; who can go to B cheaply must go there.
        place, facility = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
        way = np.array([100, 1000, 90, 110.0])
        out = assign(place, facility, way, np.array([1.0, 1]), np.array([1.0, 1]))
        assert out.people == pytest.approx([1, 0, 0, 1])
        assert out.person_m == pytest.approx(210)
        assert out.shortfall(np.array([1.0, 1])) == pytest.approx([1, 0])

    def test_as_many_as_possible_before_as_near_as_possible(self) -> None:
        # The second place reaches A alone, so the first must go far to B.
        place, facility = np.array([0, 0, 1]), np.array([0, 1, 0])
        out = assign(place, facility, np.array([1, 5000, 600.0]), np.ones(2), np.ones(2))
        assert out.unassigned == pytest.approx([0, 0])
        assert out.person_m == pytest.approx(5600)

    @given(st.integers(0, 10_000))
    @settings(max_examples=60, deadline=None)
    def test_never_above_capacity_and_nobody_lost(self, seed: int) -> None:
        place, facility, way, people, capacity = town(seed)
        out = assign(place, facility, way, people, capacity)
        assert (out.assigned <= capacity).all()
        assert out.assigned.sum() + out.unassigned.sum() == pytest.approx(people.sum())
        reached = np.isin(np.arange(len(people)), place)
        assert out.unreachable.tolist() == np.where(reached, 0.0, people).tolist()
        assert (out.unassigned >= out.unreachable - 1e-9).all()
        assert (out.unassigned >= 0).all()
        assert (out.people >= 0).all()
        assert out.nearest.sum() == pytest.approx(people[reached].sum())

    @given(st.integers(0, 10_000))
    @settings(max_examples=40, deadline=None)
    def test_least_person_metres_for_most_people(self, seed: int) -> None:
        place, facility, way, people, capacity = town(seed)
        if len(place) == 0:
            return
        out = assign(place, facility, way, people, capacity)
        # An independent formulation in two steps: first how many, then how far.
        rows = np.zeros((len(people) + len(capacity), len(place)))
        rows[place, np.arange(len(place))] = 1
        rows[len(people) + facility, np.arange(len(place))] = 1
        limits = np.concatenate([people, capacity])
        most = -linprog(-np.ones(len(place)), A_ub=rows, b_ub=limits).fun
        assert out.assigned.sum() == pytest.approx(most, abs=1e-6)
        least = linprog(way, A_ub=rows, b_ub=limits, A_eq=np.ones((1, len(place))), b_eq=[most]).fun
        assert out.person_m == pytest.approx(least, rel=1e-7, abs=1e-5)

    def test_nobody_in_reach_is_shortfall(self) -> None:
        none = np.array([], dtype=np.int64)
        out = assign(none, none, np.array([]), np.array([7.0]), np.array([3.0]))
        assert out.unassigned == pytest.approx([7])
        assert out.unreachable == pytest.approx([7])
        assert out.assigned == pytest.approx([0])
        assert out.people.tolist() == []
        assert out.nearest.tolist() == [0]
        assert out.person_m == 0

    def test_no_room_at_all_is_shortfall_of_those_who_reach_it(self) -> None:
        zero = np.array([0, 1])
        out = assign(zero, zero, np.array([5.0, 6]), np.array([2.0, 3, 4]), np.zeros(2))
        assert out.unassigned.tolist() == [2, 3, 4]
        assert out.unreachable.tolist() == [0, 0, 4]
        assert out.nearest.tolist() == [2, 3]
        assert out.people.tolist() == [0, 0]
        assert out.person_m == 0

    def test_where_nobody_lives_nobody_goes(self) -> None:
        zero = np.array([0])
        out = assign(zero, zero, np.array([5.0]), np.zeros(1), np.ones(1))
        assert (out.people.tolist(), out.unassigned.tolist()) == ([0], [0])

    def test_a_thousandth_of_a_person_is_counted_to_the_millionth(self) -> None:
        place, facility = np.array([0, 0]), np.array([0, 1])
        out = assign(place, facility, np.array([1.0, 2]), np.array([0.003]), np.array([0.001, 9]))
        assert out.people == pytest.approx([0.001, 0.002], abs=1e-9)

    @pytest.mark.parametrize("impossible", [np.nan, np.inf, -np.inf, -0.5])
    @pytest.mark.parametrize("which", ["people", "capacity", "ways"])
    def test_impossible_numbers_are_refused(self, which: str, impossible: float) -> None:
        zero = np.array([0])
        of = {name: np.ones(1) for name in ("ways", "people", "capacity")}
        of[which] = np.array([impossible])
        with pytest.raises(InputError, match=f"needs {which} that are finite"):
            assign(zero, zero, of["ways"], of["people"], of["capacity"])
