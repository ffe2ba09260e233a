"""GraphML goes out and comes back through osmnx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import osmnx
import pytest

from coverage_gis import schema
from coverage_gis.export.graphml import write_graphml
from coverage_gis.network.build import build
from coverage_gis.network.convert import from_osmnx
from coverage_gis.network.osm_ways import ways_from_lists
from coverage_gis.sources.settings_file import load_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_round_trip_keeps_lengths_directions_and_islands(tmp_path: Path) -> None:
    settings = load_settings(None).network
    nodes = {i: (137.0 + 0.01 * (i % 4), 36.0 + 0.01 * (i // 4)) for i in range(12)}
    ways = [
        (1, [0, 1, 2, 3], {"highway": "residential"}),
        (2, [1, 5, 9], {"highway": "primary", "oneway": "yes"}),
        (3, [10, 11], {"highway": "residential"}),  # an island of its own
    ]
    network = build(ways_from_lists(ways, nodes), settings, schema.DRIVE)
    write_graphml(network, tmp_path / "roads.graphml")
    graph = osmnx.load_graphml(tmp_path / "roads.graphml")
    assert graph.number_of_nodes() == len(network.junction)
    again = from_osmnx(graph, settings, schema.DRIVE)
    assert again.length_m == pytest.approx(network.length_m, abs=1e-6)
    assert len(again.component_nodes) == 2
    both = network.chain_forward & network.chain_backward
    both_again = again.chain_forward & again.chain_backward
    assert (~both_again).sum() == (~both).sum() == 1
