"""Write the golden slice anew: ``python tests/golden/make.py``; read its diff before committing.

The slice is the prefecture's own rates of a small demo prefecture, for everybody: what a change
of method anywhere in the run would move.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd

from coverage_gis.demo import generate
from pipelines.cli import main

GOLDEN = Path(__file__).with_name("coverage_small_demo.csv")
SIZE = {"cells": 400, "nodes": 9_000}
COLUMNS = [
    "service", "mode", "metric", "preset", "cutoff", "population", "covered_population",
    "population_unreachable", "population_no_road",
]  # fmt: skip


def slice_of(coverage_csv: Path) -> pd.DataFrame:
    """Return the golden rows of a run's coverage.csv."""
    table = pd.read_csv(coverage_csv)
    table = table[table["population_source"] != "mesh-future"]
    keep = (table["area_level"] == "prefecture") & (table["age_group"] == "total")
    return table.loc[keep, COLUMNS].reset_index(drop=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        generate(top / "raw" / "00", **SIZE)
        if main(["coverage", "--raw", str(top / "raw"), "--out", str(top / "out"), "--quiet"]):
            sys.exit(1)
        slice_of(top / "out" / "00" / "coverage.csv").to_csv(GOLDEN, index=False)
