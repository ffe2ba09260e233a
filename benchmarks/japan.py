"""A country of 47 generated prefectures, run by one worker and by several.

    python benchmarks/japan.py                        the whole: 466,156 cells (2 hours?, 70 GB?)
    python benchmarks/japan.py --scale 0.02           a fiftieth of the cells
    python benchmarks/japan.py --scale 0.02 --prefectures 6 --workers 1 2
    python benchmarks/japan.py --fill                 what was measured, into docs/japan.md

Populated 500 m cells are split by the prefectures' populations in
``../shared/reference/reference_by_prefecture.csv`` (``--reference``); road nodes by the same.
Prefectures lie apart in a grid, so that none is another's neighbour; the country's stations and
shelters are those of the most populous, at the top of the raw data. Raw data is generated once and
kept (``--folder``), for any number of prefectures of a scale.

Measured of each run: elapsed seconds, of it those of the national tables and map, seconds of each
stage of each prefecture, processor seconds of the workers (which other work on the machine hardly
changes) and of the client, the peak memory of each worker, seconds per million road nodes. A
measurement is written as JSON beside the raw data after each of its runs, and printed as a table;
``--fill`` puts all there are into docs/japan.md, with the estimate for the country by the largest
(``japan_page.py``).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import resource
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster
from japan_page import as_text, fill
from measure import machine

import pipelines.japan.run as running
from coverage_gis.codes.prefecture import PREFECTURES
from coverage_gis.demo import MANIFEST, Site, generate, is_current
from pipelines.japan.cluster import threads_of_workers
from pipelines.japan.options import JapanOptions
from pipelines.stage import Options

CELLS = 466_156
"""Populated 500 m cells of the 2020 census."""
NODES_PER_CELL = 40
"""Road nodes to a cell: about 18.6 M in the country, as in N13 (SOURCES.md)."""
NATIONAL = ("N02-24_GML.zip", "mergeFromCity_1.csv", "mergeFromCity_2.csv")
"""Of the most populous prefecture's generated files: what all prefectures read."""
PAGE = Path(__file__).resolve().parents[1] / "docs" / "japan.md"
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
    """Generate what is missing, run, print, keep."""
    asked = _arguments()
    if asked.fill:
        print(fill(asked.folder, PAGE))
        return
    raw = asked.folder / f"raw-{asked.scale:g}"
    codes = make_country(raw, asked.scale, asked.reference, asked.prefectures)
    nodes = {c: json.loads((raw / c / MANIFEST).read_text())["road_nodes"] for c in codes}
    measured: dict[str, Any] = {
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "scale": asked.scale,
        "machine": machine(),
        "road_nodes": nodes,
        "runs": [],
    }
    for workers in asked.workers:
        out = asked.folder / f"out-{asked.scale:g}-{workers}"
        one = measure(raw, out, codes, workers)
        one["s_per_million_nodes"] = round(one["elapsed_s"] / sum(nodes.values()) * 1e6, 1)
        measured["runs"].append(one)
        text = json.dumps(measured, indent=1)
        kept = asked.folder / f"japan-{asked.scale:g}-{len(codes)}.json"
        kept.write_text(text + "\n", encoding="utf-8")
        print(as_text(measured), flush=True)


def make_country(raw: Path, scale: float, reference: Path, most: int) -> list[str]:
    """Write the raw data of the ``most`` most populous prefectures, and return their codes."""
    with reference.open(encoding="utf-8-sig", newline="") as file:
        people = {row["pref"]: int(row["pop_total_2020"]) for row in csv.DictReader(file)}
    total = sum(people.values())
    largest_first = sorted(people, key=people.__getitem__, reverse=True)[:most]
    with ProcessPoolExecutor() as pool:
        made = [
            pool.submit(_make, raw, c, scale * CELLS * people[c] / total) for c in largest_first
        ]
        for one in made:
            if said := one.result():
                print(said, flush=True)
    for name in NATIONAL:
        source = raw / largest_first[0] / name
        if source.exists() and not (raw / name).exists():
            os.link(source, raw / name)
    return sorted(largest_first)


def _make(raw: Path, code: str, wanted: float) -> str:
    """Write a prefecture's raw data unless it is there, and return what to say of it."""
    if is_current(raw / code):
        return ""
    cells = _between(LEAST[0], wanted, MOST[0])
    nodes = _between(LEAST[1], cells * NODES_PER_CELL, MOST[1])
    place = int(code) - 1
    site = Site(
        code,
        PREFECTURES[code].name_ja,
        east=EAST * (place % COLUMNS - COLUMNS // 2),
        north=NORTH * (place // COLUMNS - 4),
    )
    started = time.perf_counter()
    generate(raw / code, cells=cells, nodes=nodes, seed=int(code), site=site)
    took = time.perf_counter() - started
    return f"{code}: {cells:,} cells, about {nodes:,} nodes ({took:.0f} s)"


def measure(raw: Path, out: Path, codes: list[str], workers: int) -> dict[str, Any]:
    """Run the country from nothing on so many workers."""
    shutil.rmtree(out, ignore_errors=True)
    threads = max(1, (os.cpu_count() or 1) // workers)
    with (
        threads_of_workers(threads),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster) as client,
    ):
        one = Options(PREFECTURES["00"], raw, out, out / "maps")
        asked = JapanOptions(one, tuple(codes), scheduler=cluster.scheduler_address)
        before = client.run(_processor_s)
        own, started = time.process_time(), time.perf_counter()
        code, national_s = _run(asked)
        elapsed, own = time.perf_counter() - started, time.process_time() - own
        peaks = client.run(_peak_bytes)
        busy = client.run(_processor_s)
    if code:
        sys.exit(f"the run ended with {code}")
    stages = {c: _stages(out / c / "run.json") for c in codes}
    return {
        "workers": workers,
        "threads": threads,
        "elapsed_s": round(elapsed, 1),
        "national_s": round(national_s, 1),
        "processor_s": round(sum(busy[w] - before.get(w, 0.0) for w in busy), 1),
        "client_processor_s": round(own, 1),
        "load": round(os.getloadavg()[0], 1),
        "peak_gb": sorted(round(p / 1e9, 2) for p in peaks.values()),
        "cells": {c: stages[c]["origins"]["counts"]["cells"] for c in codes},
        "stages_s": {c: {n: s["duration_s"] for n, s in stages[c].items()} for c in codes},
    }


def _run(asked: JapanOptions) -> tuple[int, float]:
    """Return a run's exit code, and the seconds of its national tables and map."""
    took: list[float] = []
    write_results = running.write_results

    def timed(*args: Any) -> list[str]:
        started = time.perf_counter()
        said = write_results(*args)
        took.append(time.perf_counter() - started)
        return said

    running.write_results = timed
    try:
        return running.run_japan(asked, quiet=True), sum(took)
    finally:
        running.write_results = write_results


def _stages(path: Path) -> dict[str, Any]:
    return {s["name"]: s for s in json.loads(path.read_text(encoding="utf-8"))["stages"]}


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
    parser.add_argument("--fill", action="store_true", help="fill docs/japan.md, no more")
    parser.add_argument("--reference", type=Path, default=REFERENCE)
    return parser.parse_args()


if __name__ == "__main__":
    main()
