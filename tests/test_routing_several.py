"""The k nearest, counts, sums and pairs within cutoffs: each against all pairs of networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from network_reference import brute_pairs, shipped_settings
from network_worlds import (
    AWKWARD,
    AWKWARD_ORIGINS,
    AWKWARD_TARGETS,
    LIMIT_M,
    as_feet,
    lonlats,
    modes,
    network_of,
    plain,
    points,
    worlds,
)

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.network.build import build
from coverage_gis.network.snap import node_places, snap
from coverage_gis.routing import threads
from coverage_gis.routing.nearest import RoutingGraph, nearest, nearest_of_nodes, prepare
from coverage_gis.routing.several import k_nearest
from coverage_gis.routing.within import pairs_within, within
from coverage_gis.sources.osm import read_osm

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.network.model import Network
    from coverage_gis.network.snap import Snap


def real(path: Path, mode: str) -> Network:
    settings_ = shipped_settings()
    return build(read_osm([path], bounds=None, settings=settings_).ways, settings_.network, mode)


Solved = tuple[RoutingGraph, "Snap", dict[tuple[int, int], float], str]


def solve(world, targets, origins, mode: str) -> Solved:
    """Return the graph, its places and what networkx says of every pair."""
    nodes, ways = world
    network = network_of(nodes, ways, mode)
    segments = plain(nodes, ways, mode)
    joined = [snap(network, *lonlats(p), LIMIT_M) for p in (targets, origins)]
    feet = [as_feet(network, s, segments) for s in joined]
    by_time = mode == schema.DRIVE
    pairs = brute_pairs(segments, *feet, by_time=by_time)
    return (
        prepare(network, joined[0]),
        joined[1],
        pairs,
        "travel_time_s" if by_time else ("distance_m"),
    )


@settings(max_examples=150, deadline=None)
@given(worlds(), points, points, modes, st.integers(1, 6))
@example(AWKWARD, AWKWARD_TARGETS, AWKWARD_ORIGINS, schema.WALK, 2)
@example(AWKWARD, AWKWARD_TARGETS, AWKWARD_ORIGINS, schema.DRIVE, 3)
def test_the_k_nearest_are_networkxs(world, targets, origins, mode, k) -> None:
    graph, places, pairs, column = solve(world, targets, origins, mode)
    found = k_nearest(graph, np.arange(len(targets)), places, k)
    impedance = getattr(found, column)
    assert impedance.shape == found.target.shape == (len(origins), k)
    for o in range(len(origins)):
        theirs = sorted(d for (origin, _), d in pairs.items() if origin == o)[:k]
        mine = impedance[o][found.target[o] >= 0]
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-6)
        named = found.target[o][: len(mine)].tolist()
        assert len(set(named)) == len(named), "a facility is there once"
        assert np.all(found.target[o][len(mine) :] == -1)
        assert np.isnan(impedance[o][len(mine) :]).all()
        for d, t in zip(mine, named, strict=True):
            assert abs(d - pairs[o, t]) < 1e-6
    first = nearest(graph, np.arange(len(targets)), places)
    assert np.array_equal(first.target, found.target[:, 0])
    np.testing.assert_array_equal(first.distance_m, found.distance_m[:, 0])
    np.testing.assert_array_equal(first.travel_time_s, found.travel_time_s[:, 0])


@settings(max_examples=150, deadline=None)
@given(worlds(), points, points, modes, st.lists(st.floats(0, 900), min_size=1, max_size=4))
@example(AWKWARD, AWKWARD_TARGETS, AWKWARD_ORIGINS, schema.WALK, [100.0, 400.0])
@example(AWKWARD, AWKWARD_TARGETS, AWKWARD_ORIGINS, schema.DRIVE, [20.0, 60.0])
def test_counts_sums_and_pairs_are_networkxs(world, targets, origins, mode, cutoffs) -> None:
    graph, places, pairs, column = solve(world, targets, origins, mode)
    members = np.arange(len(targets))
    # a distance exactly at a cutoff may fall on either side by rounding
    cutoffs = [c for c in cutoffs if all(abs(c - d) > 1e-6 for d in pairs.values())] or [1e4]
    beds, people = 1.0 + members, 10.0 * (1 + np.arange(len(origins)))
    counted = within(graph, members, places, cutoffs)
    summed = within(graph, members, places, cutoffs, target_weight=beds, origin_weight=people)
    for j, cutoff in enumerate(cutoffs):
        near = [(o, t) for (o, t), d in pairs.items() if d <= cutoff]
        origin, target = (np.array([p[i] for p in near], dtype=int) for i in (0, 1))
        for result, of_target, of_place in (
            (counted, 1.0 + 0 * beds, 1.0 + 0 * people),
            (
                summed,
                beds,
                people,
            ),
        ):
            expected = np.bincount(origin, of_target[target], len(origins))
            assert np.array_equal(result.place_sum[:, j], expected)
            expected = np.bincount(target, of_place[origin], len(targets))
            assert np.array_equal(result.target_sum[:, j], expected)
        table = pairs_within(graph, members, places, cutoff)
        assert list(zip(table.origin.tolist(), table.target.tolist(), strict=True)) == sorted(near)
        theirs = [pairs[p] for p in sorted(near)]
        np.testing.assert_allclose(getattr(table, column), theirs, rtol=0, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(worlds(), points, points, modes)
def test_without_a_cutoff_the_table_holds_the_k_nearest(world, targets, origins, mode) -> None:
    graph, places, pairs, column = solve(world, targets, origins, mode)
    members = np.arange(len(targets))
    table = pairs_within(graph, members, places, np.inf)
    assert len(table.origin) == len(pairs)
    found = k_nearest(graph, members, places, len(targets))
    grid = np.full(found.target.shape, np.nan)
    grid[table.origin, table.target] = getattr(table, column)
    impedance = np.sort(grid, axis=1)
    np.testing.assert_allclose(getattr(found, column), impedance, rtol=0, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(worlds(), points, points, modes, st.booleans())
def test_outward_is_the_way_back(world, targets, origins, mode, outward) -> None:
    """Asking from A to B and, with the roles changed, to A from B is the same question."""
    network = network_of(*world, mode)
    a, b = (snap(network, *lonlats(p), LIMIT_M) for p in (targets, origins))
    one = pairs_within(prepare(network, a, outward=outward), np.arange(len(a)), b, np.inf)
    other = pairs_within(prepare(network, b, outward=not outward), np.arange(len(b)), a, np.inf)
    order = np.lexsort((other.origin, other.target))
    assert np.array_equal(one.origin, other.target[order])
    assert np.array_equal(one.target, other.origin[order])
    by = "travel_time_s" if mode == schema.DRIVE else "distance_m"
    np.testing.assert_allclose(getattr(one, by), getattr(other, by)[order], rtol=0, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(worlds(), modes, st.data())
def test_all_nodes_at_once_are_the_nodes_one_by_one(world, mode, data) -> None:
    network = network_of(*world, mode)
    places = node_places(network)
    some = data.draw(st.lists(st.integers(0, len(places) - 1), min_size=1, max_size=4))
    joined = snap(network, *lonlats(data.draw(points)), LIMIT_M)
    for targets in (places.take(np.array(some)), joined):
        graph = prepare(network, targets, outward=data.draw(st.booleans()))
        members = np.arange(len(targets))
        a, b = nearest(graph, members, places), nearest_of_nodes(graph, members)
        assert np.array_equal(a.target, b.target)
        np.testing.assert_array_equal(a.distance_m, b.distance_m)
        np.testing.assert_array_equal(a.travel_time_s, b.travel_time_s)


@settings(max_examples=60, deadline=None)
@given(worlds(), points, points, modes, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(world, targets, origins, mode, random) -> None:
    network = network_of(*world, mode)
    a, b = (snap(network, *lonlats(p), LIMIT_M) for p in (targets, origins))
    members, order = list(range(len(a))), list(range(len(b)))
    random.shuffle(members)
    random.shuffle(order)
    graph = prepare(network, a)
    for ask in (
        lambda m, o: k_nearest(graph, m, o, 3).distance_m,
        lambda m, o: within(graph, m, o, [200.0, 50.0]).place_sum,
    ):
        straight = ask(np.arange(len(a)), b)
        shuffled = ask(np.array(members), b.take(np.array(order)))
        np.testing.assert_array_equal(straight[order], shuffled)
    at_targets = within(graph, np.arange(len(a)), b, [200.0]).target_sum
    turned = within(graph, np.array(members), b.take(np.array(order)), [200.0]).target_sum
    np.testing.assert_array_equal(at_targets[members], turned)


def test_the_number_of_threads_shows_in_nothing(shared_data, monkeypatch) -> None:
    network = real(shared_data("elsewhere/newport-2023-06-13.osm.pbf"), schema.DRIVE)
    monkeypatch.setattr(threads, "_SMALL", 10)
    places = node_places(network)
    rng = np.random.default_rng(3)
    members = np.arange(40)
    graph = prepare(network, places.take(rng.choice(len(places), 40, replace=False)))
    weights = {"target_weight": rng.random(40), "origin_weight": rng.random(len(places))}
    results = []
    for count in (1, 2, 5):
        monkeypatch.setattr(threads, "thread_count", lambda count=count: count)
        some = within(graph, members, places, [60.0, 300.0], **weights)
        table = pairs_within(graph, members, places, 60.0)
        several = k_nearest(graph, members, places, 4)
        results.append(
            [
                *vars(nearest(graph, members, places)).values(),
                *vars(nearest_of_nodes(graph, members)).values(),
                *vars(several).values(),
                *vars(some).values(),
                *vars(table).values(),
            ]
        )
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("cutoffs", [[-1.0], [float("nan")], []])
def test_a_cutoff_is_a_number_not_below_zero(cutoffs) -> None:
    with pytest.raises(InputError, match="Cutoffs must be"):
        within(None, np.arange(0), None, cutoffs)


def test_nothing_asked_nothing_answered(shared_data) -> None:
    network = real(shared_data("13/otemachi.osm.pbf"), schema.WALK)
    places = node_places(network).take(np.arange(5))
    nothing = np.arange(0)
    graph = prepare(network, places)
    assert np.all(k_nearest(graph, nothing, places, 2).target == -1)
    assert within(graph, nothing, places, [10.0]).target_sum.shape == (0, 1)
    assert not within(graph, nothing, places, [10.0]).place_sum.any()
    assert len(pairs_within(graph, nothing, places, 10.0).origin) == 0
    assert len(pairs_within(graph, np.arange(5), places.take(nothing), 10.0).origin) == 0
