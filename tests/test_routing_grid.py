"""A perfect grid city, where every distance is known on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from network_reference import shipped_settings

from coverage_gis import crs, schema
from coverage_gis.network.build import build
from coverage_gis.network.osm_ways import ways_from_lists
from coverage_gis.network.snap import Snap, node_places, snap
from coverage_gis.routing.nearest import nearest, prepare

if TYPE_CHECKING:
    from coverage_gis.network.model import Network

N = 11
WEST, SOUTH, STEP = 137.0, 36.5, 0.001
WALK = 80 / 60
EASTWARD_M = {
    y: float(crs.geodesic_m(WEST, y, WEST + STEP, y)) for y in SOUTH + STEP * np.arange(N)
}
NORTHWARD_M = float(crs.geodesic_m(WEST, SOUTH, WEST, SOUTH + STEP))


def city(mode: str, **street_tags: str) -> Network:
    """Streets every 0.001 degrees both ways; ``street_tags`` on the southernmost."""
    nodes = {100 * x + y: (WEST + STEP * x, SOUTH + STEP * y) for x in range(N) for y in range(N)}
    ways = [(y, [100 * x + y for x in range(N)], {"highway": "residential"}) for y in range(N)]
    ways += [(N + x, [100 * x + y for y in range(N)], {"highway": "residential"}) for x in range(N)]
    ways[0] = (ways[0][0], ways[0][1], ways[0][2] | street_tags)
    return build(ways_from_lists(ways, nodes), shipped_settings().network, mode)


def at(network: Network, *points: tuple[float, float], limit_m: float = 200.0) -> Snap:
    """Places given in steps east and north of the corner."""
    table = np.array(points)
    return snap(network, WEST + STEP * table[:, 0], SOUTH + STEP * table[:, 1], limit_m)


def test_corners_become_chains_and_crossings_junctions() -> None:
    network = city(schema.WALK)
    assert len(network.node_id) == N * N
    assert len(network.junction) == N * N - 4
    assert network.n_segments == 2 * N * (N - 1)
    assert len(network.chain_from) == 2 * N * (N - 1) - 4
    assert network.component_nodes.tolist() == [N * N]


def test_distance_is_the_sum_of_both_ways_and_legs() -> None:
    network = city(schema.WALK)
    # 0.2 of a step off the street on both sides, at quarter points along it
    targets, origins = at(network, (0.25, 3.2)), at(network, (5.0, 7.75), (0.75, 3.1))
    found = nearest(prepare(network, targets), np.array([0]), origins)
    y3 = SOUTH + 3 * STEP
    leg_m = 0.2 * NORTHWARD_M
    expected = 4.75 * NORTHWARD_M + 4.75 * EASTWARD_M[y3] + leg_m
    # streets further north are shorter: the path may turn into its street later
    assert found.distance_m[0] <= expected + 1e-6
    assert found.distance_m[0] == pytest.approx(expected, rel=1e-4)
    same_street = 0.5 * EASTWARD_M[y3] + leg_m + 0.1 * NORTHWARD_M
    assert found.distance_m[1] == pytest.approx(same_street, abs=1e-3)
    np.testing.assert_allclose(found.travel_time_s, found.distance_m / WALK)


def test_a_one_way_street_is_driven_round_the_block() -> None:
    network = city(schema.DRIVE, oneway="yes")
    # both on the first block of the southernmost street, which leads east
    targets, origins = at(network, (2.25, 0.0)), at(network, (2.75, 0.0), (2.1, 0.0))
    found = nearest(prepare(network, targets), np.array([0]), origins)
    south, next_street = EASTWARD_M[SOUTH], EASTWARD_M[SOUTH + STEP]
    speed = 20 / 3.6
    round_m = 0.5 * south + 2 * NORTHWARD_M + next_street
    assert found.distance_m[0] == pytest.approx(round_m, abs=1e-4)
    assert found.travel_time_s[0] == pytest.approx(round_m / speed, abs=1e-4)
    assert found.distance_m[1] == pytest.approx(0.15 * south, abs=1e-6)
    # the ambulance, from the target to the places, meets it the other way round
    back = nearest(prepare(network, targets, outward=True), np.array([0]), origins)
    assert back.distance_m[0] == pytest.approx(0.5 * south, abs=1e-6)
    assert back.distance_m[1] == pytest.approx(
        0.85 * south + 2 * NORTHWARD_M + next_street, abs=1e-4
    )


def test_walkers_ignore_the_one_way_street() -> None:
    network = city(schema.WALK, oneway="yes")
    found = nearest(
        prepare(network, at(network, (2.25, 0.0))), np.array([0]), at(network, (2.75, 0.0))
    )
    assert found.distance_m[0] == pytest.approx(0.5 * EASTWARD_M[SOUTH], abs=1e-6)


def test_driving_seeks_time_and_reports_the_metres_of_that_path() -> None:
    network = city(schema.DRIVE, highway="primary")  # the southernmost street: 40 km/h, not 20
    targets, origins = at(network, (9.5, 1.0)), at(network, (0.5, 1.0))
    found = nearest(prepare(network, targets), np.array([0]), origins)
    side = 2 * NORTHWARD_M + 0.5 * EASTWARD_M[SOUTH + STEP] * 2
    fast = 8 * EASTWARD_M[SOUTH]
    assert found.distance_m[0] == pytest.approx(side + fast, abs=1e-4)
    assert found.travel_time_s[0] == pytest.approx(side / (20 / 3.6) + fast / (40 / 3.6), abs=1e-4)
    assert found.distance_m[0] > 9 * EASTWARD_M[SOUTH + STEP]


def test_equal_targets_go_to_the_lowest_index_and_members_choose() -> None:
    network = city(schema.WALK)
    targets = at(network, (4.0, 5.0), (6.0, 5.0), (4.0, 5.0), (9.0, 9.0))
    graph = prepare(network, targets)
    origin = at(network, (4.0, 5.0), (5.0, 5.0))
    assert nearest(graph, np.array([2, 0, 1]), origin).target.tolist()[0] == 0
    assert nearest(graph, np.array([2, 1]), origin).target.tolist()[0] == 2
    only = nearest(graph, np.array([3]), origin)
    assert only.target.tolist() == [3, 3]
    assert only.distance_m[0] > only.distance_m[1] > 0


def test_nothing_to_reach_is_nan_and_minus_one() -> None:
    network = city(schema.WALK)
    targets, origins = at(network, (20.0, 20.0)), at(network, (1.0, 1.0), (30.0, 1.0))
    graph = prepare(network, targets)
    for members in (np.array([0]), np.array([], dtype=np.int64)):
        found = nearest(graph, members, origins)
        assert found.target.tolist() == [-1, -1]
        assert np.isnan(found.distance_m).all()
        assert np.isnan(found.travel_time_s).all()


def test_an_origin_off_the_network_reaches_nothing() -> None:
    network = city(schema.WALK)
    targets, origins = at(network, (1.0, 1.0)), at(network, (30.0, 1.0), (1.0, 1.0))
    found = nearest(prepare(network, targets), np.array([0]), origins)
    assert found.target.tolist() == [-1, 0]
    assert np.isnan(found.distance_m[0])
    assert found.distance_m[1] == pytest.approx(0.0, abs=1e-6)


def test_no_origin_in_no_origin_out() -> None:
    network = city(schema.WALK)
    none = snap(network, np.empty(0), np.empty(0), 100.0)
    assert len(none) == 0
    assert len(nearest(prepare(network, none), np.empty(0, np.int64), none).target) == 0


def test_every_node_can_be_asked() -> None:
    network = city(schema.WALK)
    graph = prepare(network, at(network, (0.0, 0.0)))
    places = node_places(network)
    found = nearest(graph, np.array([0]), places)
    x, y = network.node_id // 100, network.node_id % 100
    # walking north first saves a little, streets being shorter there
    expected = y * NORTHWARD_M + x * np.array([EASTWARD_M[SOUTH + STEP * k] for k in range(N)])[y]
    np.testing.assert_allclose(found.distance_m, expected, rtol=1e-4)
    np.testing.assert_array_equal(places.lon, network.lon)


def test_inputs_stay_as_they_are() -> None:
    network = city(schema.WALK)
    for array in network.to_arrays().values():
        array.setflags(write=False)
    targets = at(network, (1.2, 1.0))
    found = nearest(prepare(network, targets), np.array([0]), at(network, (3.0, 1.0)))
    assert found.target.tolist() == [0]
