"""Places near a gap in the map: two footholds, the better of which counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_reference import (
    Foot,
    brute_force_either,
    brute_pairs,
    close,
    shipped_settings,
    snap_twice,
)
from network_worlds import (
    LIMIT_M,
    as_feet,
    lonlats,
    modes,
    network_of,
    plain,
    points,
    profiles,
    worlds,
)

from coverage_gis import crs, schema
from coverage_gis.access.components import components
from coverage_gis.network.build import build
from coverage_gis.network.footholds import Footholds, footholds, only
from coverage_gis.network.osm_ways import ways_from_lists
from coverage_gis.network.snap import snap
from coverage_gis.routing.footholds import (
    counts_within,
    facilities,
    facility_pairs,
    k_nearest_facilities,
    nearest_facility,
)
from coverage_gis.routing.nearest import Nearest, nearest, prepare
from coverage_gis.settings import MapGaps
from coverage_gis.sources.osm import read_osm

WEST, SOUTH = 137.0, 36.5
PER_LON, PER_LAT = (float(x) for x in crs.metres_per_degree(SOUTH))
rules = st.builds(
    MapGaps, st.sampled_from([0.0, 60.0, 150.0, 400.0, 1e9]), st.sampled_from([20.0, 90.0, 1e5])
)
USUAL, OFF = MapGaps(1000.0, 250.0), MapGaps(0.0, 250.0)


def at(east_m: float, north_m: float) -> tuple[float, float]:
    return WEST + east_m / PER_LON, SOUTH + north_m / PER_LAT


def town(island_m: float = 60.0):
    """A straight road of 2 km, and 100 m north of its middle a lane that is joined to nothing."""
    nodes = {1: at(0, 0), 2: at(2000, 0), 3: at(1000, 100), 4: at(1000 + island_m, 100)}
    street = {"highway": "residential"}
    return build(
        ways_from_lists([(1, [1, 2], street), (2, [3, 4], street)], nodes), profiles(), "walk"
    )


def places(*positions: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    return lonlats([at(*p) for p in positions])


def stand(network, *positions, limit_m: float = 500.0, gaps: MapGaps = USUAL) -> Footholds:
    return footholds(network, *places(*positions), limit_m, gaps)


def ask(network, shops: Footholds, homes: Footholds) -> tuple[Nearest, np.ndarray]:
    return nearest_facility(facilities(network, shops), np.arange(len(shops)), homes)


class TestOneLane:
    def test_a_home_by_a_lane_that_leads_nowhere_starts_from_the_road(self) -> None:
        network = town()
        found, snap_m = ask(network, stand(network, (0, 5)), stand(network, (1030, 110)))
        assert found.distance_m[0] == pytest.approx(5 + 1030 + 110, abs=0.02)
        assert found.travel_time_s[0] == pytest.approx(found.distance_m[0] * 60 / 80)
        assert snap_m[0] == pytest.approx(110, abs=0.01), "to the edge that is used"

    def test_a_shop_on_the_lane_is_reached_from_the_road(self) -> None:
        network = town()
        found, _ = ask(network, stand(network, (1030, 101)), stand(network, (0, 5)))
        assert found.distance_m[0] == pytest.approx(101 + 1030 + 5, abs=0.02)

    def test_on_the_lane_the_shorter_way_counts(self) -> None:
        network = town()
        shops, home = stand(network, (1050, 100), (1100, -1)), stand(network, (1010, 100))
        found, snap_m = ask(network, shops, home)
        assert found.target[0] == 0
        assert found.distance_m[0] == pytest.approx(40, abs=0.01)
        assert snap_m[0] == pytest.approx(0, abs=0.01)
        several, used = k_nearest_facilities(facilities(network, shops), np.arange(2), home, 3)
        assert used[0] == pytest.approx([0, 100, 0], abs=0.01)
        assert several.target.tolist() == [[0, 1, -1]]
        assert several.distance_m[0, :2] == pytest.approx([40, 100 + 90 + 1], abs=0.02)
        counts = counts_within(facilities(network, shops), np.arange(2), home, [10, 50, 200, 1e6])
        assert counts.tolist() == [[0, 1, 2, 2]], "each shop once, though one is reached both ways"

    def test_an_island_stays_one(self) -> None:
        network = town(island_m=200.0)
        # long, or far from all else
        for gaps in (OFF, MapGaps(199.0, 250.0), MapGaps(1000.0, 99.0)):
            home = stand(network, (1030, 110), gaps=gaps)
            assert len(home.of) == 0
            found, snap_m = ask(network, stand(network, (0, 5), gaps=gaps), home)
            assert found.target[0] == -1
            assert math.isnan(found.distance_m[0])
            assert snap_m[0] == pytest.approx(10, abs=0.01)

    def test_beyond_the_limit_there_is_no_second_foothold(self) -> None:
        home = stand(town(), (1030, 110), limit_m=109.0)
        assert home.first.joined.all()
        assert len(home.of) == 0

    def test_who_lives_on_what_is_counted(self) -> None:
        network = town()
        homes = stand(network, (1030, 110), (100, 1), (1030, 640), (0, 9000), limit_m=600.0)
        shops = stand(network, (0, 5), limit_m=600.0)
        part = components(
            network,
            homes,
            shops,
            {"shop": np.array([0])},
            people=np.array([7.0, 20, 3, 1]),
            gaps=USUAL,
        )
        record = part.record()
        assert record["components"] == 2
        assert record["gaps_in_the_map"] == 1
        assert record["people_on_the_main_one"] == 20
        assert record["people_on_others"] == 10
        assert record["people_on_others_near_a_larger_one"] == 7
        assert record["people_whose_components_lack"] == {"shop": 3.0}
        assert [(b["below_m"], b["components"], b["people"]) for b in record["by_length"]] == [
            (100.0, 1, 10.0),
            (10000.0, 1, 20.0),
        ]
        (lane,) = record["most_people"]
        assert (lane["people"], lane["cells"], lane["lacking"]) == (10.0, 2, ["shop"])
        assert part.gap.tolist() == [k != part.main for k in range(2)]
        for k in range(2):  # each is named by a node of its own
            lon, lat = network.lon, network.lat
            [node] = np.flatnonzero((lon == part.place[k, 0]) & (lat == part.place[k, 1]))
            assert network.component[np.flatnonzero(network.junction == node)[0]] == k


def feet_of(network, segments, stood: Footholds) -> list[list[Foot]]:
    """Return our own choice of edges in the reference's terms (equally near ones are many)."""
    out = [[f] if f else [] for f in as_feet(network, stood.first, segments)]
    for place, foot in zip(stood.of, as_feet(network, stood.second, segments), strict=True):
        out[place].append(foot)
    return out


@settings(max_examples=150, deadline=None)
@given(worlds(), points, points, modes, st.tuples(rules, st.integers(1, 4), st.floats(0, 900)))
def test_equal_networkx_by_the_better_of_all_feet(world, targets, origins, mode, numbers) -> None:
    nodes, ways = world
    gaps, k, cutoff = numbers
    network, segments = network_of(nodes, ways, mode), plain(nodes, ways, mode)
    stood = [footholds(network, *lonlats(p), LIMIT_M, gaps) for p in (targets, origins)]
    feet = [feet_of(network, segments, s) for s in stood]
    for own, given_points in zip(feet, (targets, origins), strict=True):
        theirs = snap_twice(segments, nodes, given_points, LIMIT_M, gaps)
        for mine, other in zip(own, theirs, strict=True):
            assert mine[0].leg_m == pytest.approx(other[0].leg_m, abs=1e-6) if mine else not other
            if len(mine) == len(other) == 2:
                assert mine[1].leg_m == pytest.approx(other[1].leg_m, abs=1e-6)
    by_time = mode == schema.DRIVE
    asked, members = facilities(network, stood[0]), np.arange(len(targets))
    found, snap_m = nearest_facility(asked, members, stood[1])
    column = "travel_time_s" if by_time else "distance_m"
    for i, best in enumerate(brute_force_either(segments, *feet, by_time=by_time)):
        if best is None:
            assert found.target[i] == -1
            assert math.isnan(getattr(found, column)[i])
        else:
            assert close(getattr(found, column)[i], getattr(best[0], column))
            assert any(abs(snap_m[i] - foot.leg_m) < 1e-9 for foot in feet[1][i])

    # every pair of feet, the shorter of each pair of place and facility
    owner = [[i for i, f in enumerate(each) for _ in f] for each in feet]
    pairs: dict[tuple[int, int], float] = {}
    flat = [[foot for f in each for foot in f] for each in feet]
    for (o, t), d in brute_pairs(segments, *flat, by_time=by_time).items():
        pair = owner[1][o], owner[0][t]
        pairs[pair] = min(d, pairs.get(pair, np.inf))
    several, used = k_nearest_facilities(asked, members, stood[1], k)
    np.testing.assert_array_equal(used[:, 0], snap_m)
    table = facility_pairs(asked, members, stood[1], np.inf)
    named = list(zip(table.origin.tolist(), table.target.tolist(), strict=True))
    assert named == sorted(pairs)
    np.testing.assert_allclose(getattr(table, column), [pairs[p] for p in named], atol=1e-6)
    assert np.array_equal(several.target[:, 0], found.target)
    for o in range(len(origins)):
        theirs = sorted(d for (origin, _), d in pairs.items() if origin == o)[:k]
        mine = several.target[o][several.target[o] >= 0].tolist()
        np.testing.assert_allclose(getattr(several, column)[o][: len(mine)], theirs, atol=1e-6)
        assert len(set(mine)) == len(mine)
        for d, t in zip(getattr(several, column)[o], mine, strict=False):
            assert abs(d - pairs[o, t]) < 1e-6
    if all(abs(cutoff - d) > 1e-6 for d in pairs.values()):
        counts = counts_within(asked, members, stood[1], [cutoff])
        expected = [
            sum(d <= cutoff for (a, _), d in pairs.items() if a == o) for o in range(len(origins))
        ]
        assert counts[:, 0].tolist() == expected


@settings(max_examples=80, deadline=None)
@given(worlds(), st.tuples(points, points), points, modes, rules)
def test_neither_a_facility_nor_a_foothold_lengthens(world, shops, origins, mode, gaps) -> None:
    targets, more = shops
    network = network_of(*world, mode)
    column = "travel_time_s" if mode == schema.DRIVE else "distance_m"

    def impedance(shops: list, rule: MapGaps) -> np.ndarray:
        stood = [footholds(network, *lonlats(p), LIMIT_M, rule) for p in (shops, origins)]
        found, _ = ask(network, *stood)
        return np.nan_to_num(getattr(found, column), nan=np.inf)

    before = impedance(targets, gaps)
    assert (impedance(targets + more, gaps) <= before + 1e-9).all()
    assert (before <= impedance(targets, OFF) + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(worlds(), points, points, modes)
def test_without_small_components_all_is_as_nearest_says(world, targets, origins, mode) -> None:
    network = network_of(*world, mode)
    shops, homes = (snap(network, *lonlats(p), LIMIT_M) for p in (targets, origins))
    plain_answer = nearest(prepare(network, shops), np.arange(len(targets)), homes)
    answer, snap_m = ask(network, only(shops), only(homes))
    for name in ("target", "distance_m", "travel_time_s"):
        np.testing.assert_array_equal(getattr(answer, name), getattr(plain_answer, name))
    np.testing.assert_array_equal(snap_m, homes.snap_m)


@pytest.mark.parametrize(
    "relative", ["16/toyama_city.osm.pbf", "elsewhere/newport-2023-06-13.osm.pbf"]
)
def test_on_real_roads_it_only_adds(relative: str, shared_data) -> None:
    """Places on small components reach what the road beside them reaches; all others stay."""
    shipped = shipped_settings()
    ways = read_osm([shared_data(relative)], bounds=None, settings=shipped).ways
    network = build(ways, shipped.network, "walk")
    rng = np.random.default_rng(4)
    some = rng.choice(len(network.node_id), 20_000, replace=False)
    lon, lat = (v[some] + rng.uniform(-0.002, 0.002, len(some)) for v in (network.lon, network.lat))
    homes, shops = (
        footholds(network, lon[rows], lat[rows], 600.0, shipped.network.gaps)
        for rows in (slice(None), slice(0, 100))
    )
    found, snap_m = ask(network, shops, homes)
    without, _ = ask(network, only(shops.first), only(homes.first))
    assert len(homes.of) > 50
    gained = (found.target >= 0) & (without.target < 0)
    assert set(np.flatnonzero(gained)) <= set(homes.of)
    assert gained.sum() > 50
    both = without.target >= 0
    assert (found.distance_m[both] <= without.distance_m[both] + 1e-9).all()
    same = ~np.isin(np.arange(len(homes)), homes.of)
    np.testing.assert_array_equal(snap_m[same], homes.first.snap_m[same])
    head = homes.head(5_000)
    assert len(head) == 5_000
    assert np.array_equal(head.of, homes.of[homes.of < 5_000])
    assert np.array_equal(head.second.snap_m, homes.second.snap_m[homes.of < 5_000])
