"""Open every output of a run as its reader would, and check that the totals agree."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio


def main() -> None:
    """Check the folders named on the command line: tables, maps."""
    out, maps = Path(sys.argv[1]), Path(sys.argv[2])
    pref = out.name
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    cells = pd.read_parquet(out / "cells.parquet")
    people = float(cells["population"].sum())
    coverage = pd.read_csv(out / "coverage.csv", dtype={"area_code": str})
    whole = coverage[(coverage["area_level"] == "prefecture") & (coverage["age_group"] == "total")]
    census = whole["population_source"] != "mesh-future"
    assert census.any(), "coverage.csv has no rows of the census"
    assert (whole.loc[census, "population"] == people).all(), "coverage.csv's prefecture row"
    # Every other year has one number of people, whatever the service.
    years = whole.groupby(["population_source", "year"])["population"].nunique()
    assert (years == 1).all(), years
    totals = [s["totals"]["population"] for s in run["stages"] if "population" in s["totals"]]
    assert totals, "run.json states no totals"
    assert all(total == people for total in totals), totals
    layers = {name for name, _ in pyogrio.list_layers(out / "cells.gpkg")}
    assert "cells" in layers, layers
    assert len(gpd.read_file(out / "cells.gpkg", layer="cells")) == len(cells)
    vacuum = gpd.read_file(out / "vacuum" / f"vacuum_{pref}.shp")
    assert vacuum.crs is not None
    assert vacuum.is_valid.all()
    assert len(pd.read_parquet(out / "access.parquet"))
    assert len(pd.read_parquet(out / "covered.parquet"))
    page = (maps / "index.html").read_text(encoding="utf-8")
    assert "架空" in page or pref != "00"
    for name in run["outputs"]:
        folder = maps if run["outputs"][name]["folder"] == "maps" else out
        assert (folder / name).is_file(), name
    sys.stdout.write(
        f"{len(cells):,} cells, {people:,.0f} people in all tables; {len(vacuum)} vacuum areas; "
        f"map of {len(page) / 1e6:.2f} MB\n"
    )


if __name__ == "__main__":
    main()
