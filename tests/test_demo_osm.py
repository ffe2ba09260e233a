"""The demo's roads and shops as osmium reads them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import osmium
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from coverage_gis import demo
from coverage_gis.codes import mesh
from coverage_gis.crs import geodesic_m
from coverage_gis.demo.network import _traps

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Extract:
    nodes: dict[int, tuple[float, float]]
    node_tags: list[dict[str, str]]
    ways: list[tuple[dict[str, str], list[int]]]
    relations: list[dict[str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("osm") / "00"
    demo.generate(out, cells=1500, nodes=30_000)
    return out


@pytest.fixture(scope="module")
def extract(folder: Path) -> Extract:
    out = Extract({}, [], [], [])
    for item in osmium.FileProcessor(str(folder / "kakuu-ken.osm.pbf")):
        if item.is_node():
            out.nodes[item.id] = (item.location.lon, item.location.lat)
            if len(item.tags):
                out.node_tags.append(dict(item.tags))
        elif item.is_way():
            out.ways.append((dict(item.tags), [n.ref for n in item.nodes]))
        else:
            out.relations.append(dict(item.tags))
    return out


def roads(extract: Extract) -> list[tuple[dict[str, str], list[int]]]:
    return [w for w in extract.ways if "highway" in w[0] or w[0].get("route") == "ferry"]


def parts(ways: list[tuple[dict[str, str], list[int]]]) -> dict[int, int]:
    """Return the connected part each node of ``ways`` is in, the largest being 0."""
    pairs = np.array([p for _, run in ways for p in pairwise(run)])
    used, ends = np.unique(pairs, return_inverse=True)
    ends = ends.reshape(pairs.shape)
    graph = coo_matrix((np.ones(len(ends)), ends.T), shape=(len(used), len(used)))
    _, part = connected_components(graph, directed=False)
    by_size = np.argsort(-np.bincount(part))
    rank = np.empty_like(by_size)
    rank[by_size] = np.arange(len(by_size))
    return dict(zip(used.tolist(), rank[part].tolist(), strict=True))


def test_every_way_s_nodes_are_there_and_none_repeats(extract: Extract) -> None:
    for _, run in extract.ways:
        assert len(run) >= 2
        assert all(n in extract.nodes for n in run)
    for _, run in roads(extract):
        assert all(a != b for a, b in pairwise(run))


def test_no_two_neighbours_lie_on_one_point(extract: Extract) -> None:
    a, b = np.array(
        [(extract.nodes[p], extract.nodes[q]) for _, run in roads(extract)
         for p, q in pairwise(run)]
    ).transpose(1, 2, 0)  # fmt: skip
    length = geodesic_m(a[0], a[1], b[0], b[1])
    assert length.min() > 1
    assert np.median(length) < 90


def test_edges_have_bends(extract: Extract) -> None:
    degree: dict[int, int] = {}
    for _, run in roads(extract):
        for k, n in enumerate(run):
            degree[n] = degree.get(n, 0) + (1 if k in (0, len(run) - 1) else 2)
    count = np.bincount(list(degree.values()))
    junctions = count.sum() - count[2]
    edges = (np.arange(len(count)) * count).sum() / 2 - count[2]
    assert junctions > 2_000
    assert count[2] / edges > 1.5  # bends per edge


def test_all_roads_hang_together_but_for_the_hamlet_and_the_island(extract: Extract) -> None:
    every = parts(roads(extract))
    assert max(every.values()) == 1
    hamlet = [n for n, k in every.items() if k == 1]
    assert 10 <= len(hamlet) <= 30
    dry = [w for w in roads(extract) if w[0].get("route") != "ferry"]
    assert max(parts(dry).values()) == 2


def test_tags_are_those_of_a_real_extract(extract: Extract) -> None:
    ways = [t for t, _ in extract.ways]
    classes = {t["highway"] for t in ways if "highway" in t}
    assert classes >= {
        "motorway", "motorway_link", "trunk", "primary", "secondary", "tertiary", "unclassified",
        "residential", "service", "footway", "path", "track", "steps", "pedestrian",
    }  # fmt: skip
    closed = [t for t in ways if t.get("foot") == "no"]
    assert any(t.get("tunnel") == "yes" for t in closed)
    ferry = [t for t in ways if t.get("route") == "ferry"]
    assert [t["duration"] for t in ferry] == ["00:45"]
    for key, value in (("oneway", "yes"), ("access", "private"), ("railway", "rail")):
        assert any(t.get(key) == value for t in ways)
    assert any("maxspeed" in t for t in ways)


def test_shops_are_nodes_buildings_a_multipolygon_and_one_is_abroad(extract: Extract) -> None:
    nodes = [t for t in extract.node_tags if "shop" in t]
    areas = [(t, run) for t, run in extract.ways if "shop" in t]
    assert len(nodes) > 40
    assert len(areas) > 10
    assert all(run[0] == run[-1] and len(run) == 5 for _, run in areas)
    assert [t["shop"] for t in extract.relations] == ["department_store"]
    assert {t["name"] for t in nodes} & {t["name"] for t, _ in areas}  # node in its own building
    abroad = [run for t, run in areas if "隣県" in t["name"]]
    assert len(abroad) == 1
    at = np.array([extract.nodes[n] for n in abroad[0]]).mean(axis=0)
    near = np.array([extract.nodes[n] for _, run in roads(extract) for n in run])
    away = cKDTree(near).query(at)[0]
    assert away < 0.002  # degrees: a road reaches it


def test_cells_are_by_a_road_but_for_a_few(folder: Path, extract: Extract) -> None:
    rows = (folder / "tblT001141H00.txt").read_bytes().decode("cp932").split("\r\n")[2:-1]
    lon, lat = mesh.centroids([r.split(",")[0] for r in rows])
    ids = sorted(
        {n for t, run in roads(extract) if "motor" not in t.get("highway", "") for n in run}
    )
    at = np.array([extract.nodes[n] for n in ids])
    _, near = cKDTree(at).query(np.column_stack([lon, lat]))
    away = geodesic_m(lon, lat, at[near, 0], at[near, 1])
    far = away > 860  # half-diagonal of a 500 m cell and 500 m
    assert 3 <= far.sum() <= 12
    assert np.quantile(away, 0.95) < 450


def test_one_way_streets_that_trap_are_found_and_no_others() -> None:
    """Ways over nodes: a ring one-way all round is no trap; a spur one-way inwards is."""
    ways = [[0, 1, 2], [2, 3], [3, 0], [2, 4, 5], [5, 6]]
    one_way = np.array([True, True, True, True, False])
    refs, sizes = np.concatenate(ways), np.array([len(w) for w in ways])
    cars = np.ones(5, dtype=bool)
    assert _traps(refs, sizes, one_way, cars).tolist() == [False, False, False, True, False]
    assert not _traps(refs, sizes, np.zeros(5, dtype=bool), cars).any()
    # where the ring's last side is for those on foot, no car gets round it
    cars[2] = False
    assert _traps(refs, sizes, one_way, cars).tolist() == [True, True, False, True, False]


@pytest.mark.parametrize("seed", [0, 3])
def test_without_them_whatever_is_joined_can_be_driven_to_and_from(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    ways = [rng.choice(n, size=3, replace=False) for _ in range(45)]
    one_way = rng.random(45) < 0.5
    refs, sizes = np.concatenate(ways), np.full(45, 3)
    left = one_way & ~_traps(refs, sizes, one_way, np.ones(45, dtype=bool))
    assert 0 < left.sum() < one_way.sum()
    graph = nx.DiGraph()
    for nodes, only in zip(ways, left, strict=True):
        nx.add_path(graph, nodes.tolist())
        if not only:
            nx.add_path(graph, nodes[::-1].tolist())
    strong = nx.number_strongly_connected_components(graph)
    assert strong == nx.number_weakly_connected_components(graph)
