"""How cost grows with nodes, cells and facilities, as a plot.

    python benchmarks/growth.py         (or: make bench ARGS="--only growth")

Measures on generated road graphs of degree 2.5 and writes docs/growth.svg, one curve per job and
one panel per quantity that grows; prints the figures as one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from graphs import SETTINGS, generated  # noqa: E402 - needs the path above

from coverage_gis.network.build import build  # noqa: E402 - as above
from coverage_gis.network.snap import node_places, snap  # noqa: E402
from coverage_gis.routing.nearest import (  # noqa: E402
    nearest,
    nearest_of_nodes,
    prepare,
    road_graph,
)
from coverage_gis.routing.several import k_nearest  # noqa: E402
from coverage_gis.routing.within import within  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from coverage_gis.network.model import Network
    from coverage_gis.network.snap import Snap

TARGET = HERE.parent / "docs" / "growth.svg"
NODES = (125_000, 250_000, 500_000, 1_000_000, 2_000_000)
CELLS = (1_000, 4_000, 16_000, 64_000, 256_000)
FACILITIES = (10, 100, 1_000, 10_000)
MIDDLE = 1_000_000
K, CUTOFF_M = 5, 2_000.0
Curves = dict[str, dict[str, list[float]]]


def seconds(job: Callable[[], Any], times: int = 5) -> float:
    """Return the median processor time of several runs, after one to warm up.

    Of all threads together: other work on the machine shows little in it.
    """
    job()
    found = []
    for _ in range(times):
        started = time.process_time()
        job()
        found.append(time.process_time() - started)
    return statistics.median(found)


def cells_of(network: Network, n: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return places near roads."""
    at = rng.choice(len(network.node_id), n)
    return network.lon[at] + 1e-4, network.lat[at] + 2e-4


def by_nodes(rng: np.random.Generator) -> tuple[dict[str, list[float]], Network]:
    """Let the network grow; also return the one of a million."""
    curves: dict[str, list[float]] = {"build network": [], "graph": [], "nearest, every node": []}
    middle: dict[int, Network] = {}
    for n in NODES:
        ways = generated(n)
        network = build(ways, SETTINGS.network, "walk")
        curves["build network"].append(
            seconds(lambda w=ways: build(w, SETTINGS.network, "walk"), times=1)
        )
        curves["graph"].append(seconds(lambda net=network: road_graph(net)))
        some = rng.choice(len(network.node_id), 500, replace=False)
        graph = prepare(network, node_places(network).take(some))
        curves["nearest, every node"].append(
            seconds(lambda g=graph: nearest_of_nodes(g, np.arange(500)))
        )
        if n == MIDDLE:
            middle[n] = network
    return curves, middle[MIDDLE]


def asked(network: Network, targets: Snap, places: Snap) -> dict[str, float]:
    """Return the seconds of each question about some places."""
    graph, members = prepare(network, targets), np.arange(len(targets))
    return {
        "nearest": seconds(lambda: nearest(graph, members, places)),
        f"{K} nearest": seconds(lambda: k_nearest(graph, members, places, K), times=3),
        "counts within 2 km": seconds(lambda: within(graph, members, places, [CUTOFF_M]), times=3),
    }


def measured() -> Curves:
    """Return all curves."""
    rng = np.random.default_rng(1)
    nodes, network = by_nodes(rng)
    curves: Curves = {"nodes": nodes, "cells": {"snap": []}, "facilities": {}}
    every = node_places(network)
    some = every.take(rng.choice(len(every), 500, replace=False))
    for n in CELLS:
        at = cells_of(network, n, rng)
        curves["cells"]["snap"].append(seconds(lambda at=at: snap(network, *at, 500.0), times=3))
        for name, value in asked(network, some, snap(network, *at, 500.0)).items():
            curves["cells"].setdefault(name, []).append(value)
    places = snap(network, *cells_of(network, 20_000, rng), 500.0)
    for n in FACILITIES:
        targets = every.take(rng.choice(len(every), n, replace=False))
        for name, value in asked(network, targets, places).items():
            curves["facilities"].setdefault(name, []).append(value)
    return curves


def draw(curves: Curves) -> None:
    """Write the plot: small, and the same for the same figures."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "growth", "svg.fonttype": "none"})
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
    titles = {
        "nodes": ("nodes (500 facilities)", NODES),
        "cells": ("cells (1 M nodes, 500 facilities)", CELLS),
        "facilities": ("facilities (1 M nodes, 20,000 cells)", FACILITIES),
    }
    for axis, (kind, (title, x)) in zip(axes, titles.items(), strict=True):
        for name, y in curves[kind].items():
            axis.loglog(x, y, marker="o", label=name)
        axis.set_xlabel(title)
        axis.grid(visible=True, alpha=0.25)
        axis.minorticks_off()
        axis.legend(fontsize=8)
    axes[0].set_ylabel("processor seconds, all threads")
    figure.tight_layout()
    figure.savefig(TARGET, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    found = measured()
    draw(found)
    print(json.dumps({"curves": {kind: found[kind] for kind in found}}))
