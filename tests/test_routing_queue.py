"""The queue's arrays: twice as long, with all that was in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from network_worlds import AWKWARD, LIMIT_M, at, lonlats, network_of

from coverage_gis import schema
from coverage_gis.crs import geodesic_m
from coverage_gis.network.snap import node_places, snap
from coverage_gis.routing.nearest import nearest, prepare
from coverage_gis.routing.queue import more_room, new_buckets, new_room, twice
from coverage_gis.routing.several import k_nearest
from coverage_gis.routing.within import pairs_within

if TYPE_CHECKING:
    from coverage_gis.network.model import Network


def test_more_room_keeps_all_and_links_what_is_free() -> None:
    node, name, key, after, _ = new_room(3)
    assert after.tolist() == [1, 2, 3]
    node[:], name[:], key[:], after[:] = [7, 8, 9], [1, 2, 3], [0.5, 1.5, 2.5], [2, 0, 3]
    node, name, key, after = more_room(node, name, key, after)
    assert [len(a) for a in (node, name, key, after)] == [6] * 4
    assert node[:3].tolist() == [7, 8, 9]
    assert name[:3].tolist() == [1, 2, 3]
    assert key[:3].tolist() == [0.5, 1.5, 2.5]
    # the entries as they were, then each free one leads to the next
    assert after.tolist() == [2, 0, 3, 4, 5, 6]
    assert twice(np.array([4, 5], dtype=np.int32))[:2].tolist() == [4, 5]


def test_buckets_are_a_power_of_two_and_empty() -> None:
    assert new_buckets(10.0, 1.0).tolist() == [-1] * 16
    assert len(new_buckets(13.0, 1.0)) == 16
    assert len(new_buckets(13.5, 1.0)) == 32


def test_a_table_longer_than_its_first_room_is_target_by_target() -> None:
    network = network_of(*AWKWARD, schema.WALK)
    draw = np.random.default_rng(3)
    targets, homes = (
        snap(network, *lonlats([at(x, y) for x, y in draw.uniform(0, 7, (n, 2))]), LIMIT_M)
        for n in (8, 900)
    )
    graph = prepare(network, targets)
    whole = pairs_within(graph, np.arange(8), homes, np.inf)
    assert len(whole.origin) > 4 * 1024
    parts = [pairs_within(graph, np.arange(8), homes.take(rows), np.inf) for rows in HUNDREDS]
    origin = np.concatenate([rows[one.origin] for rows, one in zip(HUNDREDS, parts, strict=True)])
    assert whole.origin.tolist() == origin.tolist()
    for name in ("target", "distance_m", "travel_time_s"):
        theirs = np.concatenate([getattr(one, name) for one in parts])
        assert getattr(whole, name).tolist() == theirs.tolist()


HUNDREDS = [np.arange(i, i + 100) for i in range(0, 900, 100)]


def wheel(spokes: int) -> Network:
    """A hub (node 0) with as many junctions around it, and a rim with a dead end at each."""
    angle = np.arange(spokes) / spokes * 2 * np.pi
    nodes = {0: at(0, 0)}
    nodes |= {1 + i: at(20 * np.cos(a), 20 * np.sin(a)) for i, a in enumerate(angle)}
    nodes |= {1 + spokes + i: at(21 * np.cos(a), 21 * np.sin(a)) for i, a in enumerate(angle)}
    street = {"highway": "residential"}
    ways = [(10 + i, [0, 1 + i, 1 + spokes + i], street) for i in range(spokes)]
    rim = [*range(1, 1 + spokes), 1]
    return network_of(nodes, [*ways, (9, rim, street)], schema.WALK)


def test_more_junctions_wait_than_the_queue_had_room_for() -> None:
    network = wheel(1200)
    hub = snap(network, *lonlats([at(0, 0)]), LIMIT_M)
    ends = np.flatnonzero(network.node_id > 1200)
    homes = node_places(network).take(ends)
    lon, lat = network.lon[ends], network.lat[ends]
    straight = geodesic_m(np.full(1200, at(0, 0)[0]), np.full(1200, at(0, 0)[1]), lon, lat)
    graph = prepare(network, hub)
    member = np.array([0])
    # the way out to each dead end is its spoke, and the spoke is straight
    assert nearest(graph, member, homes).distance_m == pytest.approx(straight, rel=1e-5)
    several = k_nearest(graph, member, homes, 2)
    assert several.distance_m[:, 0] == pytest.approx(straight, rel=1e-5)
    assert np.isnan(several.distance_m[:, 1]).all()
    pairs = pairs_within(graph, member, homes, np.inf)
    assert pairs.distance_m == pytest.approx(straight, rel=1e-5)
