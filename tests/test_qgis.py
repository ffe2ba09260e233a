"""The planner's package as QGIS itself sees it: styles, aliases, labels, and the colours drawn."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from coverage_gis import crs, schema
from coverage_gis.export import qml
from coverage_gis.export.about import About
from coverage_gis.export.vacuum import AREAS, CELLS, STOPS, VacuumLayer, write_package
from coverage_gis.export.vacuum_fields import CELL_FIELDS, STOP_FIELDS, VACUUM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_gis.export.vacuum_fields import Field

SCRIPT = Path(__file__).with_name("qgis_look.py")
CLASSES = [value for value, _, _ in qml.TRANSIT_CLASSES]
BANDS = [value for value, _, _ in qml.STOP_BANDS]
COLOURS = {v: c for v, _, c in (*qml.TRANSIT_CLASSES, *qml.STOP_BANDS)}
STEP = 0.01


@pytest.fixture(scope="module")
def python() -> str:
    """A Python with QGIS: the system's, as distributions install it."""
    for candidate in ("/usr/bin/python3", shutil.which("python3")):
        if candidate and Path(candidate).exists():
            asked = [candidate, "-c", "import qgis.core"]
            tried = subprocess.run(asked, check=False, capture_output=True)  # noqa: S603 - a Python
            if tried.returncode == 0:
                return candidate
    pytest.skip("QGIS's Python library (python3-qgis) is not installed")


def frame(fields: Sequence[Field], shapes: Sequence[Any], **columns: Any) -> gpd.GeoDataFrame:
    table = {f.column: [None] * len(shapes) for f in fields} | columns
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=crs.JGD2011)


def squares(y: float) -> list[shapely.Polygon]:
    """Six squares in a row, a gap between them."""
    left = 137 + STEP * np.arange(len(CLASSES))
    return [shapely.MultiPolygon([shapely.box(x, y, x + 0.8 * STEP, y + STEP)]) for x in left]


@pytest.fixture(scope="module", params=[None, "EPSG:6675"], ids=["degrees", "plane"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vacuum")
    names = {"muni_name": ["架空市"] * 2, schema.PLACE_NAME: ["桜町", None]}
    areas = frame(VACUUM_FIELDS, squares(36.73)[:2], population=[1234.4, 7.0], **names)
    cells = frame(CELL_FIELDS, squares(36.70), transit_class=CLASSES)
    points = [s.centroid for s in squares(36.715)]
    stops = frame(STOP_FIELDS, points, band_ja=BANDS)
    write_package(
        [
            VacuumLayer("stops_16", STOPS, stops),
            VacuumLayer("vacuum_16", AREAS, areas),
            VacuumLayer("cells_16", CELLS, cells),
        ],
        folder,
        "vacuum_16",
        about=About("交通空白地域"),
        to_crs=request.param,
    )
    return folder


def seen_by(python: str, sources: list[str], picture: Path) -> dict[str, Any]:
    made = subprocess.run(  # noqa: S603 - a Python and our own script
        [python, str(SCRIPT), *sources, str(picture)], check=True, capture_output=True, text=True
    )
    assert "may only be partially supported" not in made.stderr
    return dict(json.loads(made.stdout.splitlines()[-1]))


@pytest.mark.parametrize("kind", ["gpkg", "shp"])
def test_qgis_draws_the_package_as_meant(package: Path, python: str, kind: str) -> None:
    sources = [
        f"{package}/vacuum_16.gpkg|layername={name}" if kind == "gpkg" else f"{package}/{name}.shp"
        for name in ("stops_16", "vacuum_16", "cells_16")
    ]
    picture = package / f"{kind}.png"
    seen = seen_by(python, sources, picture)
    stops, areas, cells = (seen[s] for s in sources)
    short = {f.column: f.shp if kind == "shp" else f.column for f in (*CELL_FIELDS, *STOP_FIELDS)}
    assert all(layer["valid"] and layer["rows"] for layer in (stops, areas, cells))
    assert stops["column"] == short["band_ja"]
    assert cells["column"] == short[schema.TRANSIT_CLASS]
    for layer, values in ((stops, BANDS), (cells, CLASSES)):
        wanted = {v: [int(part) for part in COLOURS[v].split(",")] for v in values}
        assert layer["colours"] == wanted
    assert cells["names"]["vacuum"] == "空白"
    assert areas["labels"] == ["架空市 桜町\n1,234人", "架空市\n7人"]
    assert areas["label_error"] == ""
    people = "POP" if kind == "shp" else schema.POPULATION
    assert areas["aliases"][people] == "人口"
    assert_drawn(picture, seen["extent"], cells["crs"])


def assert_drawn(picture: Path, extent: list[float], authority: str) -> None:
    """Check the colour at the middle of each cell against its class's, on white."""
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    west, south, east, north = extent
    middle = gpd.GeoSeries([s.centroid for s in squares(36.70)], crs=crs.JGD2011)
    for value, point in zip(CLASSES, middle.to_crs(authority), strict=True):
        column = int((point.x - west) / (east - west) * pixels.shape[1])
        row = int((north - point.y) / (north - south) * pixels.shape[0])
        *colour, alpha = (int(part) for part in COLOURS[value].split(","))
        wanted = np.array(colour) * alpha / 255 + 255 * (1 - alpha / 255)
        np.testing.assert_allclose(pixels[row, column], wanted, atol=3, err_msg=value)
