"""Open a stored network again: seconds until it can be used, and until it has been searched once.

.venv-bench/bin/python benchmarks/warm.py "newport x22"
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from graphs import named_network

from coverage_gis.network.model import Network
from coverage_gis.network.snap import node_places
from coverage_gis.routing.nearest import nearest_of_nodes, prepare
from coverage_gis.store.artifacts import load, save

TURNS = 7

if __name__ == "__main__":
    made = named_network(sys.argv[1])
    places = node_places(made)
    rows = np.random.default_rng(1).choice(len(made.node_id), 500, replace=False)
    targets = places.take(np.sort(rows))
    opened, used = [], []
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder), "walk", made.to_arrays())
        size_mb = sum(f.stat().st_size for f in Path(folder).rglob("*.npy")) / 1e6
        for _ in range(TURNS + 1):
            started = time.perf_counter()
            network = Network.from_arrays(load(Path(folder), "walk"))
            opened.append(time.perf_counter() - started)
            nearest_of_nodes(prepare(network, targets), np.arange(500))
            used.append(time.perf_counter() - started)
    print(
        f"{sys.argv[1]}: {len(made.node_id):,} nodes, {size_mb:.0f} MB; opened in "
        f"{statistics.median(opened[1:]):.3f} s; opened, prepared and searched for all nodes in "
        f"{statistics.median(used[1:]):.2f} s"
    )
