"""Road networks to measure on: real extracts, copied side by side, and generated ones.

python benchmarks/graphs.py NAME FOLDER     write one as arrays, for `engines.py`
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from coverage_gis.network.build import build
from coverage_gis.network.osm_ways import OsmWays, RawPieces, index_nodes
from coverage_gis.sources.osm import read_osm
from coverage_gis.sources.settings_file import load_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.network.model import Network

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = ROOT.parent / "shared" / "data" / "elsewhere"
NEWPORT = ELSEWHERE / "newport-2023-06-13.osm.pbf"
PORTO = ELSEWHERE / "porto-roads.osm.pbf"
SETTINGS = load_settings(None)
FACILITIES = 500


def extract(path: Path) -> OsmWays:
    """Return the ways of an extract."""
    return read_osm([path], bounds=None, settings=SETTINGS).ways


def copies(ways: OsmWays, count: int) -> OsmWays:
    """Return the ways, ``count`` times side by side and not joined."""
    n, w = len(ways.node_id), len(ways.way_id)
    side = int(np.ceil(np.sqrt(count)))
    width, height = np.ptp(ways.lon) * 1.05, np.ptp(ways.lat) * 1.02
    return OsmWays(
        way_id=np.arange(w * count),
        tagset=np.tile(ways.tagset, count),
        tagsets=ways.tagsets,
        whole=np.tile(ways.whole, count),
        first=np.concatenate([[0], np.cumsum(np.tile(np.diff(ways.first), count))]),
        node=np.concatenate([ways.node + i * n for i in range(count)]).astype(np.int32),
        node_id=np.arange(n * count),
        lon=np.concatenate([ways.lon + (i % side) * width for i in range(count)]),
        lat=np.concatenate([ways.lat + (i // side) * height for i in range(count)]),
    )


def generated(nodes: int, seed: int = 7) -> OsmWays:
    """Return a jittered grid of about 100 m of which 62.5 % of the streets exist: degree 2.5.

    Positions are random and so are OSM ids, as in real files: nothing is in a helpful order.
    """
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(nodes))
    x, y = (a.ravel() for a in np.meshgrid(np.arange(side), np.arange(side)))
    lon = 135 + (x + rng.uniform(-0.3, 0.3, x.size)) * 1e-3
    lat = 35 + (y + rng.uniform(-0.3, 0.3, x.size)) * 1e-3
    number = rng.permutation(x.size)
    here = np.arange(x.size)
    east, north = here[x < side - 1], here[y < side - 1]
    edge = np.concatenate(
        [np.column_stack([east, east + 1]), np.column_stack([north, north + side])]
    )
    edge = edge[rng.random(len(edge)) < 0.625]
    ends = edge.ravel()
    count = len(edge)
    pieces = RawPieces(
        way_id=np.arange(count),
        tagset=np.zeros(count, np.int32),
        whole=np.ones(count, np.bool_),
        size=np.full(count, 2),
        ref=number[ends],
        lon=lon[ends],
        lat=lat[ends],
    )
    return index_nodes(pieces, [{"highway": "residential"}])


@dataclass(frozen=True)
class RawGraph:
    """The network as peers see it: a node per OSM node, an arc per segment and direction.

    Of parallel arcs the shortest is kept. Arcs run against travel, as from facilities.
    """

    n: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length_m: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def csr(self) -> csr_array:
        """Return scipy's form; lengths of zero, which a sparse matrix loses, are a nanometre."""
        length = np.maximum(self.length_m, 1e-9)
        return csr_array((length, (self.tail, self.head)), (self.n, self.n))


def raw_graph(network: Network) -> RawGraph:
    """Return all nodes and segments of a network, not contracted."""
    starts = np.ones(len(network.vertex_node), np.bool_)
    starts[network.chain_first[1:] - 1] = False
    at = np.flatnonzero(starts)
    u, v = network.vertex_node[at], network.vertex_node[at + 1]
    length = network.vertex_m[at + 1] - network.vertex_m[at]
    chain = np.repeat(np.arange(len(network.chain_from)), np.diff(network.chain_first))[at]
    both = network.chain_backward[chain]
    tail, head = np.concatenate([v, u[both]]), np.concatenate([u, v[both]])
    length = np.concatenate([length, length[both]])
    order = np.lexsort((length, head, tail))
    tail, head, length = tail[order], head[order], length[order]
    new = np.ones(len(tail), np.bool_)
    new[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    return RawGraph(
        len(network.node_id), tail[new], head[new], length[new], network.lon, network.lat
    )


def named_network(name: str, mode: str = "walk") -> Network:
    """Return a network by the name it has in the tables."""
    return build(named_ways(name), SETTINGS.network, mode)


def named_ways(name: str) -> OsmWays:
    """Return ways: "newport", "newport x22", "porto", "generated 500000" ..."""
    kind, _, size = name.partition(" ")
    if kind == "generated":
        return generated(int(size))
    ways = extract(NEWPORT if kind == "newport" else PORTO)
    return copies(ways, int(size.removeprefix("x"))) if size else ways


def write(name: str, folder: Path) -> int:
    """Write a network, its raw graph and 500 facilities the first time; return its nodes."""
    if not (folder / "sources.npy").exists():
        (folder / "network").mkdir(parents=True, exist_ok=True)
        network = named_network(name)
        for column, values in network.to_arrays().items():
            np.save(folder / "network" / f"{column}.npy", values)
        raw = raw_graph(network)
        for column in ("tail", "head", "length_m", "lon", "lat"):
            np.save(folder / f"{column}.npy", getattr(raw, column))
        some = np.random.default_rng(0).choice(raw.n, FACILITIES, replace=False)
        np.save(folder / "sources.npy", np.sort(some))
    return len(np.load(folder / "lon.npy", mmap_mode="r"))


if __name__ == "__main__":
    print(json.dumps({"nodes": write(sys.argv[1], Path(sys.argv[2]))}))
