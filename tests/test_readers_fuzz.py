"""Whatever bytes a reader is given, it returns a table or raises one InputError, soon."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_gis.errors import InputError
from coverage_gis.sources.facilities_ksj import read_p14, read_p20, read_p29, read_p30
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.medical_areas_a38 import read_a38
from coverage_gis.sources.medical_p04 import read_p04
from coverage_gis.sources.mhlw import read_mhlw_care, read_mhlw_medical
from coverage_gis.sources.municipal import read_municipal
from coverage_gis.sources.passengers_s12 import read_passengers, read_s12
from coverage_gis.sources.population import read_estat, read_mesh_csv
from coverage_gis.sources.population_future import read_future
from coverage_gis.sources.population_raster import read_raster
from coverage_gis.sources.shelters_gsi import read_gsi
from coverage_gis.sources.stations_n02 import read_n02
from coverage_gis.sources.stops_p11 import read_p11

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def geojson(**properties: object) -> bytes:
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [137.2, 36.7]},
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature] * 3}, ensure_ascii=False)
    return text.encode()


def columns(kind: str, count: int, **more: object) -> bytes:
    return geojson(**{f"{kind}_{i:03d}": "1" for i in range(1, count + 1)}, **more)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["名称", "緯度", "経度", "病床数"])
    for i in range(20):
        book.active.append([f"病院{i}", 34.3 + i / 100, 134.0, i])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def tif() -> bytes:
    with rasterio.MemoryFile() as file:
        with file.open(
            driver="GTiff", width=16, height=16, count=1, dtype="float32", crs="EPSG:4326",
            transform=rasterio.Affine(0.01, 0, 137, 0, -0.01, 37), compress="deflate",
        ) as out:  # fmt: skip
            out.write(np.ones((16, 16), dtype="float32"), 1)
        return bytes(file.read())


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


CSV = "名称,緯度,経度,医療機関の種類,病床数\n" + "中央病院,34.3,134.0,病院,200\n" * 5
GSI = (
    "NO,共通ID,都道府県名及び市町村名,施設・場所名,住所,指定緊急避難場所との住所同一,緯度,経度\n"
    + "1,E1620100001,富山市,学校,本丸,1,36.7,137.2\n" * 5
)
ESTAT = (
    "KEY_CODE,HTKSYORI,HTKSAKI,GASSAN,T001141001,T001141019,T001141022\r\n,,,,人口,６５歳以上,７５歳以上\r\n"
    "543710011,0,,,5,2,1\r\n"
)
MEDICAL = (
    "\ufeffID,正式名称,所在地座標（緯度）,所在地座標（経度）\n"
    + "1300001,医院,35.6812,139.7671\n" * 5
)
CARE = (
    "事業所名,サービスの種類,緯度,経度,事業所番号,定員\n"
    + "デイ,通所介護,35.68,139.76,137000,25\n" * 5
)
GML = (
    '<?xml version="1.0" encoding="UTF-8"?><ksj:Dataset gml:id="D" '
    'xmlns:ksj="http://nlftp.mlit.go.jp/ksj/schemas/ksj-app" '
    'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<gml:Point gml:id="p"><gml:pos>36.7 137.2</gml:pos></gml:Point>'
    '<ksj:MedicalInstitution gml:id="f"><ksj:position xlink:href="#p"/><ksj:c>1</ksj:c>'
    "<ksj:medicalInstitutionName>病院</ksj:medicalInstitutionName><ksj:address>市</ksj:address>"
    "</ksj:MedicalInstitution></ksj:Dataset>"
)
S12_ROW = {
    "S12_001": "富山", "S12_001c": "1", "S12_001g": "1", "S12_002": "社", "S12_003": "線",
    "S12_006": 1, "S12_007": 1, "S12_008": "", "S12_009": 100,
}  # fmt: skip
FUTURE = {"MESH_ID": "543710011", "PTN_2020": 5.5, "PTC_2020": 2.5, "PTD_2020": 1.0, "PTN_2050": 4}

READERS: dict[str, tuple[str, bytes, str, Callable[[Found], Any]]] = {
    "municipal csv": ("病院.csv", CSV.encode(), "municipal", read_municipal),
    "municipal cp932": ("病院.csv", CSV.encode("cp932"), "municipal", read_municipal),
    "municipal utf-16": ("病院.csv", CSV.encode("utf-16"), "municipal", read_municipal),
    "municipal xlsx": ("病院.xlsx", workbook(), "municipal", read_municipal),
    "gsi": ("mergeFromCity_1.csv", GSI.encode(), "gsi-shelter", read_gsi),
    "estat": ("tblT001141H16.txt", ESTAT.encode("cp932"), "estat-mesh", read_estat),
    "mesh csv": ("m.csv", b"mesh_code,population\n543710011,5\n", "mesh-csv", read_mesh_csv),
    "mhlw": ("01-1_hospital_x.csv", MEDICAL.encode(), "mhlw-medical", read_mhlw_medical),
    "care": ("jigyosho_150.csv", CARE.encode(), "mhlw-care", read_mhlw_care),
    "p04": ("P04-20_16.geojson", columns("P04", 10), "p04", read_p04),
    "p11": ("P11-22_16.geojson", columns("P11", 2, P11_003_01="1"), "p11", read_p11),
    "n02": ("N02-20_Station.geojson", columns("N02", 5), "n02", read_n02),
    "p14": ("P14-23_16.geojson", columns("P14", 10), "p14", read_p14),
    "p20": ("P20-12_16.geojson", columns("P20", 12), "p20", read_p20),
    "p29": ("P29-23_16.geojson", columns("P29", 8), "p29", read_p29),
    "p30": ("P30-13_16.geojson", columns("P30", 7), "p30", read_p30),
    "a38": ("A38-20_16_2.geojson", geojson(A38b_003="1602", A38b_004="富山"), "a38", read_a38),
    "s12": ("S12-25.geojson", geojson(**S12_ROW), "s12", read_s12),
    "passengers": ("S12-25.geojson", geojson(**S12_ROW), "s12", read_passengers),
    "future": (
        "500m_mesh_2024_16.geojson",
        geojson(**FUTURE),
        "mesh-future",
        lambda found: read_future([found], "16"),
    ),
    "gml": ("P04-20_16.xml", GML.encode(), "p04", read_p04),
    "raster": ("pop_2025.tif", tif(), "population-raster", read_raster),
    "zip": ("P04-20_16.zip", zipped("P04-20_16.geojson", columns("P04", 10)), "p04", read_p04),
}
FUZZ = settings(
    deadline=10_000,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def read(folder: Path, name: str, content: bytes) -> Any:
    """Return what the reader of ``READERS[name]`` makes of a file, None if it refuses it."""
    file, _, kind, reader = READERS[name]
    path = folder / file
    path.write_bytes(content)
    member = path.with_suffix(".geojson").name if file.endswith(".zip") else None
    detail = {"class": "hospital"} if kind == "mhlw-medical" else {}
    try:
        return reader(Found(path, member, kind, "", detail))
    except InputError as error:
        text = str(error)
        assert file in text or (member or file) in text, text
        assert "Traceback" not in text
        assert "\n" not in text
        assert len(text) < 500
        return None


@pytest.mark.parametrize("name", READERS)
def test_the_whole_file_is_read(tmp_path: Path, name: str) -> None:
    result = read(tmp_path, name, READERS[name][1])
    assert result is not None
    assert result.read > 0
    if hasattr(result.table, "columns") and name not in ("passengers", "raster", "future"):
        assert result.used >= len(result.table) > 0


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@FUZZ
def test_truncated(tmp_path: Path, name: str, data: st.DataObject) -> None:
    whole = READERS[name][1]
    read(tmp_path, name, whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@FUZZ
def test_some_bytes_changed(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = bytearray(READERS[name][1])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read(tmp_path, name, bytes(content))


@pytest.mark.parametrize("name", READERS)
@given(content=st.binary(max_size=300))
@FUZZ
def test_random_bytes(tmp_path: Path, name: str, content: bytes) -> None:
    read(tmp_path, name, content)


@given(
    rows=st.lists(
        st.lists(st.text(alphabet="0123456789.,'\"°′-〇○ ０１病院abc\n", max_size=12), max_size=6),
        max_size=12,
    )
)
@FUZZ
def test_no_row_of_a_list_is_lost_without_a_reason(tmp_path: Path, rows: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    book.active.append(["名称", "緯度", "経度", "種別", "病床数"])
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    result = read(tmp_path, "municipal xlsx", out.getvalue())
    filled = sum(any(v.strip() for v in row) for row in rows)
    assert result is not None
    assert result.read == filled
    assert result.used == len(result.table)


@given(name=st.sampled_from(sorted(READERS)), data=st.data())
@settings(FUZZ, max_examples=100)
def test_scanning_never_fails(tmp_path: Path, name: str, data: st.DataObject) -> None:
    file, whole, _, _ = READERS[name]
    folder = tmp_path / "16"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    cut = data.draw(st.integers(0, len(whole)))
    noise = data.draw(st.binary(max_size=50))
    (folder / file).write_bytes(whole[:cut] + noise)
    report = scan_report(tmp_path, "16")
    assert len(report.found) + len(report.unknown) + len(report.problems) >= 1
