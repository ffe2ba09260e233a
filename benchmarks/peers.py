"""Engines of others, each as its own manual has it; see `engines.py`.

All search the raw graph against travel, from one more node that leads to all facilities where
an engine knows no search from several: those give distances without saying which facility.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from engines import CUTOFF_M, Input, K

if TYPE_CHECKING:
    from engines import Run


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


def iduedu(data: Input, job: str) -> Run:
    """Search its graph of tables with geometries, several sources at once, with which."""
    import geopandas as gpd
    import iduedu as engine
    import shapely

    del job

    def build() -> Any:
        at = np.column_stack([data.lon, data.lat])
        nodes = gpd.GeoDataFrame({"x": data.lon}, geometry=shapely.points(at), crs=4326)
        lines = shapely.linestrings(np.stack([at[data.head], at[data.tail]], axis=1))
        columns = {
            "u": data.head.astype(np.int64),
            "v": data.tail.astype(np.int64),
            "length_meter": data.length_m,
            "time_min": data.length_m / 80,
        }
        edges = gpd.GeoDataFrame(columns, geometry=lines, crs=4326)
        return engine.UrbanGraph(
            nodes, edges, is_multigraph=False, is_directed=True, adjacency_weight="length_meter"
        )

    def answer(graph: Any) -> Any:
        table = engine.multi_source_dijkstra_nearest_source(
            graph,
            source_nodes=data.sources.tolist(),
            weight="length_meter",
            reverse=True,
            dtype=np.float64,
        )
        found = np.full(data.n, np.nan)
        found[table.index.to_numpy(dtype=np.int64)] = np.asarray(table["dist"], dtype=np.float64)
        return found

    return build, answer


PEERS = {
    "networkit": networkit,
    "rustworkx": rustworkx,
    "igraph": igraph,
    "iduedu": iduedu,
    "networkx": networkx,
    "pandana": pandana,
}
