"""The queue's arrays: twice as long, with all that was in them."""

from __future__ import annotations

import numpy as np
from network_worlds import AWKWARD, LIMIT_M, at, lonlats, network_of

from coverage_gis import schema
from coverage_gis.network.snap import snap
from coverage_gis.routing.nearest import prepare
from coverage_gis.routing.queue import more_room, new_buckets, new_room, twice
from coverage_gis.routing.within import pairs_within


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
        for n in (40, 80)
    )
    graph = prepare(network, targets)
    whole = pairs_within(graph, np.arange(40), homes, np.inf)
    assert len(whole.origin) > 2048
    single = [pairs_within(graph, np.array([i]), homes, np.inf) for i in range(40)]
    origin = np.concatenate([one.origin for one in single])
    target = np.repeat(np.arange(40), [len(one.origin) for one in single])
    order = np.lexsort((target, origin))
    assert whole.origin.tolist() == origin[order].tolist()
    assert whole.target.tolist() == target[order].tolist()
    metres = np.concatenate([one.distance_m for one in single])[order]
    assert whole.distance_m.tolist() == metres.tolist()
