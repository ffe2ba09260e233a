"""osmnx graphs as road networks: GraphML files, and Overpass through a stub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import shapely

from coverage_gis import schema
from coverage_gis.crs import geodesic_m
from coverage_gis.errors import InputError
from coverage_gis.facilities.from_osm import classify
from coverage_gis.network.build import build
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.osmnx_graph import (
    empty_pois,
    pois_from_place,
    read_graphml,
    ways_from_place,
)
from coverage_gis.sources.settings_file import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.network.osm_ways import OsmWays

SETTINGS = load_settings()
NODES = {1: (137.20, 36.70), 2: (137.21, 36.70), 3: (137.21, 36.71), 4: (137.22, 36.71)}


def graph() -> nx.MultiDiGraph:
    """1 = 2 = 3 two-way, 3 -> 4 one-way."""
    made = nx.MultiDiGraph(crs="EPSG:4326")
    for node, (x, y) in NODES.items():
        made.add_node(node, x=x, y=y)
    for u, v, oneway in ((1, 2, False), (2, 1, False), (2, 3, False), (3, 2, False), (3, 4, True)):
        made.add_edge(u, v, osmid=10 * min(u, v), highway="residential", oneway=oneway, length=1.0)
    return made


def length_m(ways: OsmWays) -> float:
    return build(ways, SETTINGS.network, schema.WALK).length_m


def expected_m() -> float:
    return sum(float(geodesic_m(*NODES[u], *NODES[v])) for u, v in ((1, 2), (2, 3), (3, 4)))


def test_a_graphml_file_is_found_and_read(tmp_path: Path) -> None:
    folder = tmp_path / "16"
    folder.mkdir()
    ox.save_graphml(graph(), folder / "toyama.graphml")
    [found] = scan_report(tmp_path, "16").found
    assert found.kind == "graphml"
    result = read_graphml([found], SETTINGS.network)
    assert result.read == 5
    assert length_m(result.table) == pytest.approx(expected_m())
    drive = build(result.table, SETTINGS.network, schema.DRIVE)
    one_way = drive.chain_forward != drive.chain_backward
    assert one_way.sum() == 1


def test_walk_and_drive_graphs_are_one_network(tmp_path: Path) -> None:
    whole = graph()
    half, other = whole.copy(), whole.copy()
    half.remove_edges_from([(3, 4)])
    other.remove_edges_from([(1, 2), (2, 1)])
    founds = []
    for name, part in (("a", half), ("b", other)):
        ox.save_graphml(part, tmp_path / f"{name}.graphml")
        founds.append(Found(tmp_path / f"{name}.graphml", None, "graphml", ""))
    assert length_m(read_graphml(founds, SETTINGS.network).table) == pytest.approx(expected_m())


@pytest.mark.parametrize(
    "content",
    [
        b"<graphml",
        b"",
        b"\x00\x01",
        (
            b"<?xml version='1.0'?><graphml xmlns='http://graphml.graphdrawing.org/xmlns'>"
            b"<graph edgedefault='directed'><node id='1'/><node id='2'/>"
            b"<edge source='1' target='2'/></graph></graphml>"
        ),
    ],
)
def test_what_is_no_osmnx_graph_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.graphml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="osmnx"):
        read_graphml([Found(path, None, "graphml", "")], SETTINGS.network)


def test_a_projected_graph_is_told(tmp_path: Path) -> None:
    ox.save_graphml(ox.project_graph(graph()), tmp_path / "x.graphml")
    with pytest.raises(InputError, match="longitude and latitude"):
        read_graphml([Found(tmp_path / "x.graphml", None, "graphml", "")], SETTINGS.network)


class TestOverpass:
    """No test asks the server: osmnx's functions are replaced."""

    def test_roads_of_a_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[tuple[str, str]] = []

        def stub(place: str, *, network_type: str, retain_all: bool) -> nx.MultiDiGraph:
            asked.append((place, network_type))
            assert retain_all  # islands are people's homes
            return graph()

        monkeypatch.setattr(ox, "graph_from_place", stub)
        ways = ways_from_place("富山市, 日本", SETTINGS.network)
        assert asked == [("富山市, 日本", "all")]
        assert length_m(ways) == pytest.approx(expected_m())

    def test_facilities_of_a_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        index = pd.MultiIndex.from_tuples(
            [("node", 1), ("way", 2), ("relation", 3)], names=["element", "id"]
        )
        shapes = [
            shapely.Point(137.2, 36.7),
            shapely.box(137.2099, 36.6999, 137.2101, 36.7001),
            shapely.box(137.3, 36.7, 137.301, 36.701),
        ]
        features = gpd.GeoDataFrame(
            {
                "shop": ["supermarket", "convenience", None],
                "amenity": [None, None, "hospital"],
                "name": ["甲", np.nan, "乙病院"],
            },
            geometry=shapes,
            index=index,
            crs="EPSG:4326",
        )
        monkeypatch.setattr(ox, "features_from_place", lambda place, tags: features)  # noqa: ARG005 - its signature
        pois = pois_from_place("富山市", SETTINGS.services)
        assert pois["osm_id"].tolist() == ["n1", "r3", "w2"]
        assert pois["radius_m"].iloc[0] == 0
        assert (pois["radius_m"].iloc[1:] > 10).all()
        assert list(pois.columns) == list(empty_pois().columns)
        table = classify(pois, SETTINGS.services)
        services = dict(zip(table["destination_id"], table["service"], strict=True))
        assert services == {"osm:n1": "supermarket", "osm:w2": "convenience", "osm:r3": "hospital"}

    def test_no_answer_is_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def stub(*_: object, **__: object) -> None:
            raise ConnectionError("no route to host")

        monkeypatch.setattr(ox, "graph_from_place", stub)
        with pytest.raises(InputError, match="no route to host"):
            ways_from_place("富山市", SETTINGS.network)
