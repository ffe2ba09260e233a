"""One engine, one job, one process: what `bench.py` starts, so that peak memory is the engine's.

    python benchmarks/engines.py ENGINE JOB FOLDER

FOLDER holds the network as `bench.py` wrote it. Prints one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if TYPE_CHECKING:
    from collections.abc import Callable

CUTOFF_M = 15_000.0
K = 5
Run = tuple["Callable[[], Any]", "Callable[[Any], Any]"]
"""Builds the engine's graph; answers the job on it."""


class Input:
    """The raw graph as flat arrays: arcs against travel, so that searches start at facilities."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = ("tail", "head", "length_m", "lon", "lat", "sources")
        for name in names:
            setattr(self, name, np.load(folder / f"{name}.npy"))
        self.n = len(self.lon)


def ours(data: Input, job: str) -> Run:
    """Build the graph of junctions; contraction is part of the network."""
    from coverage_gis.network.model import Network
    from coverage_gis.network.snap import node_places
    from coverage_gis.routing.nearest import nearest_of_nodes, prepare, road_graph
    from coverage_gis.routing.several import k_nearest
    from coverage_gis.routing.within import within

    network = Network.from_arrays(
        {p.stem: np.load(p) for p in (data.folder / "network").glob("*.npy")}
    )
    places = node_places(network)
    targets, members = places.take(data.sources), np.arange(len(data.sources))

    def answer(road: Any) -> Any:
        graph = prepare(road, targets)
        if job == "nearest":
            return nearest_of_nodes(graph, members).distance_m
        every = node_places(network)
        if job == "five":
            return k_nearest(graph, members, every, K).distance_m
        return within(graph, members, every, [CUTOFF_M]).place_sum[:, 0]

    return lambda: road_graph(network), answer


def scipy(data: Input, job: str) -> Run:
    """Search compressed sparse rows; count in batches of 20 facilities."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    def build() -> Any:
        length = np.maximum(data.length_m, 1e-9)  # zeros would vanish
        return csr_array((length, (data.tail, data.head)), (data.n, data.n))

    def answer(graph: Any) -> Any:
        if job == "nearest":
            found, _, _ = dijkstra(
                graph, indices=data.sources, min_only=True, return_predecessors=True
            )
            return np.where(np.isinf(found), np.nan, found)
        count = np.zeros(data.n)
        for i in range(0, len(data.sources), 20):
            some = dijkstra(graph, indices=data.sources[i : i + 20], limit=CUTOFF_M)
            count += np.isfinite(some).sum(axis=0)
        return count

    return build, answer


def plain_numba(data: Input, job: str) -> Run:
    """Search on a binary heap over the raw graph."""
    from heaps import k_nearest_raw, multi_source_raw

    def build() -> Any:
        order = np.argsort(data.tail, kind="stable")
        first = np.concatenate([[0], np.cumsum(np.bincount(data.tail, minlength=data.n))])
        return first.astype(np.int64), data.head[order], data.length_m[order]

    def answer(graph: Any) -> Any:
        if job == "nearest":
            found = multi_source_raw(*graph, data.sources)[0]
            return np.where(np.isinf(found), np.nan, found)
        found = k_nearest_raw(*graph, data.sources, K)[0]
        return np.where(np.isinf(found), np.nan, found)

    return build, answer


def igraph(data: Input, job: str) -> Run:
    """Search from one more node that leads to all facilities."""
    import igraph as ig

    del job

    def build() -> Any:
        # one more node, from which all facilities are 0 m away: distances alone, not which
        tail = np.concatenate([data.tail, np.full(len(data.sources), data.n)])
        head = np.concatenate([data.head, data.sources])
        graph = ig.Graph(n=data.n + 1, edges=np.column_stack([tail, head]), directed=True)
        graph.es["w"] = np.concatenate([data.length_m, np.zeros(len(data.sources))]).tolist()
        return graph

    def answer(graph: Any) -> Any:
        found = np.array(graph.distances(source=[data.n], weights="w")[0][: data.n])
        return np.where(np.isinf(found), np.nan, found)

    return build, answer


def networkit(data: Input, job: str) -> Run:
    """Do the same, by arrays in and out."""
    import networkit as nk

    del job

    def build() -> Any:
        tail = np.concatenate([data.tail, np.full(len(data.sources), data.n)])
        head = np.concatenate([data.head, data.sources])
        weight = np.concatenate([data.length_m, np.zeros(len(data.sources))])
        table = (weight, (tail.astype(np.uint64), head.astype(np.uint64)))
        return nk.GraphFromCoo(table, n=data.n + 1, weighted=True, directed=True)

    def answer(graph: Any) -> Any:
        search = nk.distance.Dijkstra(graph, data.n, storePaths=False)
        search.run()
        found = np.array(search.getDistances(asarray=True))[: data.n]
        return np.where(found > 1e300, np.nan, found)

    return build, answer


def rustworkx(data: Input, job: str) -> Run:
    """Do the same, with a Python function for weights as its interface wants."""
    import rustworkx as rx

    del job

    def build() -> Any:
        graph = rx.PyDiGraph(multigraph=False)
        graph.add_nodes_from(range(data.n + 1))
        arcs = zip(data.tail.tolist(), data.head.tolist(), data.length_m.tolist(), strict=True)
        graph.add_edges_from(list(arcs))
        graph.add_edges_from([(data.n, s, 0.0) for s in data.sources.tolist()])
        return graph

    def answer(graph: Any) -> Any:
        found = np.full(data.n, np.nan)
        lengths = rx.dijkstra_shortest_path_lengths(graph, data.n, float)
        for node, length in lengths.items():
            if node < data.n:
                found[node] = length
        return found

    return build, answer


def networkx(data: Input, job: str) -> Run:
    """Search a graph as osmnx makes it."""
    import networkx as nx

    del job

    def build() -> Any:
        graph = nx.MultiDiGraph()
        position = zip(data.lon.tolist(), data.lat.tolist(), strict=True)
        graph.add_nodes_from((i, {"x": x, "y": y}) for i, (x, y) in enumerate(position))
        arcs = zip(data.tail.tolist(), data.head.tolist(), data.length_m.tolist(), strict=True)
        graph.add_edges_from((u, v, {"length": w}) for u, v, w in arcs)
        return graph

    def answer(graph: Any) -> Any:
        lengths = nx.multi_source_dijkstra_path_length(
            graph, set(data.sources.tolist()), weight="length"
        )
        found = np.full(data.n, np.nan)
        found[list(lengths)] = list(lengths.values())
        return found

    return build, answer


def pandana(data: Input, job: str) -> Run:
    """Query contraction hierarchies, up to 15 km."""
    import pandana as pdna
    import pandas as pd

    items = K if job == "five" else 1

    def build() -> Any:
        index = pd.Index(np.arange(data.n))
        weights = pd.DataFrame({"w": data.length_m})
        network = pdna.Network(
            pd.Series(data.lon, index),
            pd.Series(data.lat, index),
            pd.Series(data.head),
            pd.Series(data.tail),
            weights,
            twoway=False,
        )
        x, y = (pd.Series(v[data.sources]) for v in (data.lon, data.lat))
        network.set_pois("f", CUTOFF_M, items, x, y)
        return network

    def answer(network: Any) -> Any:
        found = network.nearest_pois(CUTOFF_M, "f", num_pois=items, include_poi_ids=True)
        return found.iloc[:, :items].to_numpy()

    return build, answer


ENGINES = {
    "coverage_gis": ours,
    "scipy": scipy,
    "numba heap": plain_numba,
    "igraph": igraph,
    "networkit": networkit,
    "rustworkx": rustworkx,
    "networkx": networkx,
    "pandana": pandana,
}


def main(engine: str, job: str, folder: str) -> None:
    """Do the job once to warm up, then three times."""
    data = Input(Path(folder))
    build, answer = ENGINES[engine](data, job)
    started = time.perf_counter()
    graph = build()
    build_s = time.perf_counter() - started
    if engine in ("coverage_gis", "numba heap"):
        started = time.perf_counter()
        graph = build()  # the first one may have compiled
        build_s = time.perf_counter() - started
    slow = engine in ("networkx", "pandana", "rustworkx") or (engine, job) == ("scipy", "counts")
    times = []
    for turn in range(1 if slow else 4):
        started = time.perf_counter()
        result = answer(graph)
        if slow or turn:
            times.append(time.perf_counter() - started)
    result = np.asarray(result, dtype=np.float64)
    check = data.folder / f"check_{job}.npy"
    error = None
    if engine == "coverage_gis":
        np.save(check, result)
    elif engine != "pandana" and check.exists():
        error = float(np.nanmax(np.abs(result - np.load(check)), initial=0.0))
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(json.dumps({"build_s": build_s, "times_s": times, "peak_gb": peak_gb, "error": error}))


if __name__ == "__main__":
    main(*sys.argv[1:])
