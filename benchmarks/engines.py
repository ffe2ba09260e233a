"""One engine, one job, one process: what `bench.py` starts, so that peak memory is the engine's.

    python benchmarks/engines.py ENGINE JOB FOLDER

FOLDER holds the network as `graphs.py` wrote it. Prints one line of JSON. Peers are in `peers.py`.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

if TYPE_CHECKING:
    from collections.abc import Callable

CUTOFF_M = 15_000.0
K = 5
ONCE = ("networkx", "pandana")
"""Engines that take so long that one run has to do; nothing in them is compiled at first use."""
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
    from coverage_gis.routing.several import k_nearest_of_nodes
    from coverage_gis.routing.within import within_of_nodes

    network = Network.from_arrays(
        {p.stem: np.load(p) for p in (data.folder / "network").glob("*.npy")}
    )
    targets, members = node_places(network).take(data.sources), np.arange(len(data.sources))

    def answer(road: Any) -> Any:
        graph = prepare(road, targets)
        if job == "nearest":
            return nearest_of_nodes(graph, members).distance_m
        if job == "five":
            return k_nearest_of_nodes(graph, members, K).distance_m
        return within_of_nodes(graph, members, [CUTOFF_M]).place_sum[:, 0]

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


def scipy_on_chains(data: Input, job: str) -> Run:
    """Search scipy's matrix of the contracted graph, then fill the nodes along chains by numpy.

    What one would do without compiled loops of one's own: nodes that are kept are junctions
    and facilities, so that the graph is made anew for each set of facilities. Without which.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    del job
    read = {p.stem: np.load(p) for p in (data.folder / "network").glob("*.npy")}
    first, node, metres = read["chain_first"], read["vertex_node"], read["vertex_m"]

    def build() -> Any:
        kept = np.zeros(data.n, np.bool_)
        kept[read["junction"]] = kept[data.sources] = True
        at = np.flatnonzero(kept[node])
        chain = np.repeat(np.arange(len(first) - 1), np.diff(first))
        i = np.flatnonzero(chain[at[1:]] == chain[at[:-1]])
        a, b, c = at[i], at[i + 1], chain[at[i]]
        number = np.cumsum(kept) - 1
        forward, back = read["chain_forward"][c], read["chain_backward"][c]
        u, v = number[node[a]], number[node[b]]
        tail, head = np.concatenate([v[forward], u[back]]), np.concatenate([u[forward], v[back]])
        length = metres[b] - metres[a]
        length = np.maximum(np.concatenate([length[forward], length[back]]), 1e-9)
        order = np.lexsort((length, head, tail))  # of parallel arcs the shortest
        tail, head, length = tail[order], head[order], length[order]
        new = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0))
        n = int(kept.sum())
        graph = csr_array((length[new], (tail[new], head[new])), (n, n))
        return graph, number, kept, (a, b, forward, back)

    def answer(built: Any) -> Any:
        graph, number, kept, (a, b, forward, back) = built
        near = dijkstra(graph, indices=number[data.sources], min_only=True)
        found = np.full(data.n, np.inf)
        found[kept] = near
        size = b - a - 1
        piece = np.repeat(np.arange(len(a)), size)
        vertex = a[piece] + 1 + np.arange(len(piece)) - np.repeat(np.cumsum(size) - size, size)
        from_a = np.where(back, found[node[a]], np.inf)[piece] + metres[vertex] - metres[a][piece]
        from_b = (
            np.where(forward, found[node[b]], np.inf)[piece] + metres[b][piece] - metres[vertex]
        )
        found[node[vertex]] = np.minimum(from_a, from_b)
        return np.where(np.isinf(found), np.nan, found)

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


OWN = {
    "coverage_gis": ours,
    "scipy": scipy,
    "scipy on chains": scipy_on_chains,
    "numba heap": plain_numba,
}


def engine_of(name: str) -> Callable[[Input, str], Run]:
    """Return what builds and answers."""
    if name in OWN:
        return OWN[name]
    import peers

    return peers.PEERS[name]


def timed(job: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return a result, seconds, and seconds of processor time on all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = job()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def error_m(data: Input, engine: str, job: str, result: np.ndarray) -> float | None:
    """Return the greatest difference from ours, and keep ours; reached or not must agree too."""
    check = data.folder / f"check_{job}.npy"
    if engine == "coverage_gis":
        np.save(check, result)
        return None
    if not check.exists():
        return None
    ours = np.load(check)
    if engine == "pandana":  # it looks no further than the cutoff, and says the cutoff then
        ours = np.where(ours < CUTOFF_M, ours, CUTOFF_M)
        ours = np.where(np.isnan(ours), CUTOFF_M, ours)
    result = result.reshape(ours.shape)
    if not np.array_equal(np.isnan(result), np.isnan(ours)):
        return float("inf")
    return float(np.nanmax(np.abs(result - ours), initial=0.0))


def main(engine: str, job: str, folder: str) -> None:
    """Build, do the job once to warm up, then three times (iduedu: once); slow engines once."""
    data = Input(Path(folder))
    build, answer = engine_of(engine)(data, job)
    if engine in ("coverage_gis", "numba heap"):
        build()  # compiles
    graph, build_s, _ = timed(build)
    once = engine in ONCE
    wall, cpu = [], []
    for turn in range(1 if once else 2 if engine == "iduedu" else 4):
        result, seconds, busy = timed(lambda: answer(graph))
        if once or turn:
            wall.append(seconds)
            cpu.append(busy)
    error = error_m(data, engine, job, np.asarray(result, dtype=np.float64))
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    found = {"build_s": build_s, "times_s": wall, "cpu_s": cpu, "peak_gb": peak_gb}
    print(json.dumps({**found, "error_m": error}))


if __name__ == "__main__":
    main(*sys.argv[1:])
