"""Measure routing and reading against peers: medians, peak memory and ratios.

make bench                          everything
make bench ARGS="--quick"           the real 1 M network and scipy alone
make bench ARGS="--only routing"    or reading, growth
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from graphs import NEWPORT, PORTO, named_network, raw_graph  # noqa: E402 - needs the path above

OUT = HERE.parent / "results" / "bench"
GRAPHS = ("newport x22", "porto x3", "generated 500000", "generated 2000000")
FACILITIES = 500
JOBS = {
    "nearest": (
        "nearest of 500 with which one, every node",
        ("scipy", "numba heap", "networkit", "rustworkx", "igraph", "networkx", "pandana"),
    ),
    "five": ("5 nearest of 500 with ids, every node", ("numba heap", "pandana")),
    "counts": ("how many of 500 within 15 km, every node", ("scipy",)),
}
SLOW = {"networkx": ("newport x22",), "pandana": ("newport x22",)}
"""Peers that are measured on one graph alone: they take minutes on the others."""
REAL = GRAPHS[:1]


def folder_of(name: str) -> Path:
    """Return the folder of a network, written the first time."""
    folder = OUT / name.replace(" ", "_")
    if (folder / "sources.npy").exists():
        return folder
    (folder / "network").mkdir(parents=True, exist_ok=True)
    network = named_network(name)
    for column, values in network.to_arrays().items():
        np.save(folder / "network" / f"{column}.npy", values)
    raw = raw_graph(network)
    for column in ("tail", "head", "length_m", "lon", "lat"):
        np.save(folder / f"{column}.npy", getattr(raw, column))
    rng = np.random.default_rng(0)
    np.save(folder / "sources.npy", np.sort(rng.choice(raw.n, FACILITIES, replace=False)))
    return folder


def run(engine: str, job: str, folder: Path) -> dict | None:
    """Return what one process measured, None if it failed."""
    command = [sys.executable, str(HERE / "engines.py"), engine, job, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own scripts
    if done.returncode:
        print(f"    {engine} failed: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def routing(graphs: tuple[str, ...], rounds: int, peers: tuple[str, ...] | None) -> list[dict]:
    """Measure every engine on every graph; engines take turns, round by round."""
    rows = []
    for name in graphs:
        folder = folder_of(name)
        n = len(np.load(folder / "lon.npy", mmap_mode="r"))
        for job, (title, others) in JOBS.items():
            if job != "nearest" and name not in REAL:
                continue
            engines = ["coverage_gis", *(e for e in others if peers is None or e in peers)]
            engines = [e for e in engines if name in SLOW.get(e, graphs)]
            found: dict[str, list[dict]] = {e: [] for e in engines}
            for turn in range(rounds):
                for engine in engines:
                    if (turn == 0 or engine not in SLOW) and (one := run(engine, job, folder)):
                        found[engine].append(one)
            rows += table(f"{title}: {name}, {n:,} nodes", job, name, found)
    return rows


def table(title: str, job: str, name: str, found: dict[str, list[dict]]) -> list[dict]:
    """Print and return medians and ratios to ours."""
    print(f"\n## {title}\n")
    print("| engine | query s | times ours | build s | build + query, times ours | peak GB |")
    print("|---|---|---|---|---|---|")
    rows = []
    for engine, runs in found.items():
        if not runs:
            continue
        query = statistics.median(t for r in runs for t in r["times_s"])
        build = statistics.median(r["build_s"] for r in runs)
        peak = max(r["peak_gb"] for r in runs)
        errors = [r["error"] for r in runs if r["error"] is not None]
        rows.append({"job": job, "graph": name, "engine": engine, "query_s": query,
                     "build_s": build, "peak_gb": peak})  # fmt: skip
        ours = rows[0]
        ratio = query / ours["query_s"]
        both = (query + build) / (ours["query_s"] + ours["build_s"])
        print(f"| {engine} | {query:.3f} | {ratio:.1f} | {build:.3f} | {both:.1f} | {peak:.2f} |")
        if errors and max(errors) > 1e-6:
            print(f"  **differs by up to {max(errors):.3g}**")
    return rows


READERS = ("bare loop", "coverage_gis", "pyosmium", "GDAL", "pyrosm", "iduedu", "osmnx")


def reading(rounds: int) -> list[dict]:
    """Measure readers on the real extracts; see `readers.py` for what each gives."""
    rows = []
    for path in (PORTO, NEWPORT):
        found: dict[str, list[dict]] = {r: [] for r in READERS}
        for turn in range(rounds):
            for reader in READERS:
                if turn and reader in ("pyrosm", "iduedu", "osmnx"):
                    continue
                command = [sys.executable, str(HERE / "readers.py"), reader, str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own scripts
                if done.returncode:
                    print(f"    {reader} failed: {done.stderr.strip().splitlines()[-1:]}")
                    continue
                found[reader].append(json.loads(done.stdout.strip().splitlines()[-1]))
        if not found["bare loop"]:
            continue
        bare = statistics.median(t for r in found["bare loop"] for t in r["times_s"])
        print(f"\n## reading {path.name}, {path.stat().st_size / 1e6:.1f} MB\n")
        print("| reader | s | times the bare loop | peak GB | gives |")
        print("|---|---|---|---|---|")
        for reader, runs in found.items():
            if runs:
                seconds = statistics.median(t for r in runs for t in r["times_s"])
                peak = max(r["peak_gb"] for r in runs)
                gives = runs[0]["gives"]
                print(f"| {reader} | {seconds:.2f} | {seconds / bare:.2f} | {peak:.2f} | {gives} |")
                rows.append({"job": "read", "graph": path.name, "engine": reader,
                             "query_s": seconds, "peak_gb": peak})  # fmt: skip
    return rows


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("routing", "reading", "growth"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    started = time.perf_counter()
    rows: list[dict] = []
    if options.only in (None, "routing"):
        graphs, peers = (REAL, ("scipy", "numba heap")) if options.quick else (GRAPHS, None)
        rows += routing(graphs, options.rounds, peers)
    if options.only in (None, "reading"):
        rows += reading(options.rounds)
    if options.only == "growth" or (options.only is None and not options.quick):
        from growth import growth

        growth(HERE.parent / "docs" / "growth.svg")
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "results.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print(f"\n{time.perf_counter() - started:.0f} s in all")


if __name__ == "__main__":
    main()
