"""The way is the one that was measured: its parts add up, and its streets may be used."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from network_worlds import LIMIT_M, lonlats, modes, network_of, points, worlds

from coverage_gis import crs, schema
from coverage_gis.network.build import build
from coverage_gis.network.osm_ways import ways_from_lists
from coverage_gis.network.snap import snap
from coverage_gis.routing.nearest import nearest, prepare
from coverage_gis.routing.path import shortest_path
from coverage_gis.sources.settings_file import load_settings

ONE = np.array([0])


def metres_of(lon: np.ndarray, lat: np.ndarray) -> float:
    return float(crs.geodesic_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum())


@settings(max_examples=60, deadline=None)
@given(worlds(), points, points, modes)
def test_the_way_is_as_long_as_it_was_measured(world, origins, targets, mode) -> None:
    network = network_of(*world, mode)
    homes = snap(network, *lonlats(origins), LIMIT_M)
    shops = snap(network, *lonlats(targets), LIMIT_M)
    for i in range(len(homes)):
        for j in range(len(shops)):
            home, shop = homes.take(np.array([i])), shops.take(np.array([j]))
            measured = nearest(prepare(network, shop), ONE, home)
            way = shortest_path(network, home, shop)
            if measured.target[0] < 0:
                assert way is None
                continue
            assert way is not None
            assert way.distance_m == measured.distance_m[0]
            assert way.travel_time_s == measured.travel_time_s[0]
            line = metres_of(way.lon, way.lat) + float(home.snap_m[0] + shop.snap_m[0])
            np.testing.assert_allclose(line, way.distance_m, rtol=2e-5, atol=0.01)
            known = {w for w, _, _ in world[1]}
            assert set(way.way_id) <= known


def test_a_way_round_the_block_names_its_streets() -> None:
    nodes = {1: (137.0, 36.5), 2: (137.002, 36.5), 3: (137.002, 36.502), 4: (137.0, 36.502)}
    ways = [
        (10, [1, 2], {"highway": "residential", "oneway": "yes"}),
        (11, [2, 3], {"highway": "residential"}),
        (12, [3, 4], {"highway": "residential"}),
        (13, [4, 1], {"highway": "residential"}),
        (14, [1, 5], {"highway": "residential"}),
        (15, [2, 6], {"highway": "residential"}),
    ]
    nodes |= {5: (136.999, 36.5), 6: (137.003, 36.5)}
    town = ways_from_lists(ways, nodes)
    rules = load_settings().network
    at = (np.array([137.0029, 136.9991]), np.array([36.5, 36.5]))
    for mode, streets in ((schema.DRIVE, (15, 11, 12, 13, 14)), (schema.WALK, (15, 10, 14))):
        network = build(town, rules, mode)
        home, shop = (snap(network, at[0][[k]], at[1][[k]], 50.0) for k in (0, 1))
        way = shortest_path(network, home, shop)
        assert way is not None
        assert way.way_id == streets
        assert (way.lon[0], way.lon[-1]) == (home.lon[0], shop.lon[0])
