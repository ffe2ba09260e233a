"""Memory of a network and of each question on it, per node and per edge of the raw graph.

    python benchmarks/footprint.py FOLDER

FOLDER holds a network as `graphs.py` wrote it. Sizes are resident memory as Linux counts it,
before and after each step, and at its peak: what arrays really take, copies made on the way
included. Prints one line of JSON, in bytes.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from coverage_gis.network.model import Network  # noqa: E402 - needs the path above
from coverage_gis.network.snap import node_places  # noqa: E402 - as above
from coverage_gis.routing.nearest import nearest_of_nodes, prepare, road_graph  # noqa: E402
from coverage_gis.routing.several import k_nearest_of_nodes  # noqa: E402
from coverage_gis.routing.within import within_of_nodes  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = Path("/proc/self/status")


def resident(name: str) -> int:
    """Return VmRSS or VmHWM (its greatest so far), in bytes."""
    lines = STATUS.read_text(encoding="utf-8").splitlines()
    return next(int(x.split()[1]) * 1024 for x in lines if x.startswith(name + ":"))


def step(job: Callable[[], Any]) -> tuple[Any, dict[str, int]]:
    """Return a result, what it keeps, and what the step needed at its peak."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # VmHWM starts again
    before = resident("VmRSS")
    result = job()
    return result, {
        "kept": resident("VmRSS") - before,
        "peak": resident("VmHWM") - before,
    }


def load(folder: Path) -> Network:
    """Return the network, its columns in memory."""
    return Network.from_arrays({p.stem: np.load(p) for p in (folder / "network").glob("*.npy")})


def questions(network: Network, at: np.ndarray) -> dict[str, dict[str, int]]:
    """Return what the graph and each question take."""
    found = {}
    road, found["graph"] = step(lambda: road_graph(network))
    graph = prepare(road, node_places(network).take(at))
    members = np.arange(len(at))
    for name, job in (
        ("nearest, every node", lambda: nearest_of_nodes(graph, members)),
        ("5 nearest, every node", lambda: k_nearest_of_nodes(graph, members, 5)),
        ("counts within 2 km, every node", lambda: within_of_nodes(graph, members, [2000.0])),
    ):
        found[name] = step(job)[1]
    return found


def main(folder: str) -> None:
    """Measure and print."""
    path = Path(folder)
    small = load(path.parent / "newport")
    questions(small, np.arange(0, 40_000, 80))  # compiles
    network, network_bytes = step(lambda: load(path))
    found = {"network": network_bytes}
    found |= questions(network, np.load(path / "sources.npy"))
    sizes = {"nodes": len(network.node_id), "edges": int(network.n_segments)}
    print(json.dumps({"bytes": found, **sizes}))


if __name__ == "__main__":
    main(*sys.argv[1:])
