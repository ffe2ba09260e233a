"""What the prefectures' runs left, read together."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from coverage_gis import crs, schema
from coverage_gis.coverage.nation import EVERYBODY, one_row_per_area
from coverage_gis.report.build import first_year
from coverage_gis.store import artifacts
from pipelines.publication import RUN_RECORD
from pipelines.runner import WORK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipelines.japan.options import JapanOptions
    from pipelines.japan.tasks import Published


@dataclass(frozen=True)
class Gathered:
    """The country as far as it was run.

    Attributes
    ----------
    codes
        Of the prefectures, ascending.
    coverage
        Rows of ``schema.COVERAGE`` of all of them, of the census.
    areas
        One row per prefecture, municipality and ward, with outlines; null where there are none.
    vacuum
        People by transit class, definition and metric.
    cells
        ``mesh_code``, ``pref_code`` and ``population`` of all origins, and the people of their
        whole cells where the file that was read holds everybody's (``nation.EVERYBODY``).
    records
        ``run.json`` of each prefecture.
    """

    codes: tuple[str, ...]
    coverage: pd.DataFrame
    areas: gpd.GeoDataFrame
    vacuum: pd.DataFrame
    cells: pd.DataFrame
    records: dict[str, dict[str, Any]]


def gather(options: JapanOptions, published: Sequence[Published]) -> Gathered:
    """Read the results of the prefectures that are done."""
    prefs = sorted((p.pref for p in published), key=lambda p: p.code)
    homes = {p.code: options.of(p).out_dir for p in prefs}
    kept = [home / WORK for home in homes.values()]
    coverage = pd.concat(
        [first_year(artifacts.load(work / "coverage", "coverage")) for work in kept],
        ignore_index=True,
    )
    return Gathered(
        tuple(homes),
        coverage,
        _with_outlines(one_row_per_area(coverage), kept),
        _vacuum(homes),
        pd.concat(map(cells_of, kept), ignore_index=True),
        {
            code: json.loads((home / RUN_RECORD).read_text(encoding="utf-8"))
            for code, home in homes.items()
        },
    )


def cells_of(work: Path) -> pd.DataFrame:
    """Return the cells of a prefecture, with the people of the whole cell where that is known."""
    columns = [schema.MESH_CODE, schema.PREF_CODE, schema.POPULATION]
    origins = pd.DataFrame(artifacts.load(work / "origins", "origins"))
    mine = origins.loc[origins[schema.INSIDE], columns]
    if artifacts.load(work / "origins", "population")["by_prefecture"]:
        return mine.assign(**{EVERYBODY: float("nan")})
    margin = artifacts.load(work / "origins", "margin").set_index(schema.MESH_CODE)
    others = margin.loc[margin[schema.PREF_CODE] == "", schema.POPULATION]
    rest = mine[schema.MESH_CODE].map(others).fillna(0.0)
    return mine.assign(**{EVERYBODY: mine[schema.POPULATION] + rest})


def _with_outlines(areas: pd.DataFrame, kept: Sequence[Path]) -> gpd.GeoDataFrame:
    """Return the areas with their outlines; a prefecture and a city are unions of their parts."""
    shapes: dict[str, Any] = {}
    for work in kept:
        table = artifacts.load(work / "origins", "municipalities")
        if table.empty:
            continue
        shapes |= dict(zip(table[schema.MUNI_CODE], table.geometry, strict=True))
        cities = table[table["city_code"].notna()]
        for code, parts in cities.groupby("city_code"):
            shapes[str(code)] = parts.geometry.union_all()
        shapes[str(table[schema.MUNI_CODE].iloc[0])[:2]] = table.geometry.union_all()
    outlines = [_multi(shapes.get(code)) for code in areas[schema.AREA_CODE]]
    return gpd.GeoDataFrame(areas, geometry=outlines, crs=crs.JGD2011)


def _multi(shape: Any) -> Any:
    if shape is None or shape.geom_type == "MultiPolygon":
        return shape
    return shapely.MultiPolygon([shape])


def _vacuum(homes: dict[str, Path]) -> pd.DataFrame:
    frames = []
    for code, home in homes.items():
        path = home / "vacuum" / f"people_{code}.csv"
        if path.exists():
            frames.append(pd.read_csv(path).assign(**{schema.PREF_CODE: code}))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
