"""A network as GraphML, for QGIS plug-ins, Gephi and the analyst's own osmnx scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import osmnx

from coverage_gis.network.convert import to_networkx
from coverage_gis.store.atomic import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.network.model import Network


def write_graphml(network: Network, path: Path) -> None:
    """Write the junctions and chains of ``network`` as osmnx writes GraphML.

    ``osmnx.load_graphml`` gives the graph back, and ``network.convert.from_osmnx`` the network.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    graph = to_networkx(network)
    with replacing(path) as scratch:
        osmnx.save_graphml(graph, scratch)
