"""How cost grows with nodes, cells and facilities, as a plot."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from graphs import SETTINGS, generated

from coverage_gis.network.build import build
from coverage_gis.network.snap import node_places, snap
from coverage_gis.routing.nearest import nearest, nearest_of_nodes, prepare, road_graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NODES = (125_000, 250_000, 500_000, 1_000_000, 2_000_000)
CELLS = (1_000, 4_000, 16_000, 64_000, 256_000)
FACILITIES = (10, 100, 1_000, 10_000)


def seconds(job: Callable[[], Any]) -> float:
    """Return the median of five, after one to warm up."""
    job()
    times = []
    for _ in range(5):
        started = time.perf_counter()
        job()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def growth(target: Path) -> None:
    """Measure, print the figures and write the plot."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "growth"
    from matplotlib import pyplot as plt

    rng = np.random.default_rng(1)
    curves: dict[str, dict[str, list[float]]] = {
        "nodes": {"build": [], "graph": [], "nearest, every node": []},
        "cells": {"snap": [], "nearest": []},
        "facilities": {"nearest, every node": []},
    }
    network = None
    for n in NODES:
        ways = generated(n)
        curves["nodes"]["build"].append(seconds(lambda w=ways: build(w, SETTINGS.network, "walk")))
        network = build(ways, SETTINGS.network, "walk")
        some = rng.choice(len(network.node_id), 500, replace=False)
        road = road_graph(network)
        graph = prepare(road, node_places(network).take(some))
        curves["nodes"]["graph"].append(seconds(lambda net=network: road_graph(net)))
        curves["nodes"]["nearest, every node"].append(
            seconds(lambda g=graph: nearest_of_nodes(g, np.arange(500)))
        )
        if n == 1_000_000:
            middle = (network, road, graph)
    network, road, graph = middle
    for n in CELLS:
        at = rng.choice(len(network.node_id), n)
        lon, lat = network.lon[at] + 1e-4, network.lat[at] + 2e-4
        places = snap(network, lon, lat, 500.0)
        curves["cells"]["snap"].append(seconds(lambda x=lon, y=lat: snap(network, x, y, 500.0)))
        curves["cells"]["nearest"].append(
            seconds(lambda p=places: nearest(graph, np.arange(500), p))
        )
    for n in FACILITIES:
        some = rng.choice(len(network.node_id), n, replace=False)
        many = prepare(road, node_places(network).take(some))
        curves["facilities"]["nearest, every node"].append(
            seconds(lambda g=many, n=n: nearest_of_nodes(g, np.arange(n)))
        )
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), sharey=True)
    titles = {
        "nodes": "nodes (500 facilities)",
        "cells": "cells (1 M nodes, 500 facilities)",
        "facilities": "facilities (1 M nodes)",
    }
    for axis, (kind, x) in zip(
        axes, (("nodes", NODES), ("cells", CELLS), ("facilities", FACILITIES)), strict=True
    ):
        for name, y in curves[kind].items():
            axis.loglog(x, y, marker="o", label=name)
            print(
                f"{kind} | {name} | "
                + " | ".join(f"{a:,}: {b:.3f}" for a, b in zip(x, y, strict=True))
            )
        axis.set_xlabel(titles[kind])
        axis.grid(visible=True, which="both", alpha=0.25)
        axis.legend(fontsize=8)
    axes[0].set_ylabel("seconds")
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})
