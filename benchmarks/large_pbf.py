"""Write a large PBF file: an extract copied side by side until it has the size wanted.

.venv-bench/bin/python benchmarks/large_pbf.py 500 results/large.osm.pbf
"""

from __future__ import annotations

import sys
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

ROOT = Path(__file__).resolve().parents[1]
PORTO = ROOT.parent / "shared" / "data" / "elsewhere" / "porto-roads.osm.pbf"


def write(target: Path, megabytes: float, source: Path = PORTO) -> int:
    """Write copies of ``source`` one degree apart, nodes first, and return how many."""
    count = max(1, round(megabytes * 1e6 / source.stat().st_size))
    nodes, ways = [], []
    for thing in osmium.FileProcessor(str(source)):
        if thing.is_node():
            nodes.append((thing.id, thing.location.lon, thing.location.lat, dict(thing.tags)))
        elif thing.is_way():
            ways.append((thing.id, [n.ref for n in thing.nodes], dict(thing.tags)))
    shift = max(n[0] for n in nodes) + 1
    way_shift = max(w[0] for w in ways) + 1
    side = 20
    target.parent.mkdir(parents=True, exist_ok=True)
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for i in range(count):
            east, north = i % side, i // side
            for ref, lon, lat, tags in nodes:
                place = (lon + east, lat + north)
                writer.add_node(Node(id=ref + i * shift, location=place, tags=tags, version=1))
        for i in range(count):
            for ref, refs, tags in ways:
                line = [r + i * shift for r in refs]
                writer.add_way(Way(id=ref + i * way_shift, nodes=line, tags=tags, version=1))
    return count


if __name__ == "__main__":
    path = Path(sys.argv[2])
    copies = write(path, float(sys.argv[1]))
    print(f"{path}: {copies} copies, {path.stat().st_size / 1e6:.0f} MB")
