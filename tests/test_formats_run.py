"""Whole runs on formats beyond the demo's: a city's own lists, projections, rasters, graphs."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import rasterio
import shapely

from coverage_gis.codes import mesh
from pipelines.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAKAMATSU = (134.0, 34.25, 134.1, 34.35)


def run(raw: Path, out: Path, pref: str, *more: str) -> int:
    arguments = ["coverage", "--pref", pref, "--raw", str(raw), "--out", str(out)]
    return main([*arguments, "--maps", str(out / "maps"), *more])


def cells_of(box: tuple[float, float, float, float], level: mesh.MeshLevel) -> np.ndarray:
    lon = np.arange(box[0] + level.lon_step / 2, box[2], level.lon_step)
    lat = np.arange(box[1] + level.lat_step / 2, box[3], level.lat_step)
    x, y = np.meshgrid(lon, lat)
    return np.unique(mesh.encode(x.ravel(), y.ravel(), level))


@pytest.fixture(scope="module")
def raw_37(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takamatsu's own lists, with made-up people, people to come and a boundary."""
    raw = tmp_path_factory.mktemp("raw")
    shutil.copytree(shared_data("37"), raw / "37")
    codes = cells_of(TAKAMATSU, mesh.M500)
    people = 10 + np.arange(len(codes)) % 7
    pd.DataFrame({"mesh_code": codes, "population": people}).to_csv(
        raw / "37" / "people_2020.csv", index=False
    )
    rows = [
        {
            "MESH_ID": c,
            "PTN_2020": float(p),
            "PTN_2050": p / 2,
            "PTC_2050": p / 4,
            "PTD_2050": p / 8,
        }
        for c, p in zip(codes, people, strict=True)
    ]
    geojson(raw / "37" / "500m_mesh_2024_37.geojson", rows, mesh.polygons(codes))
    area = {"N03_001": "香川県", "N03_003": None, "N03_004": "高松市", "N03_007": "37201"}
    geojson(raw / "37" / "N03-21_37.geojson", [area | {"N03_002": None}], [shapely.box(*TAKAMATSU)])
    return raw


def geojson(path: Path, rows: list[dict[str, object]], shapes: object) -> None:
    features = [
        {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def results_37(raw_37: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    assert run(raw_37, out, "37", "--distance", "straight") == 0
    return out / "37"


class TestTakamatsu:
    def test_its_hospitals_and_shelters_are_facilities(self, results_37: Path) -> None:
        table = pd.read_parquet(results_37 / "destinations.parquet")
        counts = table["service"].value_counts().to_dict()
        known = {
            "hospital": 32, "clinic": 362, "dental": 221, "shelter": 153, "evacuation_site": 194,
            "care": 47,
        }  # fmt: skip
        # beside those by department and by hazard, which are parts of them
        assert {service: counts[service] for service in known} == known
        coverage = pd.read_csv(results_37 / "coverage.csv")
        medical = coverage[coverage["service"] == "medical"]
        assert medical["coverage_rate"].max() > 0

    def test_what_cannot_be_placed_is_listed_with_its_row(self, results_37: Path) -> None:
        rejected = pd.read_csv(results_37 / "rejected.csv", encoding="utf-8-sig")
        assert rejected.columns.tolist() == ["file", "row", "reason", "name"]
        assert rejected.to_numpy().tolist() == [
            [
                "37/evacuation_space.xlsx",
                101,
                "placeholder that a map editor left",
                "新規マップピン",
            ],
            ["37/hospital.xlsx", 606, "no coordinates", "西岡耳鼻咽喉科医院（休止中）"],
        ]

    def test_an_older_edition_is_named_and_not_added(self, results_37: Path) -> None:
        record = json.loads((results_37 / "run.json").read_text(encoding="utf-8"))
        paths = {s["path"] for s in record["sources"]}
        assert "37/hospital.xlsx" in paths
        assert "37/hospital.csv" not in paths
        notes = [n for stage in record["stages"] for n in stage["notes"]]
        assert any("hospital.csv is an older edition" in n for n in notes)
        assert any("municipalities' own lists alone" in n for n in notes)
        for source in record["sources"]:
            assert source["rows_read"] == source["rows_used"] + sum(source["rows_dropped"].values())

    def test_people_to_come_are_those_of_the_projection(self, results_37: Path) -> None:
        years = pd.read_parquet(results_37 / "population_years.parquet")
        by_year = years.groupby("year")["population"].sum()
        assert by_year.index.tolist() == [2020, 2050]
        cells = pd.read_parquet(results_37 / "cells.parquet")
        assert by_year[2020] == cells["population"].sum()
        assert by_year[2050] == by_year[2020] / 2
        assert set(years["mesh_code"]) == set(cells["mesh_code"])


def test_a_raster_stands_in_for_the_census(raw_37: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(raw_37, raw)
    (raw / "37" / "people_2020.csv").unlink()
    values = np.random.default_rng(5).gamma(0.5, 4, (300, 300)).astype("float32")
    with rasterio.open(
        raw / "37" / "jpn_pop_2025_CN_100m.tif", "w", driver="GTiff", width=300, height=300,
        count=1, dtype="float32", crs="EPSG:4326",
        transform=rasterio.Affine(1 / 1200, 0, 133.95, 0, -1 / 1200, 34.43),
    ) as out:  # fmt: skip
        out.write(values, 1)
    assert run(raw, tmp_path / "out", "37", "--distance", "straight") == 0
    record = json.loads((tmp_path / "out/37/run.json").read_text(encoding="utf-8"))
    [origins] = [s for s in record["stages"] if s["name"] == "origins"]
    counts = origins["counts"]
    inside = origins["totals"]["population"]
    assert inside + counts["other_prefecture"] == pytest.approx(counts["people_read"], rel=1e-9)
    # the boundary is a box: its share of the raster's pixels, which are 100 m or so
    west, south, east, north = TAKAMATSU
    cols = slice(round((west - 133.95) * 1200), round((east - 133.95) * 1200))
    rows = slice(round((34.43 - north) * 1200), round((34.43 - south) * 1200))
    assert inside == pytest.approx(float(values[rows, cols].sum()), rel=0.02)
    assert "population-raster" in {s["kind"] for s in record["sources"]}


def test_a_graphml_file_gives_the_roads(raw_37: Path, tmp_path: Path) -> None:
    import networkx as nx  # noqa: PLC0415 - for this test alone

    raw = tmp_path / "raw"
    shutil.copytree(raw_37, raw)
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    west, south, east, north = TAKAMATSU
    side = 21
    for i in range(side):
        for j in range(side):
            x, y = west + (east - west) * i / (side - 1), south + (north - south) * j / (side - 1)
            graph.add_node(i * side + j, x=x, y=y)
    for i in range(side):
        for j in range(side):
            for other in ((i + 1, j), (i, j + 1)):
                if max(other) < side:
                    ends = i * side + j, other[0] * side + other[1]
                    for u, v in (ends, ends[::-1]):
                        graph.add_edge(u, v, osmid=1, highway="residential", length=1.0)
    ox.save_graphml(graph, raw / "37" / "takamatsu.graphml")
    assert run(raw, tmp_path / "out", "37") == 0
    cells = pd.read_parquet(tmp_path / "out/37/cells.parquet")
    known = cells["hospital_walk_m"].notna()
    assert known.mean() > 0.95
    straight = cells.loc[known, "hospital_straight_m"]
    assert (cells.loc[known, "hospital_walk_m"] >= straight - 1e-6).all()
