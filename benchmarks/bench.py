"""Measure against peers: medians, processor time, peak memory and ratios, in tables.

make bench                             everything (22 minutes on an idle machine)
make bench ARGS="--only quick"         the real network of 1 M nodes, the nearest peers
make bench ARGS="--only reading"       or routing, memory, growth, prefecture
make bench ARGS="--fill"               what was measured last, into docs/performance.md

Writes results/bench.json and results/bench.md; a part that is measured alone replaces its own
rows there and leaves the others.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import tables
from measure import ROOT, WORK, in_turn, load, machine, run
from page import fill_page

if TYPE_CHECKING:
    from collections.abc import Iterator

GRAPHS = ("newport", "porto", tables.REAL, "porto x3", "generated 500000", tables.LARGE)
JOBS = {
    "nearest": (
        "Nearest of 500 with which one, every node",
        (
            "scipy", "scipy on chains",
            "numba heap", "networkit", "rustworkx", "igraph", "iduedu", "networkx",
            "pandana",
        ),
    ),
    "five": ("5 nearest of 500 with ids, every node", ("numba heap", "pandana")),
    "counts": ("How many of 500 within 15 km, every node", ("scipy",)),
}  # fmt: skip
ON = {
    "five": (tables.REAL,),
    "counts": (tables.REAL,),
    "networkx": ("newport", "porto", tables.REAL),
    "iduedu": ("newport", "porto", tables.REAL),
    "pandana": ("newport", tables.REAL),
}
"""Jobs and peers that are measured on some graphs only: these peers take minutes on the rest."""
ONCE = ("networkx", "pandana", "iduedu", "pyrosm", "osmnx")
READERS = ("bare loop", "coverage_gis", "pyosmium", "GDAL", "pyrosm", "iduedu", "osmnx")
PARTS = ("routing", "memory", "reading", "growth", "prefecture")
Row = dict[str, Any]


def routing(graphs: tuple[str, ...], rounds: int, peers: tuple[str, ...] | None) -> list[Row]:
    """Measure every engine on every graph; engines take turns, round by round."""
    rows: list[Row] = []
    for graph in graphs:
        folder = WORK / graph.replace(" ", "_")
        written = run("graphs.py", graph, folder)
        if "reason" in written:
            print(f"{graph}: {written['reason']}")
            continue
        for job, (title, others) in JOBS.items():
            if graph not in ON.get(job, graphs):
                continue
            chosen = [e for e in others if peers is None or e in peers]
            engines = ["coverage_gis", *(e for e in chosen if graph in ON.get(e, graphs))]
            ways = {e: (e, job, folder) for e in engines}
            some = tables.routing_rows(
                job, graph, in_turn("engines.py", ways, rounds, ONCE), load()
            )
            head = f"{title}: {graph}, {written['nodes']:,} nodes"
            for row in some:
                row["title"] = head
            print(f"\n{tables.routing_table(head, some)}", flush=True)
            rows += some
    return rows


def reading(rounds: int) -> list[Row]:
    """Measure readers on the real extracts; see `readers.py` for what each gives."""
    rows: list[Row] = []
    for name in ("newport-2023-06-13.osm.pbf", "porto-roads.osm.pbf"):
        path = ROOT.parent / "shared" / "data" / "elsewhere" / name
        ways = {r: (r, path) for r in READERS}
        some = tables.reading_rows(name, in_turn("readers.py", ways, rounds, ONCE), load())
        size = f", {path.stat().st_size / 1e6:.1f} MB" if path.exists() else ""
        for row in some:
            row["title"] = f"{name}{size}"
        print(f"\n{tables.reading_table(some[0]['title'], some)}", flush=True)
        rows += some
    return rows


def memory() -> list[Row]:
    """Measure what a network and each question take."""
    rows: list[Row] = []
    run("graphs.py", "newport", WORK / "newport")
    for graph in (tables.REAL, tables.LARGE):
        folder = WORK / graph.replace(" ", "_")
        written = run("graphs.py", graph, folder)
        found = written if "reason" in written else run("footprint.py", folder)
        rows.append({"job": "memory", "graph": graph, "engine": "coverage_gis"} | found)
    print(f"\n{tables.memory_table(rows)}", flush=True)
    return rows


def growth() -> list[Row]:
    """Draw docs/growth.svg."""
    found = run("growth.py", limit_s=1200)
    row: Row = {"job": "growth", "graph": "generated", "engine": "coverage_gis", "load": load()}
    print(f"\ndocs/growth.svg: {found.get('reason', 'written')}", flush=True)
    return [row | found]


def prefecture() -> list[Row]:
    """Run the whole pipeline on a generated prefecture."""
    found = run("prefecture.py", limit_s=1200)
    row: Row = {"job": "prefecture", "graph": "demo", "engine": "coverage_gis", "load": load()}
    print(f"\n{tables.prefecture_table(row | found)}", flush=True)
    return [row | found]


def measure(only: str | None, rounds: int) -> Iterator[tuple[str, list[Row]]]:
    """Give the parts asked for with their rows, each as soon as it is measured."""
    if only == "quick":
        peers = ("scipy", "scipy on chains", "numba heap")
        yield "quick", routing((tables.REAL,), rounds, peers)
        return
    jobs = {
        "routing": lambda: routing(GRAPHS, rounds, None),
        "memory": memory,
        "reading": lambda: reading(rounds),
        "growth": growth,
        "prefecture": prefecture,
    }
    for part in PARTS:
        if only in (None, part):
            yield part, jobs[part]()


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=(*PARTS, "quick"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fill", action="store_true", help="fill docs/performance.md, no more")
    options = parser.parse_args()
    target = ROOT / "results" / "bench.json"
    kept: dict[str, Any] = {}
    if target.exists():
        kept = json.loads(target.read_text(encoding="utf-8"))
    if not options.fill:
        started, busy = time.perf_counter(), load()
        when = dt.datetime.now(dt.UTC).date().isoformat()
        print(f"{when}, load {busy} before the start: {json.dumps(machine())}", flush=True)
        WORK.mkdir(parents=True, exist_ok=True)
        for part, rows in measure(options.only, options.rounds):
            kept[part] = {"date": when, "machine": machine(), "rows": rows}
            # Kept part by part: half an hour's figures are not lost with the last of them.
            target.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        every = [r for part in PARTS if part in kept for r in kept[part]["rows"]]
        if options.only == "quick":
            every = kept["quick"]["rows"]
        print(f"\n{tables.goals_table(tables.goals(every))}")
        print(f"\n{time.perf_counter() - started:.0f} s in all; load {load()} at the end")
    elif not kept:
        sys.exit("Nothing has been measured: run make bench first.")
    pieces = fill_page(ROOT / "docs" / "performance.md", kept, write=options.fill)
    text = "\n\n".join(pieces.values()) + "\n"
    (ROOT / "results" / "bench.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
