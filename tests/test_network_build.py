"""Chains, loops, islands: what building keeps, and where places join."""

from __future__ import annotations

import networkx as nx
import numpy as np
import osmnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_reference import GEOD, segment, shipped_settings, snap_all

from coverage_gis import crs, schema
from coverage_gis.errors import InputError
from coverage_gis.network.build import build
from coverage_gis.network.convert import from_osmnx, to_networkx
from coverage_gis.network.grid import fill_grid, nearest_segments
from coverage_gis.network.lengths import segment_lengths_m
from coverage_gis.network.model import Network
from coverage_gis.network.osm_ways import OsmWays, ways_from_lists
from coverage_gis.network.snap import node_places, snap
from coverage_gis.routing.arcs import junction_arcs
from coverage_gis.routing.nearest import nearest, nearest_of_nodes, prepare
from coverage_gis.routing.places import fill_nodes, fill_places
from coverage_gis.routing.search import search
from coverage_gis.routing.search_several import fill_several, search_several
from coverage_gis.routing.search_within import within_members
from coverage_gis.routing.several import k_nearest
from coverage_gis.routing.within import pairs_within, within

NETWORK = shipped_settings().network
STREET = {"highway": "residential"}
# A ring 1-2-3-4 with a tail 1-5-6, and an islet 7-8.
NODES = {
    1: (137.000, 36.500),
    2: (137.001, 36.500),
    3: (137.001, 36.501),
    4: (137.000, 36.501),
    5: (136.999, 36.500),
    6: (136.998, 36.5005),
    7: (137.020, 36.520),
    8: (137.021, 36.520),
}


def make(*ways: tuple[int, list[int], dict[str, str]], mode: str = schema.WALK) -> Network:
    return build(ways_from_lists(ways, NODES), NETWORK, mode)


def chains(network: Network) -> set[tuple[int, ...]]:
    """Node ids along each chain."""
    return {
        tuple(network.node_id[network.vertex_node[a:b]].tolist())
        for a, b in zip(network.chain_first, network.chain_first[1:], strict=False)
    }


def test_degree_two_nodes_go_wherever_ways_are_cut() -> None:
    network = make((10, [6, 5], STREET), (11, [1, 5], STREET), (12, [1, 2, 3, 4, 1], STREET))
    assert {len(c) for c in chains(network)} == {3, 5}
    assert sorted(network.node_id[network.junction].tolist()) == [1, 6]
    assert network.component_nodes.tolist() == [6]


def test_a_ring_without_junction_keeps_an_anchor() -> None:
    network = make((12, [1, 2, 3, 4, 1], STREET), (13, [7, 8], STREET))
    assert len(network.chain_from) == 2
    ring = next(c for c in chains(network) if len(c) == 5)
    assert ring[0] == ring[-1]
    assert sorted(network.component_nodes.tolist()) == [2, 4]


def test_permission_that_changes_breaks_the_chain() -> None:
    oneway = STREET | {"oneway": "yes"}
    ways = [(10, [6, 5], oneway), (11, [5, 1], oneway), (12, [1, 2], STREET)]
    assert chains(make(*ways, mode=schema.DRIVE)) == {(6, 5, 1), (1, 2)} or chains(
        make(*ways, mode=schema.DRIVE)
    ) == {(6, 5, 1), (2, 1)}
    assert len(make(*ways, mode=schema.WALK).chain_from) == 1
    facing = [(10, [6, 5], oneway), (11, [5, 1], STREET | {"oneway": "-1"})]
    assert chains(make(*facing, mode=schema.DRIVE)) == {(6, 5), (1, 5)}


def test_one_way_chains_run_forward() -> None:
    network = make((10, [1, 5, 6], STREET | {"oneway": "-1"}), mode=schema.DRIVE)
    assert chains(network) == {(6, 5, 1)}
    assert network.chain_forward.tolist() == [True]
    assert network.chain_backward.tolist() == [False]


def test_metres_and_seconds_add_up_along_a_chain() -> None:
    ways = [(10, [6, 5], STREET), (11, [5, 1], {"highway": "primary"})]
    network = make(*ways, mode=schema.DRIVE)
    lengths = [GEOD.inv(*NODES[a], *NODES[b])[2] for a, b in ((6, 5), (5, 1))]
    seconds = [lengths[0] / (20 / 3.6), lengths[1] / (40 / 3.6)]
    assert network.vertex_m[-1] == pytest.approx(sum(lengths), abs=1e-6)
    assert network.vertex_forward_s[-1] == pytest.approx(sum(seconds), abs=1e-6)
    assert network.vertex_backward_s[-1] == pytest.approx(sum(seconds), abs=1e-6)
    assert sorted(network.segment_way_id.tolist()) == [0, 10, 11]


def test_a_ferrys_duration_sets_its_speed_if_all_of_it_is_there() -> None:
    ways = ways_from_lists([(10, [6, 5, 1], {"route": "ferry", "duration": "0:10"})], NODES)
    whole = build(ways, NETWORK, schema.WALK)
    assert whole.vertex_forward_s[-1] == pytest.approx(600)
    parts = OsmWays(**(vars(ways) | {"whole": np.array([False])}))
    cut = build(parts, NETWORK, schema.WALK)
    assert cut.vertex_forward_s[-1] == pytest.approx(cut.vertex_m[-1] / (15 / 3.6))


def test_a_node_named_twice_in_a_row_is_one() -> None:
    assert make((10, [6, 5, 5, 1], STREET)).n_segments == 2


def test_no_usable_way_is_an_error_that_says_so() -> None:
    with pytest.raises(InputError, match="no way that may be used in mode 'drive'"):
        make((10, [1, 2], {"highway": "footway"}), mode=schema.DRIVE)
    with pytest.raises(InputError, match="no way"):
        make(mode=schema.WALK)


def test_a_stored_network_of_another_version_is_refused() -> None:
    arrays = make((10, [1, 2], STREET)).to_arrays()
    del arrays["vertex_m"]
    with pytest.raises(InputError, match="lacks vertex_m"):
        Network.from_arrays(arrays)


@pytest.mark.parametrize("length_m", [0.0, 1.0, 100.0, 499.0, 501.0, 20_000.0])
def test_lengths_are_projs(length_m: float) -> None:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(123, 146, 2000), rng.uniform(24, 46, 2000)
    lon2, lat2, _ = crs.GRS80.fwd(lon, lat, rng.uniform(0, 360, 2000), np.full(2000, length_m))
    assert np.abs(segment_lengths_m(lon, lat, lon2, lat2) - length_m).max() < 1e-6


# --- snapping ----------------------------------------------------------------------------

somewhere = st.tuples(st.floats(136.9, 137.1), st.floats(36.4, 36.6))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(somewhere, somewhere), min_size=1, max_size=25),
    st.lists(somewhere, min_size=1, max_size=6),
    st.sampled_from((300.0, 3_000.0, 50_000.0)),
)
def test_the_nearest_edge_is_the_nearest(edges, points, limit_m) -> None:
    nodes = {2 * i + k: end for i, pair in enumerate(edges) for k, end in enumerate(pair)}
    ways = [(i, [2 * i, 2 * i + 1], STREET) for i in range(len(edges))]
    network = build(ways_from_lists(ways, nodes), NETWORK, schema.WALK)
    segments = [segment(i, 2 * i, 2 * i + 1, nodes, (1.0, 1.0)) for i in range(len(edges))]
    lon, lat = np.array(points).T
    mine = snap(network, lon, lat, limit_m)
    # the limit itself is measured on the ellipsoid: leave those on its brink alone
    for i, foot in enumerate(snap_all(segments, nodes, points, limit_m)):
        if foot is None or foot.leg_m > limit_m * 0.999:
            assert np.isnan(mine.snap_m[i]) or mine.snap_m[i] > limit_m * 0.998
        else:
            assert mine.snap_m[i] == pytest.approx(foot.leg_m, abs=1e-5)


def test_the_limit_is_inclusive_and_may_differ_by_place() -> None:
    network = make((10, [1, 2], STREET))
    lon, lat = np.full(3, 137.0005), np.full(3, 36.501)
    away = float(crs.geodesic_m(137.0005, 36.5, 137.0005, 36.501))
    snapped = snap(network, lon, lat, np.array([away - 0.001, away + 0.001, 1e6]))
    assert snapped.joined.tolist() == [False, True, True]
    assert snapped.snap_m[1] == pytest.approx(away, abs=1e-5)
    assert snapped.position_m[1] == pytest.approx(network.vertex_m[-1] / 2, rel=1e-6)


def test_ferries_are_not_joined_but_their_landings_are() -> None:
    network = make((10, [1, 2], {"route": "ferry"}), (11, [2, 3], STREET))
    at = snap(network, np.array([137.0]), np.array([36.5]), 10_000.0)
    assert network.segment_way_id[at.segment[0]] == 11
    assert (at.lon[0], at.lat[0]) == NODES[2]
    assert at.snap_m[0] == pytest.approx(GEOD.inv(*NODES[1], *NODES[2])[2], abs=1e-6)


def test_components_can_be_left_out() -> None:
    network = make((11, [2, 3], STREET), (12, [7, 8], STREET))
    islet = network.component == network.component[network.node_id[network.junction] == 7]
    only = np.zeros(len(network.component_nodes), dtype=np.bool_)
    only[network.component[islet]] = True
    place = (network, np.array([137.0]), np.array([36.5]), 10_000.0)
    assert network.segment_way_id[snap(*place).segment[0]] == 11
    assert network.segment_way_id[snap(*place, components=only).segment[0]] == 12
    assert not snap(*place, components=np.zeros_like(only)).joined.any()


def test_a_stored_network_works_and_compiles_nothing_again(tmp_path) -> None:
    network = small_city(schema.DRIVE)
    for name, array in network.to_arrays().items():
        np.save(tmp_path / f"{name}.npy", array)
    stored = Network.from_arrays(
        {path.stem: np.load(path, mmap_mode="r") for path in tmp_path.glob("*.npy")}
    )
    results = []
    for each in (network, stored):
        places = snap(each, each.lon.copy(), each.lat.copy(), 10.0)
        for targets in (places.take(np.array([0])), places):
            graph, members = prepare(each, targets), np.arange(len(targets))
            results.append(nearest(graph, members, places))
            nearest_of_nodes(graph, members)
            k_nearest(graph, members, places, 2)
            within(graph, members, places, [50.0])
            pairs_within(graph, members, places, 50.0)
    assert (stored.mode, stored.walk_speed_m_per_s) == (schema.DRIVE, network.walk_speed_m_per_s)
    np.testing.assert_array_equal(results[0].distance_m, results[2].distance_m)
    # a second signature would cost every new machine seconds
    for function in (
        fill_grid,
        nearest_segments,
        junction_arcs,
        search,
        fill_places,
        fill_nodes,
        search_several,
        fill_several,
        within_members,
    ):
        assert len(function.signatures) == 1, function.__name__


# --- to and from networkx ------------------------------------------------------------------


def small_city(mode: str) -> Network:
    return make(
        (10, [6, 5, 1], STREET | {"oneway": "yes"}),
        (12, [1, 2, 3, 4, 1], STREET),
        (13, [7, 8], STREET),
        (14, [2, 4], STREET),
        mode=mode,
    )


@pytest.mark.parametrize("mode", [schema.WALK, schema.DRIVE])
def test_networkx_finds_the_same_distances(mode: str) -> None:
    network = small_city(mode)
    graph = to_networkx(network)
    weight = "length" if mode == schema.WALK else "travel_time"
    there = snap(network, np.array([NODES[2][0]]), np.array([NODES[2][1]]), 1.0)
    ids = sorted(graph.nodes)
    lon, lat = np.array([NODES[i] for i in ids]).T
    found = nearest(prepare(network, there), np.array([0]), snap(network, lon, lat, 1.0))
    mine = found.distance_m if mode == schema.WALK else found.travel_time_s
    there_is = {i: nx.has_path(graph, i, 2) for i in ids}
    assert set(there_is.values()) == {True, False}  # the islet
    for i, distance in zip(ids, mine, strict=True):
        expected = np.nan
        if there_is[i]:
            expected = nx.dijkstra_path_length(graph, i, 2, weight=weight)
        assert distance == pytest.approx(expected, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("mode", [schema.WALK, schema.DRIVE])
def test_there_and_back_through_osmnx(mode: str) -> None:
    network = small_city(mode)
    again = from_osmnx(to_networkx(network), NETWORK, mode)
    assert again.length_m == pytest.approx(network.length_m, abs=1e-6)
    assert sorted(again.chain_backward.tolist()) == sorted(network.chain_backward.tolist())
    assert sorted(again.component_nodes.tolist()) == sorted(network.component_nodes.tolist())
    found = []
    for each in (network, again):
        row = {int(i): k for k, i in enumerate(each.node_id)}
        places = node_places(each).take(np.array([row[i] for i in (1, 2, 4, 6, 7, 8)]))
        ways = pairs_within(prepare(each, places), np.arange(6), places, np.inf)
        found.append(ways)
    for column in ("origin", "target"):
        np.testing.assert_array_equal(*(getattr(f, column) for f in found))
    for column in ("distance_m", "travel_time_s"):
        np.testing.assert_allclose(*(getattr(f, column) for f in found), atol=1e-6)


def test_a_projected_graph_is_refused() -> None:
    graph = osmnx.project_graph(to_networkx(small_city(schema.WALK)))
    with pytest.raises(InputError, match="longitude and latitude"):
        from_osmnx(graph, NETWORK, schema.WALK)


def test_graphml_can_be_written(tmp_path) -> None:
    osmnx.save_graphml(to_networkx(small_city(schema.DRIVE)), tmp_path / "roads.graphml")
    again = osmnx.load_graphml(tmp_path / "roads.graphml")
    assert len(again) == len(small_city(schema.DRIVE).junction)
