"""Start one process per measurement, and say what the machine was doing meanwhile."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / "results" / "bench"
LIMIT_S = 600
"""What one process may take before it is stopped and reported as too slow."""
PACKAGES = (
    "numpy", "numba", "scipy", "networkit", "rustworkx", "igraph", "networkx", "pandana", "iduedu",
    "osmium", "osmnx", "pyrosm", "pyogrio",
)  # fmt: skip


def run(script: str, *arguments: object, limit_s: float = LIMIT_S) -> dict[str, Any]:
    """Return what a script printed as its last line, or ``reason`` if it did not get there.

    The parent process is small, so that the child's peak memory is its own: Linux hands the
    greater of the two on.
    """
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    try:
        done = subprocess.run(  # noqa: S603 - our own scripts
            command, capture_output=True, text=True, check=False, timeout=limit_s, cwd=ROOT
        )
    except subprocess.TimeoutExpired:
        return {"reason": f"stopped after {limit_s:.0f} s"}
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        return dict(json.loads(lines[-1]))
    if done.returncode < 0:
        return {"reason": f"killed by signal {-done.returncode}"}
    said = done.stderr.strip().splitlines()
    return {"reason": said[-1][:150] if said else f"ended with {done.returncode}"}


def in_turn(
    script: str, ways: dict[str, tuple[object, ...]], rounds: int, once: tuple[str, ...] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Run several engines in turn, round by round, so that a busy spell meets all of them.

    An engine that has failed is not tried again, one of ``once`` runs in the first round only.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for turn in range(rounds):
        for name, arguments in ways.items():
            before = found[name]
            if turn and (name in once or "reason" in before[-1]):
                continue
            one = run(script, *arguments)
            if "reason" in one:
                print(f"    {name}: {one['reason']}", file=sys.stderr, flush=True)
            if "reason" not in one or not before:
                before.append(one)
    return found


def median_of(runs: list[dict[str, Any]], key: str) -> float:
    """Return the median over all runs; a run's value may be one number or several."""
    values: list[float] = []
    for one in runs:
        values += one[key] if isinstance(one[key], list) else [one[key]]
    return statistics.median(values)


def load() -> float:
    """Return how many tasks wanted a processor during the last minute."""
    return round(os.getloadavg()[0], 1)


def machine() -> dict[str, Any]:
    """Return what was measured on."""
    cpu = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (cpu.read_text(encoding="utf-8").splitlines() if cpu.exists() else ())
        if line.startswith("model name")
    ]
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "processors": os.cpu_count(),
        "model": names[0] if names else platform.machine(),
        "python": platform.python_version(),
        "versions": versions,
    }
