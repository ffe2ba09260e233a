"""Print how much of each layer the tests run (`make cover`): cover.py results/coverage.json.

The inside of functions that numba compiles is unseen by coverage.py and is counted apart, unless
the tests ran with PLAIN=1 (NUMBA_DISABLE_JIT).
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from test_layers import LAYER_OF  # noqa: E402 - once tests/ can be imported

NAMES = {0: "0 foundations", 1: "1 compute", 2: "2 edges", 3: "3 front"}


def main() -> None:
    """Print a row per layer, then the files of layers 0 and 1 that lack most."""
    files = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["files"]
    sums: dict[int, list[int]] = defaultdict(lambda: [0] * 5)
    lacking = []
    plain = os.environ.get("PLAIN") == "1"
    for name, found in sorted(files.items()):
        path = ROOT / name
        inside = set() if plain else _compiled(path)
        run = set(found["executed_lines"]) - inside
        missed = set(found["missing_lines"]) - inside
        arcs = [
            [a for a in found[kind] if abs(a[0]) not in inside]
            for kind in ("executed_branches", "missing_branches")
        ]
        layer = _layer(name)
        row = (len(run), len(missed), len(arcs[0]), len(arcs[1]), len(inside))
        sums[layer] = [a + b for a, b in zip(sums[layer], row, strict=True)]
        if layer < 2 and missed:
            lacking.append((len(missed), name, sorted(missed)))
    print(
        f"{'layer':16} {'lines':>8} {'run':>7} {'branches':>9} {'taken':>7}  compiled lines apart"
    )
    for layer, (run, missed, taken, left, inside) in sorted(sums.items()):
        lines, branches = run + missed, taken + left
        rates = f"{run / max(lines, 1):7.1%} {branches:9,} {taken / max(branches, 1):7.1%}"
        print(f"{NAMES[layer]:16} {lines:8,} {rates}  {inside:,}")
    for _, name, lines in sorted(lacking, reverse=True)[:15]:
        print(f"  {name}: {', '.join(map(str, lines))}")


def _layer(name: str) -> int:
    parts = Path(name).with_suffix("").parts
    return 3 if parts[0] == "pipelines" else LAYER_OF.get(parts[1], 0)


def _compiled(path: Path) -> set[int]:
    """Return the lines inside functions that are decorated ``@compiled``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(d, ast.Name) and d.id == "compiled" for d in node.decorator_list)
        for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1)
    }


if __name__ == "__main__":
    main()
