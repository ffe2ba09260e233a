"""Random road graphs, as awkward as they come, against networkx on the plain graph."""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from network_reference import Foot, Segment, brute_force, close, segment, shipped_settings, snap_all

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.network.build import build
from coverage_gis.network.model import Network
from coverage_gis.network.osm_ways import ways_from_lists
from coverage_gis.network.snap import Snap, node_places, snap
from coverage_gis.routing.nearest import Nearest, nearest, prepare

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT_M = 400.0
WEST, SOUTH, STEP = 137.0, 36.5, 5e-4
Nodes = dict[int, tuple[float, float]]
Ways = list[tuple[int, list[int], dict[str, str]]]

# (walk forward, walk backward, drive forward, drive backward) in m/s, None closed
WALK = 80 / 60
RULES: Mapping[tuple[str, str], tuple[float | None, ...]] = {
    ("residential", ""): (WALK, WALK, 20 / 3.6, 20 / 3.6),
    ("residential", "yes"): (WALK, WALK, 20 / 3.6, None),
    ("residential", "-1"): (WALK, WALK, None, 20 / 3.6),
    ("primary", "yes"): (WALK, WALK, 40 / 3.6, None),
    ("primary", ""): (WALK, WALK, 40 / 3.6, 40 / 3.6),
    ("footway", ""): (WALK, WALK, None, None),
    ("motorway", ""): (None, None, 80 / 3.6, None),
}

cells = st.tuples(st.integers(0, 12), st.integers(0, 12))


@cache
def profiles():
    return shipped_settings().network


def lonlat(cell: tuple[int, int]) -> tuple[float, float]:
    """Few places for many nodes, so that some coincide; slightly bent, so that ties are rare."""
    x, y = cell
    return WEST + STEP * (x + 0.013 * y * y), SOUTH + STEP * (y + 0.007 * x * x)


def no_pair_twice(refs: list[int]) -> bool:
    """Whether (way, a, b) names one segment; parallel ones come from several ways."""
    pairs = [frozenset(pair) for pair in itertools.pairwise(refs)]
    return len(set(pairs)) == len(pairs)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Nodes, Ways]:
    places = draw(st.lists(cells, min_size=2, max_size=9))
    nodes = {10 + i: lonlat(c) for i, c in enumerate(places)}
    refs = st.lists(st.sampled_from(sorted(nodes)), min_size=2, max_size=5)
    kinds = st.sampled_from(sorted(RULES))
    ways: Ways = []
    for i, (line, (highway, oneway)) in enumerate(
        draw(st.lists(st.tuples(refs.filter(no_pair_twice), kinds), min_size=1, max_size=9))
    ):
        ways.append((100 + i, line, {"highway": highway} | ({"oneway": oneway} if oneway else {})))
    return nodes, ways


points = st.lists(
    st.tuples(st.floats(-1, 13), st.floats(-1, 13)).map(
        lambda c: (WEST + STEP * c[0], SOUTH + STEP * c[1])
    ),
    min_size=1,
    max_size=5,
)
modes = st.sampled_from((schema.WALK, schema.DRIVE))


def plain(nodes: Nodes, ways: Ways, mode: str) -> list[Segment]:
    out = []
    for way, refs, tags in ways:
        rule = RULES[tags["highway"], tags.get("oneway", "")]
        forward, backward = rule[:2] if mode == schema.WALK else rule[2:]
        snappable = tags["highway"] != "motorway"
        if forward or backward:
            out += [
                segment(way, a, b, nodes, (forward, backward), snappable=snappable)
                for a, b in itertools.pairwise(refs)
                if a != b
            ]
    return out


def network_of(nodes: Nodes, ways: Ways, mode: str) -> Network:
    try:
        return build(ways_from_lists(ways, nodes), profiles(), mode)
    except InputError:
        assume(False)
        raise


def lonlats(places: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(places, dtype=np.float64)
    return table[:, 0], table[:, 1]


def as_feet(network: Network, snapped: Snap, segments: list[Segment]) -> list[Foot | None]:
    """Return our own choice of edges in the reference's terms (equally near ones are many)."""
    feet: list[Foot | None] = []
    for i in range(len(snapped)):
        if snapped.chain[i] < 0:
            feet.append(None)
            continue
        vertex = snapped.segment[i]
        a, b = (int(network.node_id[network.vertex_node[vertex + k]]) for k in (0, 1))
        way = int(network.segment_way_id[vertex])
        start, end = network.vertex_m[vertex], network.vertex_m[vertex + 1]
        t = (snapped.position_m[i] - start) / (end - start) if end > start else 0.0
        for k, s in enumerate(segments):
            # one-way chains run forward, so a one-way segment is met in its direction of travel
            ways_through = {(s.a, s.b): s.forward_s, (s.b, s.a): s.backward_s}
            if s.way == way and ways_through.get((a, b)) is not None:
                feet.append(Foot(k, t if (s.a, s.b) == (a, b) else 1 - t, snapped.snap_m[i]))
                break
        else:
            raise AssertionError(f"no segment {a}-{b} of way {way} in the data")
    return feet


def solve(
    network: Network, targets: list[tuple[float, float]], origins: list[tuple[float, float]]
) -> Nearest:
    joined = snap(network, *lonlats(targets), LIMIT_M)
    graph = prepare(network, joined)
    return nearest(graph, np.arange(len(targets)), snap(network, *lonlats(origins), LIMIT_M))


@settings(max_examples=150, deadline=None)
@given(worlds(), points, points, modes)
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
