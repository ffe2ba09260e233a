"""One reader, one file, one process: PBF to road graphs.

python benchmarks/readers.py READER FILE
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]


def bare(path: Path) -> str:
    """Touch every object and do nothing."""
    import osmium

    for _ in osmium.FileProcessor(str(path)):
        pass
    return "nothing"


def ours(path: Path) -> str:
    """Read ways and places, and build both networks."""
    from graphs import SETTINGS

    from coverage_gis.network.build import build
    from coverage_gis.sources.osm import read_osm

    extract = read_osm([path], bounds=None, settings=SETTINGS)
    walk, drive = (build(extract.ways, SETTINGS.network, m) for m in ("walk", "drive"))
    return f"walk {len(walk.node_id):,} + drive {len(drive.node_id):,} nodes, POIs with areas"


def pyosmium(path: Path) -> str:
    """Collect the walk network's segments with filters and node locations."""
    import osmium

    ids, lon, lat = [], [], []
    ways = osmium.FileProcessor(str(path)).with_locations()
    of_ways = osmium.filter.KeyFilter("highway").enable_for(osmium.osm.WAY)
    for way in ways.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(of_ways):
        for node in way.nodes:
            if node.location.valid():
                ids.append(node.ref)
                lon.append(node.lon)
                lat.append(node.lat)
    return f"{len(np.unique(np.array(ids))):,} nodes of one network, no POIs"


def gdal(path: Path) -> str:
    """Read lines and join them to a graph by their coordinates."""
    import pyogrio
    import shapely

    _, _, lines, _ = pyogrio.raw.read(path, layer="lines", columns=["highway"],
                                      where="highway IS NOT NULL")  # fmt: skip
    xy = shapely.get_coordinates(shapely.from_wkb(lines))
    key = np.round(xy * 1e7).astype(np.int64)
    nodes = np.unique(key[:, 0] * 4_000_000_000 + key[:, 1])
    pois = pyogrio.raw.read(path, layer="points", columns=["name"])[2]
    areas = pyogrio.raw.read(path, layer="multipolygons", columns=["name"])[2]
    return f"{len(nodes):,} nodes of one network, {len(pois) + len(areas):,} points and areas"


def pyrosm(path: Path) -> str:
    """Read the walk network with its nodes."""
    import pyrosm as reader

    nodes, _ = reader.OSM(str(path)).get_network(network_type="walking", nodes=True)
    return f"{len(nodes):,} nodes of one network, no POIs"


def iduedu(path: Path) -> str:
    """Build the walk graph."""
    import iduedu as reader

    graph = reader.get_walk_graph(osm_file=str(path))
    return f"{graph.number_of_nodes():,} nodes of one network, no POIs"


def osmnx(path: Path) -> str:
    """Turn the file to XML and read that: osmnx reads no PBF."""
    import osmium
    import osmnx as ox

    with tempfile.TemporaryDirectory() as folder:
        xml = Path(folder) / "roads.osm"
        with osmium.SimpleWriter(str(xml)) as writer:
            for thing in osmium.FileProcessor(str(path)):
                if thing.is_node() or (thing.is_way() and "highway" in thing.tags):
                    writer.add(thing)
        graph = ox.graph_from_xml(xml, simplify=False, retain_all=True)
    return f"{graph.number_of_nodes():,} nodes of one network, no POIs"


READERS = {
    "bare loop": bare,
    "coverage_gis": ours,
    "pyosmium": pyosmium,
    "GDAL": gdal,
    "pyrosm": pyrosm,
    "iduedu": iduedu,
    "osmnx": osmnx,
}


def main(reader: str, path: str) -> None:
    """Read three times after one to warm up; slow readers once."""
    slow = reader in ("pyrosm", "iduedu", "osmnx")
    times = []
    for turn in range(1 if slow else 4):
        started = time.perf_counter()
        gives = READERS[reader](Path(path))
        if slow or turn:
            times.append(time.perf_counter() - started)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(json.dumps({"times_s": times, "peak_gb": peak_gb, "gives": gives}))


if __name__ == "__main__":
    main(*sys.argv[1:])
