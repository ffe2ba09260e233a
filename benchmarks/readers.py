"""One reader, one file, one process: PBF to walk graph, drive graph and POIs, areas too.

    python benchmarks/readers.py READER FILE

Every reader is asked for the same three things, as far as it has them, by its own functions; the
last column of the table says what it gave. "bare loop" touches every object and gives nothing.
"""

from __future__ import annotations

import itertools
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

POIS = ("shop", "amenity", "healthcare", "social_facility", "railway")
NOT_DRIVEN = ("footway", "path", "steps", "pedestrian", "cycleway", "bridleway", "corridor")
WORLD = (-11.0, 40.0, 2.0, 60.0)
"""Around both extracts."""
ONCE = ("pyrosm", "iduedu", "osmnx")


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
    return _gives(len(walk.node_id), len(drive.node_id), f"{len(extract.pois):,} POIs")


def pyosmium(path: Path) -> str:
    """Collect segments with filters and node locations, and areas assembled from relations."""
    import osmium

    edges: dict[str, list[tuple[int, int]]] = {"walk": [], "drive": []}
    pois = 0
    keys = osmium.filter.KeyFilter("highway", *POIS)
    for thing in osmium.FileProcessor(str(path)).with_areas().with_filter(keys):
        tags = thing.tags
        if thing.is_way() and "highway" in tags:
            refs = [n.ref for n in thing.nodes if n.location.valid()]
            pairs = list(itertools.pairwise(refs))
            edges["walk"] += pairs
            if tags["highway"] not in NOT_DRIVEN:
                edges["drive"] += pairs
        elif (thing.is_node() or thing.is_area()) and any(k in tags for k in POIS):
            pois += 1
    walk, drive = (len(np.unique(np.array(pairs))) for pairs in edges.values())
    return _gives(walk, drive, f"{pois:,} POIs")


def gdal(path: Path) -> str:
    """Read lines, points and areas; join lines to graphs by their coordinates."""
    import pyogrio
    import shapely

    meta, _, lines, columns = pyogrio.raw.read(
        path, layer="lines", columns=["highway"], where="highway IS NOT NULL"
    )
    del meta
    driven = ~np.isin(columns[0], NOT_DRIVEN)
    sizes = []
    for some in (lines, lines[driven]):
        xy, line = shapely.get_coordinates(shapely.from_wkb(some), return_index=True)
        key = np.round(xy * 1e7).astype(np.int64)
        _, node = np.unique(key[:, 0] * 4_000_000_000 + key[:, 1], return_inverse=True)
        same = line[1:] == line[:-1]
        edge = np.column_stack([node[:-1], node[1:]])[same]
        metres = np.hypot(*(np.diff(xy, axis=0)[same] * 1e5).T)
        sizes.append((int(node.max()) + 1, edge, metres))
    pois = 0
    for layer in ("points", "multipolygons"):
        wanted = " OR ".join(f"other_tags LIKE '%\"{k}\"=>%'" for k in POIS)
        if layer == "multipolygons":
            wanted += " OR shop IS NOT NULL OR amenity IS NOT NULL"
        pois += len(pyogrio.raw.read(path, layer=layer, where=wanted)[2])
    return _gives(sizes[0][0], sizes[1][0], f"{pois:,} POIs; bridges joined to what they cross")


def pyrosm(path: Path) -> str:
    """Read both networks with their nodes, and POIs."""
    import pyrosm as reader

    osm = reader.OSM(str(path))
    sizes = [
        len(osm.get_network(network_type=kind, nodes=True)[0]) for kind in ("walking", "driving")
    ]
    pois = osm.get_pois(custom_filter=dict.fromkeys(POIS, True))
    return _gives(sizes[0], sizes[1], f"{0 if pois is None else len(pois):,} POIs")


def iduedu(path: Path) -> str:
    """Build both graphs; it has no POIs."""
    import iduedu as reader
    import shapely

    options: dict[str, Any] = {
        "territory": shapely.box(*WORLD),
        "simplify": False,
        "keep_largest_subgraph": False,
    }
    with reader.config.use_pbf(path):
        graphs = [reader.get_walk_graph(**options), reader.get_drive_graph(**options)]
    sizes = [len(g.nodes_gdf) for g in graphs]
    return _gives(sizes[0], sizes[1], "no POIs")


def osmnx(path: Path) -> str:
    """Turn the file to XML and read that: osmnx reads no PBF."""
    import osmium
    import osmnx as ox

    with tempfile.TemporaryDirectory() as folder:
        xml, drive = Path(folder) / "roads.osm", Path(folder) / "drive.osm"
        with (
            osmium.SimpleWriter(str(xml)) as all_roads,
            osmium.SimpleWriter(str(drive)) as driven,
        ):
            for thing in osmium.FileProcessor(str(path)):
                if thing.is_node() or (thing.is_way() and "highway" in thing.tags):
                    all_roads.add(thing)
                    if thing.is_node() or thing.tags["highway"] not in NOT_DRIVEN:
                        driven.add(thing)
        graphs = [ox.graph_from_xml(x, simplify=False, retain_all=True) for x in (xml, drive)]
        whole = Path(folder) / "all.osm"
        with osmium.SimpleWriter(str(whole)) as writer:
            for thing in osmium.FileProcessor(str(path)):
                writer.add(thing)
        try:
            pois = f"{len(ox.features_from_xml(whole, tags=dict.fromkeys(POIS, True))):,} POIs"
        except Exception as error:  # noqa: BLE001 - on clipped extracts it raises many kinds
            pois = f"no POIs ({type(error).__name__})"
    return _gives(graphs[0].number_of_nodes(), graphs[1].number_of_nodes(), pois)


def _gives(walk: int, drive: int, pois: str) -> str:
    return f"walk {walk:,} + drive {drive:,} nodes, {pois}"


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
    slow = reader in ONCE
    wall, cpu = [], []
    gives = ""
    for turn in range(1 if slow else 4):
        started, busy = time.perf_counter(), time.process_time()
        gives = READERS[reader](Path(path))
        if slow or turn:
            wall.append(time.perf_counter() - started)
            cpu.append(time.process_time() - busy)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(json.dumps({"times_s": wall, "cpu_s": cpu, "peak_gb": peak_gb, "gives": gives}))


if __name__ == "__main__":
    main(*sys.argv[1:])
