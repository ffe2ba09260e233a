"""Random road graphs, as awkward as they come, against networkx on the plain graph."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from network_reference import brute_force, close, snap_all
from network_worlds import (
    AWKWARD,
    AWKWARD_ORIGINS,
    AWKWARD_TARGETS,
    LIMIT_M,
    WALK,
    Ways,
    as_feet,
    lonlats,
    modes,
    network_of,
    plain,
    points,
    worlds,
)

from coverage_gis import schema
from coverage_gis.network.model import Network
from coverage_gis.network.snap import node_places, snap
from coverage_gis.routing.nearest import Nearest, nearest, prepare


def solve(
    network: Network, targets: list[tuple[float, float]], origins: list[tuple[float, float]]
) -> Nearest:
    joined = snap(network, *lonlats(targets), LIMIT_M)
    graph = prepare(network, joined)
    return nearest(graph, np.arange(len(targets)), snap(network, *lonlats(origins), LIMIT_M))


@settings(max_examples=150, deadline=None)
@given(worlds(), points, points, modes)
@example(AWKWARD, AWKWARD_TARGETS, AWKWARD_ORIGINS, schema.WALK)
@example(AWKWARD, AWKWARD_TARGETS, AWKWARD_ORIGINS, schema.DRIVE)
def test_equals_networkx_on_the_plain_graph(world, targets, origins, mode) -> None:
    nodes, ways = world
    network = network_of(nodes, ways, mode)
    segments = plain(nodes, ways, mode)
    snapped = [snap(network, *lonlats(p), LIMIT_M) for p in (targets, origins)]
    feet = [as_feet(network, s, segments) for s in snapped]
    for places, mine in zip((targets, origins), feet, strict=True):
        for own, theirs in zip(mine, snap_all(segments, nodes, places, LIMIT_M), strict=True):
            assert (own is None) == (theirs is None)
            assert own is None or theirs is None or abs(own.leg_m - theirs.leg_m) < 1e-6

    by_time = mode == schema.DRIVE
    found = nearest(prepare(network, snapped[0]), np.arange(len(targets)), snapped[1])
    expected = brute_force(segments, feet[0], feet[1], by_time=by_time)
    for i, other in enumerate(expected):
        if other is None:
            assert found.target[i] == -1
            assert math.isnan(found.distance_m[i])
            assert math.isnan(found.travel_time_s[i])
        else:
            assert found.target[i] >= 0
            mine, theirs = (
                (found.travel_time_s[i], other.travel_time_s)
                if by_time
                else (found.distance_m[i], other.distance_m)
            )
            assert close(mine, theirs)
            if not by_time:
                assert close(found.travel_time_s[i], found.distance_m[i] / WALK)


@settings(max_examples=60, deadline=None)
@given(worlds(), points, points, points, modes)
def test_one_more_facility_never_lengthens(world, targets, more, origins, mode) -> None:
    network = network_of(*world, mode)
    before, after = solve(network, targets, origins), solve(network, targets + more, origins)
    assert np.all((before.target < 0) | (after.target >= 0))
    column = "travel_time_s" if mode == schema.DRIVE else "distance_m"
    reached = before.target >= 0
    assert np.all(getattr(after, column)[reached] <= getattr(before, column)[reached] + 1e-9)


@settings(max_examples=60, deadline=None)
@given(worlds(), points, points, modes, st.randoms(use_true_random=False))
def test_order_of_rows_and_of_ways_changes_nothing(world, targets, origins, mode, random) -> None:
    nodes, ways = world
    network = network_of(nodes, ways, mode)
    found = solve(network, targets, origins)
    order = list(range(len(targets)))
    random.shuffle(order)
    shuffled_ways = list(ways)
    random.shuffle(shuffled_ways)
    shuffled_network = network_of(nodes, shuffled_ways, mode)
    other = solve(shuffled_network, [targets[i] for i in order], origins)
    np.testing.assert_allclose(found.distance_m, other.distance_m, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.travel_time_s, other.travel_time_s, rtol=0, atol=1e-9)
    assert np.array_equal(found.target >= 0, other.target >= 0)


@settings(max_examples=60, deadline=None)
@given(worlds(), modes)
def test_reversing_all_ways_swaps_from_and_to(world, mode) -> None:
    nodes, ways = world
    flip = {"yes": "-1", "-1": "yes"}
    turned: Ways = [
        (way, refs, tags | {"oneway": flip[tags["oneway"]]} if "oneway" in tags else tags)
        for way, refs, tags in ways
    ]
    # a motorway is one-way unsaid: turn its line instead
    turned = [(w, r[::-1] if t["highway"] == "motorway" else r, t) for w, r, t in turned]
    results = []
    for network, outward in (
        (network_of(nodes, ways, mode), False),
        (network_of(nodes, turned, mode), True),
    ):
        places = node_places(network)  # nodes are the same in both, edges to join might not be
        graph = prepare(network, places.take(np.array([0, 1])), outward=outward)
        results.append(nearest(graph, np.array([0, 1]), places))
    for column in ("distance_m", "travel_time_s"):
        a, b = (getattr(r, column) for r in results)
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(worlds(), modes)
def test_building_loses_no_length_and_no_node(world, mode) -> None:
    nodes, ways = world
    network = network_of(nodes, ways, mode)
    segments = plain(nodes, ways, mode)
    assert network.n_segments == len(segments)
    assert abs(network.length_m - sum(s.length_m for s in segments)) < 1e-6
    assert set(network.node_id.tolist()) == {n for s in segments for n in (s.a, s.b)}
    assert network.component_nodes.sum() == len(network.node_id)
    again = Network.from_arrays(network.to_arrays())
    for name, array in network.to_arrays().items():
        assert np.array_equal(array, again.to_arrays()[name])
