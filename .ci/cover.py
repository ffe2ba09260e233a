"""How much of the core (layers 0 and 1) its own tests run: `make cover`.

Two passes, one after the other. First the tests of the core as they always run; what numba compiles
is unseen by coverage.py then. Second, a few of them again with NUMBA_DISABLE_JIT=1, when that is
interpreted too: those on small networks, for it is a hundred times slower. Whole runs (tests that
import `pipelines`) are in neither: they pass through much of the core without looking at it.

Writes results/cover/coverage.json and prints a table; ends with 1 below the goal.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "results/cover"
sys.path.insert(0, str(ROOT / "tests"))
from test_layers import LAYER_OF, LAYERS, imported  # noqa: E402 - once tests/ can be imported

GOAL = 0.95
"""Of lines and of branches, in each of the two layers."""
NAMES = {0: "0 foundations", 1: "1 compute"}
BESIDE = ("codes", "mesh", "settings", "medical")
"""Tests of layer 0, of which nearly every test imports something, and one file that looks at the
core though it imports a stage too."""
INTERPRETED = (
    "chords",
    "departures",
    "diamond",
    "footholds",
    "network_build",
    "network_profile",
    "routing_grid",
    "routing_nodes",
    "routing_path",
    "routing_queue",
    "routing_random",
    "routing_several",
    "shelter_room",
    "transit_passes",
)
"""Tests that reach every compiled function of the core on small networks and timetables."""
UNCOMPILED = [
    "--deselect=tests/test_network_build.py::test_a_stored_network_works_and_compiles_nothing_again",
    "-Wignore:overflow encountered:RuntimeWarning",
]
"""A hash wraps around: silently compiled, with numpy's warning interpreted."""
CONFIG = f"""[run]
branch = true
source = coverage_gis
omit = {", ".join(f"coverage_gis/{part}/*" for part in sorted(LAYERS[2]))}
data_file = {OUT}/data
relative_files = true

[report]
exclude_also =
    if TYPE_CHECKING:
    class .*\\bProtocol\\):
    ^\\s+\\.\\.\\.$
"""


def main() -> int:
    """Run both passes and print a row per layer and what is missed."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "coveragerc").write_text(CONFIG, encoding="utf-8")
    _coverage("erase")
    failed = _pass(_tests_of_the_core(), [], {})
    failed += _pass(_files(INTERPRETED), UNCOMPILED, {"NUMBA_DISABLE_JIT": "1"})
    _coverage("json", "-q", "-o", str(OUT / "coverage.json"))
    files = json.loads((OUT / "coverage.json").read_text(encoding="utf-8"))["files"]
    reached = _table(files)
    return 1 if failed or reached < GOAL else 0


def _pass(tests: list[str], options: list[str], environment: dict[str, str]) -> int:
    told = " ".join(f"{name}={value}" for name, value in environment.items())
    print(f"{len(tests)} files {told}", flush=True)
    command = ["run", "--append", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return _coverage(*command, *sys.argv[1:], *tests, environment=environment)


def _coverage(*arguments: str, environment: dict[str, str] | None = None) -> int:
    command = [sys.executable, "-m", "coverage", arguments[0], f"--rcfile={OUT}/coveragerc"]
    done = subprocess.run(  # noqa: S603 - our own
        [*command, *arguments[1:]], cwd=ROOT, env={**os.environ, **(environment or {})}, check=False
    )
    return done.returncode


def _files(names: tuple[str, ...]) -> list[str]:
    return [f"tests/test_{name}.py" for name in names]


def _tests_of_the_core() -> list[str]:
    """Return the test files that import something of layer 1 and no whole run."""
    found = set(_files(BESIDE))
    for path in (ROOT / "tests").glob("test_*.py"):
        names = [name.split(".") for name in imported(path)]
        layers = {LAYER_OF.get(n[1]) for n in names if n[0] == "coverage_gis" and len(n) > 1}
        if 1 in layers and not any(n[0] == "pipelines" for n in names):
            found.add(f"tests/{path.name}")
    return sorted(found)


def _table(files: dict[str, dict[str, list[list[int]]]]) -> float:
    """Print lines and branches by layer and what is missed by file; return the lowest rate."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0] * 4)
    lacking = []
    for name, found in sorted(files.items()):
        kinds = ("executed_lines", "missing_lines", "executed_branches", "missing_branches")
        row = [len(found[kind]) for kind in kinds]
        # the package's own __init__ belongs to no layer; everybody imports it
        layer = LAYER_OF.get(Path(name).with_suffix("").parts[1], 0)
        sums[layer] = [a + b for a, b in zip(sums[layer], row, strict=True)]
        if row[1] or row[3]:
            arcs = [f"{a}->{b}" for a, b in found["missing_branches"]]
            lacking.append((row[1] + row[3], name, found["missing_lines"], arcs))
    print(f"{'layer':16} {'lines':>8} {'run':>7} {'branches':>9} {'taken':>7}")
    rates = []
    for layer, (run, missed, taken, left) in sorted(sums.items()):
        lines, branches = run + missed, taken + left
        rates += [run / max(lines, 1), taken / max(branches, 1)]
        print(f"{NAMES[layer]:16} {lines:8,} {rates[-2]:7.1%} {branches:9,} {rates[-1]:7.1%}")
    for _, name, lines, arcs in sorted(lacking, reverse=True):
        print(f"  {name}: {', '.join(map(str, lines)) or '-'}; {' '.join(arcs) or '-'}")
    return min(rates)


if __name__ == "__main__":
    sys.exit(main())
