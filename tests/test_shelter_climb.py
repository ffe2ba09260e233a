"""Climbing to shelters: heights told of homes and shelters, unknown is not level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.coverage.shelter_areas import cell_shares
from coverage_gis.errors import SettingsError
from coverage_gis.facilities.climb import climb_columns, climb_shares, climbs
from coverage_gis.facilities.refuge import Ways, refuge
from coverage_gis.settings import overlay, parse
from coverage_gis.sources.settings_file import load_settings, shipped_tables

NAN = float("nan")
EVERY = np.ones(3, dtype=bool)


def test_a_shelter_on_a_hill() -> None:
    """Shelter 0 at 30 m: 50 people from 5 m climb 25, 20 from 20 m exactly 10 (not more than it),
    10 from 40 m go down, and of 4 nobody knows the height."""
    place, shelter = np.array([0, 1, 2, 3, 4]), np.array([0, 0, 0, 0, -1])
    people = np.array([50.0, 20, 10, 4, 99])
    found = climbs(
        place,
        shelter,
        people,
        home_m=np.array([5.0, 20, 40, NAN, 0]),
        shelter_m=np.array([30.0, 2, NAN]),
        more_than_m=10,
    )
    out = climb_columns(found, EVERY, "nearest")
    assert out["people_climbing_nearest"].tolist() == [50, 0, 0]
    assert out["people_height_unknown_nearest"].tolist() == [4, 0, 0]
    mean_up = (50 * 25 + 20 * 10) / 80
    assert out["mean_climb_nearest_m"] == pytest.approx([mean_up, NAN, NAN], nan_ok=True)
    mean_home = (50 * 5 + 20 * 20 + 10 * 40) / 80
    assert out["mean_home_height_nearest_m"] == pytest.approx([mean_home, NAN, NAN], nan_ok=True)
    shares = climb_shares(found, people, 1)
    assert shares["climbing"].tolist() == [1, 0, 0, 0, 0]
    assert shares["height_unknown"].tolist() == [0, 0, 0, 1, 0]


def test_where_no_height_is_known_nobody_is_said_to_walk_on_the_level() -> None:
    found = climbs(
        np.arange(2),
        np.array([0, 1]),
        np.array([5.0, 7]),
        home_m=np.array([3.0, NAN]),
        shelter_m=np.array([NAN, 9.0, 9]),
        more_than_m=10,
    )
    out = climb_columns(found, np.array([True, True, False]), "assigned")
    assert np.isnan(out["people_climbing_assigned"]).all()
    assert out["people_height_unknown_assigned"][:2].tolist() == [5, 7]
    assert np.isnan(out["people_height_unknown_assigned"][2]), "no road leads there"


@given(st.integers(0, 100_000))
@settings(max_examples=40, deadline=None)
def test_the_people_of_shelters_and_of_cells_are_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    per_cell, n, m = 4, 12, 3
    place, shelter = np.nonzero(rng.random((n, m)) < 0.7)
    ways = Ways(place, shelter, rng.integers(1, 2000, len(place)).astype(float))
    people = rng.integers(0, 60, n).astype(float)
    found = refuge(ways, people, np.where(rng.random(m) < 0.3, NAN, rng.integers(0, 200, m)))
    home, top = rng.uniform(0, 80, n), rng.uniform(0, 80, m)
    home[rng.random(n) < 0.2] = NAN
    low, high = (
        climbs(place, shelter, found.people, home_m=home, shelter_m=top, more_than_m=limit)
        for limit in (10, 30)
    )
    whole = people.reshape(-1, per_cell).sum(axis=1)
    comes = cell_shares(found, people, per_cell)
    for up in (low, high):
        columns, shares = climb_columns(up, EVERY, "assigned"), climb_shares(up, people, per_cell)
        for column, share in (("climbing", "climbing"), ("height_unknown", "height_unknown")):
            by_shelter = np.nansum(columns[f"people_{column}_assigned"])
            assert by_shelter == pytest.approx((whole * shares[share]).sum(), abs=0.01)
        among = shares["climbing"] + shares["height_unknown"]
        assert (among <= comes["with_room"] + comes["unknown"] + 1e-9).all()
    assert high.people[high.climbs].sum() <= low.people[low.climbs].sum()


def test_the_limit_is_a_setting() -> None:
    assert load_settings().shelters.climb_m == 10
    with pytest.raises(SettingsError, match="climb_m"):
        parse(overlay(shipped_tables(), {"shelters": {"climb_m": "steep"}}))
