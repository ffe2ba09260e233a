"""All nodes of a network at once, and whole chains counted as one: against place by place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_reference import shipped_settings
from network_worlds import LIMIT_M, lonlats, modes, network_of, points, worlds

import coverage_gis
from coverage_gis import schema
from coverage_gis.network.build import build
from coverage_gis.network.snap import node_places, snap
from coverage_gis.routing.nearest import prepare
from coverage_gis.routing.several import k_nearest, k_nearest_of_nodes
from coverage_gis.routing.within import pairs_within, within, within_of_nodes
from coverage_gis.sources.osm import read_osm

cutoffs = st.lists(st.floats(0, 900), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(worlds(), modes, points, cutoffs, st.tuples(st.booleans(), st.integers(1, 4)))
def test_all_nodes_at_once_are_the_nodes_one_by_one(world, mode, targets, limits, options) -> None:
    outward, k = options
    network = network_of(*world, mode)
    places = node_places(network)
    graph = prepare(network, snap(network, *lonlats(targets), LIMIT_M), outward=outward)
    members = np.arange(len(targets))
    for a, b in zip(
        vars(k_nearest(graph, members, places, k)).values(),
        vars(k_nearest_of_nodes(graph, members, k)).values(),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)
    beds, people = 1.0 + members, 10.0 * np.arange(len(places))
    one = within(graph, members, places, limits, target_weight=beds, origin_weight=people)
    all_ = within_of_nodes(graph, members, limits, target_weight=beds, node_weight=people)
    np.testing.assert_array_equal(one.place_sum, all_.place_sum)
    np.testing.assert_array_equal(one.target_sum, all_.target_sum)


@pytest.mark.parametrize("mode", [schema.WALK, schema.DRIVE])
def test_counting_whole_chains_is_counting_pairs(mode, shared_data) -> None:
    """The table of pairs looks at each place; sums take chains whole: no place may differ.

    Some cutoffs are distances that occur, so that "inclusive" is tested too.
    """
    settings_ = shipped_settings()
    path = shared_data("elsewhere/newport-2023-06-13.osm.pbf")
    ways = read_osm([path], bounds=None, settings=settings_).ways
    network = build(ways, settings_.network, mode)
    rng = np.random.default_rng(5)
    at = rng.choice(len(network.node_id), 4_020, replace=False)
    shift = rng.normal(0, 5e-4, (2, len(at)))  # some 50 m: legs matter
    joined = snap(network, network.lon[at] + shift[0], network.lat[at] + shift[1], 200.0)
    targets, origins = joined.take(np.arange(20)), joined.take(np.arange(20, len(at)))
    graph = prepare(network, targets)
    members = np.arange(20)
    farthest = 400.0 if mode == schema.DRIVE else 4_000.0
    table = pairs_within(graph, members, origins, farthest)
    cost = table.travel_time_s if mode == schema.DRIVE else table.distance_m
    limits = [*rng.choice(cost, 5), farthest / 3, farthest]
    beds, people = rng.integers(1, 9, 20), rng.integers(0, 9, len(origins))
    sums = within(graph, members, origins, limits, target_weight=beds, origin_weight=people)
    assert len(cost) > 1_000
    for j, limit in enumerate(limits):
        o, t = table.origin[cost <= limit], table.target[cost <= limit]
        np.testing.assert_array_equal(sums.place_sum[:, j], np.bincount(o, beds[t], len(origins)))
        np.testing.assert_array_equal(sums.target_sum[:, j], np.bincount(t, people[o], 20))


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("nearest", ("prepare", "road_graph", "nearest", "nearest_of_nodes")),
        ("several", ("k_nearest", "k_nearest_of_nodes")),
        ("within", ("within", "within_of_nodes", "pairs_within")),
    ],
)
def test_every_question_can_be_asked_of_the_package(module, names) -> None:
    questions = coverage_gis.routing.__doc__ or ""
    for name in names:
        function = getattr(getattr(coverage_gis.routing, module), name)
        assert "Parameters" in function.__doc__
        assert f"{module}.{name}" in questions


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_part"):
        coverage_gis.no_such_part  # noqa: B018 - the look-up is what is tested
