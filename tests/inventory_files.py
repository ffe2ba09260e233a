"""Small files in the publishers' formats, for the tests of the inventory."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

if TYPE_CHECKING:
    from pathlib import Path

ESTAT = (
    "KEY_CODE,HTKSYORI,HTKSAKI,GASSAN,{t}001,{t}002\r\n,,,,　人口（総数）,　人口（総数）　男\r\n"
    "{code},0,,,5,2\r\n"
)
GSI_1 = (
    "\ufeffNO,共通ID,都道府県名及び市町村名,施設・場所名,住所,"
    "指定緊急避難場所との住所同一,緯度,経度\n"
)
GSI_2 = "NO,共通ID,都道府県名及び市町村名,施設・場所名,住所,洪水,指定避難所との住所同一,緯度,経度\n"
MESH_CSV = "mesh_code,population\n5437608942,5\n"
PBF = b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x7f"


def estat(code="543760894", table="T001141"):
    return ESTAT.format(t=table, code=code).encode("cp932")


def geojson(**properties):
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [137.2, 36.7]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


N03 = geojson(N03_001="富山県", N03_002=None, N03_003=None, N03_004="富山市", N03_007="16201")
P04 = geojson(P04_001=1, P04_002="病院", P04_003="富山市", P04_010="9")
N02 = geojson(N02_001="11", N02_002="2", N02_003="北陸線", N02_004="JR", N02_005="富山")
RAILS = geojson(N02_001="11", N02_002="2", N02_003="北陸線", N02_004="JR")
P11_22 = geojson(P11_001="駅前", P11_002="市営", P11_003_01="1", P11_004_01="2")
P11_10 = geojson(P11_001="駅前", P11_002="1", P11_003_1="市営", P11_004_1="1")


def shapefile_members(folder: Path, stem: str, properties: dict[str, list[object]]):
    """The parts of a CP932 shapefile without .cpg, as KSJ publishes them, by file name."""
    points = [shapely.Point(137.2, 36.7)] * len(next(iter(properties.values())))
    frame = gpd.GeoDataFrame(properties, geometry=points, crs="EPSG:4612")
    work = folder / f"work_{stem}"
    work.mkdir()
    frame.to_file(work / f"{stem}.shp", encoding="CP932")
    (work / f"{stem}.cpg").unlink()
    return {p.name: p.read_bytes() for p in sorted(work.iterdir())}


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return buffer.getvalue()


def put(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


GTFS = {
    "stops.txt": b"stop_id\n1\n",
    "stop_times.txt": b"trip_id\n1\n",
    "routes.txt": b"route_id\n",
}
