"""A whole prefecture: 1 M road nodes, 20,000 cells, all services, both modes, all outputs.

    python benchmarks/prefecture.py [NODES CELLS]

The demo's generator writes the data the first time. Then `python -m pipelines coverage` runs
three times: once so that everything is compiled, once from the files with nothing kept, and once
with what the stages `osm` and `network` keep, as when anything but the roads has changed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
WORK = ROOT / "results" / "bench" / "prefecture"
NODES, CELLS = 1_000_000, 20_000
KEPT = ("osm", "network", "input_hashes")


def run(out: Path, *more: str) -> dict[str, Any]:
    """Run the pipeline in a process of its own; return seconds, peak memory and its record."""
    command = [
        sys.executable, "-m", "pipelines", "coverage", "--pref", "00", "--raw", str(WORK / "raw"),
        "--out", str(out), "--quiet", *more,
    ]  # fmt: skip
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said = process.stderr.read() if process.stderr else ""
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise SystemExit(said.strip().splitlines()[-1] if said.strip() else f"status {status}")
    record = json.loads((out / "00" / "run.json").read_text(encoding="utf-8"))
    return {
        "wall_s": wall,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_gb": used.ru_maxrss * 1024 / 1e9,
        "s": {s["name"]: s["duration_s"] for s in record["stages"]},
    }


def main(nodes: int = NODES, cells: int = CELLS) -> None:
    """Measure and print one line of JSON."""
    # in a process of its own: this one must stay small for peak memory to be its children's
    again = [sys.executable, __file__, "generate", str(nodes), str(cells)]
    subprocess.run(again, check=True, cwd=ROOT)  # noqa: S603 - our own script
    out = WORK / "out"
    shutil.rmtree(out, ignore_errors=True)
    run(out)
    cold = run(out, "--force")
    kept = out / "00" / ".work"
    for stage in kept.iterdir():
        if stage.name.split(".")[0] not in KEPT:
            shutil.rmtree(stage) if stage.is_dir() else stage.unlink()
    warm = run(out)
    warm["s"] = {name: s for name, s in warm["s"].items() if name not in KEPT}
    found = {f"{kind}_{k}": v for kind, r in (("cold", cold), ("warm", warm)) for k, v in r.items()}
    print(json.dumps(found | _sizes(out / "00")))


def _sizes(out: Path) -> dict[str, int]:
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    counts = {s["name"]: s["counts"] for s in record["stages"]}
    return {
        "cells": int(counts["origins"]["cells"]),
        "nodes": int(counts["network"]["walk"]["nodes"]),
    }


def make(nodes: int, cells: int) -> None:
    """Write the data unless they are there, whole and of this version."""
    from coverage_gis.demo import generate, is_current

    raw = WORK / "raw" / "00"
    if not (raw.exists() and is_current(raw)):
        shutil.rmtree(WORK, ignore_errors=True)
        generate(raw, cells=cells, nodes=nodes)


if __name__ == "__main__":
    if sys.argv[1:2] == ["generate"]:
        make(*map(int, sys.argv[2:]))
    else:
        main(*map(int, sys.argv[1:]))
