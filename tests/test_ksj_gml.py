"""KSJ's GML, as published before and beside the shapefiles: read where nothing else is there."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
import shapely

from coverage_gis.errors import InputError
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.medical_p04 import read_p04
from coverage_gis.sources.stations_n02 import read_n02
from coverage_gis.sources.stops_p11 import read_p11
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.sources.found import Found

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ksj:Dataset gml:id="D" '
    'xmlns:ksj="http://nlftp.mlit.go.jp/ksj/schemas/ksj-app" '
    'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink">\n'
    '<gml:boundedBy><gml:EnvelopeWithTimePeriod srsName="{crs} / (B, L)" frame="GC / JST"/>'
    "</gml:boundedBy>\n"
)
POINTS = "".join(
    f'<gml:Point gml:id="pt{i}"><gml:pos>{lat} {lon}</gml:pos></gml:Point>\n'
    for i, (lat, lon) in enumerate([(36.69, 137.21), (36.70, 137.22)])
)
P04 = "".join(
    f'<ksj:MedicalInstitution gml:id="f{i}"><ksj:position xlink:href="#pt{i}"/>'
    f"<ksj:medicalClassification>{i + 1}</ksj:medicalClassification>"
    f"<ksj:medicalInstitutionName>{name}</ksj:medicalInstitutionName>"
    "<ksj:address>富山市</ksj:address></ksj:MedicalInstitution>\n"
    for i, name in enumerate(["中央病院", "山田医院"])
)
P11 = (
    '<ksj:BusStop gml:id="b1"><ksj:position xlink:href="#pt0"/><ksj:busStopName>駅前'
    "</ksj:busStopName>"
    + (
        "<ksj:busRouteInformation><ksj:BusRouteInformation><ksj:busType>1</ksj:busType>"
        "<ksj:busOperationCompany>地鉄</ksj:busOperationCompany><ksj:busLineName>1番"
        "</ksj:busLineName></ksj:BusRouteInformation></ksj:busRouteInformation>"
    )
    * 2
    + "</ksj:BusStop>\n"
)
N02 = (
    '<gml:Curve gml:id="cv1"><gml:segments><gml:LineStringSegment><gml:posList>\n'
    "36.700 137.210\n36.700 137.212\n</gml:posList></gml:LineStringSegment></gml:segments>"
    "</gml:Curve>\n"
    '<ksj:RailroadSection gml:id="r1"><ksj:location xlink:href="#cv1"/></ksj:RailroadSection>'
    '<ksj:Station gml:id="s1"><ksj:location xlink:href="#cv1"/><ksj:railwayType>11'
    "</ksj:railwayType><ksj:serviceProviderType>2</ksj:serviceProviderType>"
    "<ksj:railwayLineName>北陸線</ksj:railwayLineName><ksj:operationCompany>西日本"
    "</ksj:operationCompany><ksj:stationName>富山</ksj:stationName>"
    '<ksj:railroadSection xlink:href="#r1"/></ksj:Station>\n'
)


def gml(body: str, crs: str = "JGD2011") -> str:
    return HEAD.format(crs=crs) + body + "</ksj:Dataset>\n"


def written(folder: Path, name: str, text: str) -> Found:
    path = folder / "16" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    found = scan_report(folder, "16").found
    assert len(found) == 1
    return found[0]


def test_hospitals(tmp_path: Path) -> None:
    found = written(tmp_path, "P04-20_16.xml", gml(POINTS + P04))
    assert (found.kind, found.edition, found.detail["pref"]) == ("p04", "P04-20", "16")
    table = read_p04(found).table.set_index("name")
    assert table["service"].to_dict() == {"中央病院": "hospital", "山田医院": "clinic"}
    assert table.loc["中央病院", ["lon", "lat"]].tolist() == pytest.approx([137.21, 36.69])


def test_bus_stops_of_2010(tmp_path: Path) -> None:
    found = written(tmp_path, "P11-10_16-jgd-g.xml", gml(POINTS + P11, "JGD2000"))
    assert found.edition == "P11-10"
    table = read_p11(found).table
    assert table["name"].tolist() == ["駅前"]
    assert table["lon"].tolist() == pytest.approx([137.21], abs=1e-4)


def test_stations_are_lines(tmp_path: Path) -> None:
    found = written(tmp_path, "N02-20.xml", gml(N02))
    assert read_vector(found).geometry.iloc[0].geom_type == "LineString"
    table = read_n02(found, (137.0, 36.5, 137.5, 37.0)).table
    assert table["name"].tolist() == ["富山"]
    assert table["lon"].tolist() == pytest.approx([137.211])
    assert read_n02(found, (130.0, 30.0, 131.0, 31.0)).read == 0


def test_the_layer_beside_it_is_preferred_whatever_its_name(tmp_path: Path) -> None:
    feature = '{"type":"Feature","properties":{"P04_001":1,"P04_002":"a","P04_003":"b"},"geometry":'
    text = (
        '{"type":"FeatureCollection","features":['
        + feature
        + (shapely.to_geojson(shapely.Point(137.2, 36.7)) + "}]}")
    )
    folder = tmp_path / "16"
    folder.mkdir()
    with zipfile.ZipFile(folder / "P04-20_16_GML.zip", "w") as archive:
        archive.writestr("P04-20_16.xml", gml(POINTS + P04))
        archive.writestr("KS-META-P04-20_16.xml", "<a/>")
        archive.writestr("P04-20_16_MedicalInstitution.geojson", text)
    report = scan_report(tmp_path, "16")
    assert [f.member for f in report.found] == ["P04-20_16_MedicalInstitution.geojson"]
    assert report.unknown == ()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("P04-20_16.xml", gml(POINTS), "no feature"),
        ("P04-20_16.xml", gml(POINTS + P04)[:-30], "damaged XML"),
        ("N02-20.xml", gml(N02.replace("36.700 137.212", "x y")), "damaged XML"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        read_vector(written(tmp_path, name, text))


def test_the_gml_of_another_edition_says_what_to_use(tmp_path: Path) -> None:
    (tmp_path / "16").mkdir()
    (tmp_path / "16" / "P11-22_16.xml").write_text(gml(POINTS + P11), encoding="utf-8")
    report = scan_report(tmp_path, "16")
    assert report.found == ()
    assert "SHP" in report.problems[0]
