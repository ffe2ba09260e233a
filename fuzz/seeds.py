"""Make the seeds of the corpus, ``fuzz/corpus/TARGET/whole*``: ``python -m fuzz.seeds``.

They are made from the builders of the tests, nothing is anyone's data. Inputs that once failed lie
beside them as ``found-*`` and are left alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import networkx as nx
import osmium
import osmnx as ox

from fuzz.targets import FEED, SHAPEFILE, TARGETS, zipped

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from inventory_files import GSI_2, shapefile_members  # noqa: E402 - once tests/ can be imported
from test_ksj_gml import P04, POINTS, gml  # noqa: E402
from test_osm import HEAD, LINE, SQUARE, node, relation, way  # noqa: E402
from test_osm_pbf import number, text  # noqa: E402
from test_readers_fuzz import READERS, geojson  # noqa: E402
from test_validate import monitoring, primaff  # noqa: E402

AS_IN_TESTS = {
    "estat": "estat", "mesh-csv": "mesh csv", "future": "future", "raster": "raster",
    "municipal-csv": "municipal csv", "municipal-xlsx": "municipal xlsx", "gsi": "gsi",
    "mhlw-medical": "mhlw", "mhlw-care": "care", "ksj-medical": "p04", "ksj-gml": "gml",
    "ksj-stops": "p11", "ksj-stations": "n02", "ksj-welfare": "p14", "ksj-shelters": "p20",
    "ksj-schools": "p29", "ksj-post-offices": "p30", "ksj-medical-areas": "a38",
    "ksj-stations-used": "s12", "ksj-passengers": "passengers",
}  # fmt: skip
SETTINGS = """
[themes]
culture = "文化"

[services.library]
label_ja = "図書館"
theme = "culture"
osm = ["amenity=library"]
sources = ["osm"]

[coverage.mine]
label_ja = "図書館1 km"
source = "市の計画"
[[coverage.mine.rules]]
services = ["library"]
mode = "walk"
metrics = ["road"]
unit = "m"
cutoffs = [1000]

[network.walk]
speed_m_per_min = 60
"""


def main() -> None:
    """Write all seeds, replacing those of the same name."""
    with tempfile.TemporaryDirectory() as home:
        for name, seeds in _seeds(Path(home)).items():
            folder = ROOT / "fuzz/corpus" / name
            folder.mkdir(parents=True, exist_ok=True)
            for i, seed in enumerate(seeds):
                (folder / f"whole{i or ''}").write_bytes(seed)


def _seeds(folder: Path) -> dict[str, list[bytes]]:
    out: dict[str, list[bytes]] = {name: [READERS[test][1]] for name, test in AS_IN_TESTS.items()}
    for more, test in (("municipal-csv", "municipal cp932"), ("municipal-csv", "municipal utf-16")):
        out[more].append(READERS[test][1])
    out["ksj-gml"].append(gml(POINTS + P04).encode())
    feed = {name: content.encode() for name, content in FEED.items()}
    out |= {
        n: [feed[n.removeprefix("gtfs-").replace("-", "_") + ".txt"]]
        for n in TARGETS
        if n.startswith("gtfs-") and n != "gtfs-zip"
    }
    out["gtfs-zip"] = [zipped(feed)]
    columns = ("P11_001", "P11_002", "P11_003_01")
    parts = shapefile_members(folder, "P11-22_16", {c: ["1", "2"] for c in columns})
    out["ksj-shapefile"] = [zipped(parts)]
    assert SHAPEFILE in parts
    out["inventory-zip"] = [
        zipped(parts),
        zipped(
            {"a/b.geojson": out["ksj-medical"][0], "c.zip": zipped(feed), "m.csv": b"mesh_code\n"}
        ),
    ]
    out |= _osm(folder) | _polygons()
    out["planned-stops"] = ["名称,経度,緯度,本数,種別\n新停,137.2,36.7,12,バス停\n".encode()]
    out["references-csv"] = [b"code,rate\n16201,0.5\n16202,0.25\n"]
    out["settings"] = [SETTINGS.encode()]
    out["references-xlsx"] = []
    for make in (primaff, monitoring):
        make(folder / "book.xlsx")
        out["references-xlsx"].append((folder / "book.xlsx").read_bytes())
    out["gsi"].append((GSI_2 + "1,E1,富山市,校庭,本丸,1,1,36.7,137.2\n").encode())
    return out


def _osm(folder: Path) -> dict[str, list[bytes]]:
    xml = (
        HEAD + LINE + SQUARE + node(120, 137.5, 36.6, shop="supermarket", name="店")
        + way(20, [1, 2, 3], highway="primary", oneway="yes")
        + way(21, [3, 4, 99], highway="residential") + way(22, [100, 101, 102, 103, 100])
        + relation(1, [("way", 22, "outer")], type="multipolygon", amenity="hospital") + "</osm>"
    )  # fmt: skip
    (folder / "x.osm").write_text(xml, encoding="utf-8")
    with osmium.SimpleWriter(str(folder / "x.osm.pbf"), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(folder / "x.osm")):
            writer.add(thing)
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=137.20, y=36.70)
    graph.add_node(2, x=137.21, y=36.70)
    graph.add_edge(1, 2, osmid=10, highway="residential", oneway=False, length=1.0)
    ox.save_graphml(graph, folder / "x.graphml")
    words = (b"", b"highway", b"residential", b"shop", b"supermarket")
    table = text(1, b"".join(text(1, word) for word in words))
    dense = text(1, b"\x02\x02") + text(8, b"\x02\x02") + text(9, b"\x02\x02")
    tagged = dense + text(10, bytes([3, 4, 0, 0]))
    road = text(3, b"\x08\x07" + text(2, b"\x01") + text(3, b"\x02") + text(8, b"\x02\x02"))
    area = text(3, b"\x08\x08" + text(2, b"\x03") + text(3, b"\x04") + text(8, b"\x02\x02\x01"))
    member = b"\x08\x09" + text(2, b"\x03") + text(3, b"\x04") + text(8, b"\x00") + text(9, b"\x10")
    group = text(4, member + text(10, b"\x01"))
    blocks = [table + text(2, g) for g in (text(2, dense), text(2, tagged) + road + area + group)]
    return {
        "osm-xml": [xml.encode()],
        "osm-pbf": [(folder / "x.osm.pbf").read_bytes()],
        "osm-pbf-block": [*blocks, blocks[1] + number(17 << 3) + number(1000)],
        "graphml": [(folder / "x.graphml").read_bytes()],
    }


def _polygons() -> dict[str, list[bytes]]:
    def square(**properties: object) -> bytes:
        collection = json.loads(geojson(**properties))
        ring = [[137.0, 36.5], [137.1, 36.5], [137.1, 36.6], [137.0, 36.6], [137.0, 36.5]]
        for feature in collection["features"]:
            feature["geometry"] = {"type": "Polygon", "coordinates": [ring]}
        return json.dumps(collection, ensure_ascii=False).encode()

    place = {"N03_001": "富山県", "N03_003": None, "N03_004": "富山市", "N03_007": "16201"}
    return {
        "ksj-boundaries": [square(**place)],
        "small-areas": [square(KEY_CODE="16201001", S_NAME="本丸", HCODE="8101")],
        "zones": [square(name="予約制", days="月-金", hours="8-17")],
    }


if __name__ == "__main__":
    main()
