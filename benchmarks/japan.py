"""A country of 47 generated prefectures, run by one worker and by several.

    python benchmarks/japan.py                        the whole: 466,156 cells (hours, 100 GB)
    python benchmarks/japan.py --scale 0.02           a fiftieth of the cells
    python benchmarks/japan.py --scale 0.02 --prefectures 6 --workers 1 2

Populated 500 m cells are split by the prefectures' populations in
``../shared/reference/reference_by_prefecture.csv`` (``--reference``); road nodes by the same.
Prefectures lie apart in a grid, so that none is another's neighbour. Raw data is generated once
and kept. Measured of each run: elapsed seconds, seconds of all stages together, processor seconds
of the workers (which other work on the machine hardly changes), the peak memory of each worker,
seconds per million road nodes; figures are printed and written as JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster

from coverage_gis.codes.prefecture import PREFECTURES
from coverage_gis.demo import MANIFEST, Site, generate, is_current
from pipelines.japan.cluster import threads_of_workers
from pipelines.japan.options import JapanOptions
from pipelines.japan.run import run_japan
from pipelines.stage import Options

CELLS = 466_156
"""Populated 500 m cells of the 2020 census."""
NODES_PER_CELL = 40
"""Road nodes to a cell: about 18.6 M in the country, as in N13 (SOURCES.md)."""
LEAST = 100, 8_000
"""Cells and nodes the generator needs."""
MOST = 75_000, 8_000_000
REFERENCE = (
    Path(__file__).resolve().parents[2] / "shared" / "reference" / "reference_by_prefecture.csv"
)
COLUMNS = 7
EAST, NORTH = 4, 5
"""Primary meshes between prefectures: 4 degrees, 3 degrees 20 minutes."""


def main() -> None:
    """Generate what is missing, run, print."""
    asked = _arguments()
    raw = asked.folder / f"raw-{asked.scale:g}"
    codes = make_country(raw, asked.scale, asked.reference, asked.prefectures)
    nodes = sum(json.loads((raw / c / MANIFEST).read_text())["road_nodes"] for c in codes)
    results = []
    for workers in asked.workers:
        one = measure(raw, asked.folder / f"out-{asked.scale:g}-{workers}", codes, workers)
        one["s_per_million_nodes"] = round(one["elapsed_s"] / nodes * 1e6, 1)
        results.append(one)
        print(json.dumps(one))
    about = {"scale": asked.scale, "prefectures": len(codes), "road_nodes": nodes}
    text = json.dumps({**about, "cpus": os.cpu_count(), "runs": results}, indent=1)
    (asked.folder / f"japan-{asked.scale:g}.json").write_text(text + "\n", encoding="utf-8")


def make_country(raw: Path, scale: float, reference: Path, most: int) -> list[str]:
    """Write the raw data of the ``most`` most populous prefectures, and return their codes."""
    with reference.open(encoding="utf-8-sig", newline="") as file:
        people = {row["pref"]: int(row["pop_total_2020"]) for row in csv.DictReader(file)}
    total = sum(people.values())
    codes = sorted(sorted(people, key=people.__getitem__, reverse=True)[:most])
    for code in codes:
        cells = _between(LEAST[0], scale * CELLS * people[code] / total, MOST[0])
        nodes = _between(LEAST[1], cells * NODES_PER_CELL, MOST[1])
        place = int(code) - 1
        site = Site(
            code,
            PREFECTURES[code].name_ja,
            east=EAST * (place % COLUMNS - COLUMNS // 2),
            north=NORTH * (place // COLUMNS - 4),
        )
        if not is_current(raw / code):
            started = time.perf_counter()
            generate(raw / code, cells=cells, nodes=nodes, seed=int(code), site=site)
            took = time.perf_counter() - started
            print(f"{code}: {cells:,} cells, about {nodes:,} nodes ({took:.0f} s)", flush=True)
    return codes


def measure(raw: Path, out: Path, codes: list[str], workers: int) -> dict[str, Any]:
    """Run the country from nothing on so many workers."""
    shutil.rmtree(out, ignore_errors=True)
    cores = os.cpu_count() or 1
    with (
        threads_of_workers(max(1, cores // workers)),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster) as client,
    ):
        one = Options(PREFECTURES["00"], raw, out, out / "maps")
        started = time.perf_counter()
        code = run_japan(
            JapanOptions(one, tuple(codes), scheduler=cluster.scheduler_address), quiet=True
        )
        elapsed = time.perf_counter() - started
        peaks = client.run(_peak_bytes)
        busy = client.run(_processor_s)
    if code:
        sys.exit(f"the run ended with {code}")
    stages: dict[str, float] = {}
    for pref in codes:
        record = json.loads((out / pref / "run.json").read_text(encoding="utf-8"))
        for stage in record["stages"]:
            stages[stage["name"]] = stages.get(stage["name"], 0.0) + stage["duration_s"]
    return {
        "workers": workers,
        "elapsed_s": round(elapsed, 1),
        "stages_s": round(sum(stages.values()), 1),
        "processor_s": round(sum(busy.values()), 1),
        "load": round(os.getloadavg()[0], 1),
        "peak_gb": sorted(round(p / 1e9, 2) for p in peaks.values()),
        "by_stage_s": {name: round(s, 1) for name, s in stages.items()},
    }


def _peak_bytes() -> int:
    """Return the most memory this process has held (Linux gives kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _processor_s() -> float:
    """Return the processor seconds of this process, all its threads and what it started."""
    mine, started = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return mine.ru_utime + mine.ru_stime + started.ru_utime + started.ru_stime


def _between(low: int, value: float, high: int) -> int:
    return int(min(max(low, value), high))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--scale", type=float, default=1.0, help="of the country's cells and nodes")
    parser.add_argument("--prefectures", type=int, default=47, help="the most populous ones")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--folder", type=Path, default=Path("results") / "japan")
    parser.add_argument("--reference", type=Path, default=REFERENCE)
    return parser.parse_args()


if __name__ == "__main__":
    main()
