"""N03 boundaries: drawn editions, then the real ones."""

from __future__ import annotations

import json

import pytest
import shapely

from coverage_gis.errors import InputError
from coverage_gis.sources.boundaries import NO_AREA, NO_CODE, OTHER_PREFECTURE, read_n03
from coverage_gis.sources.found import Found


def square(x: float, y: float = 36.0, size: float = 1.0):
    return shapely.box(x, y, x + size, y + size)


def n03(tmp_path, *features, name="N03-21_14_210101.geojson"):
    """Features of (code, county or city, municipality, ward, geometry)."""
    collection = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::6668"}},
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "N03_001": "県",
                    "N03_003": county,
                    "N03_004": municipality,
                    **({"N03_005": ward} if ward is not None else {}),
                    "N03_007": code,
                },
                "geometry": None if geometry is None else shapely.geometry.mapping(geometry),
            }
            for code, county, municipality, ward, geometry in features
        ],
    }
    path = tmp_path / name
    path.write_text(json.dumps(collection), encoding="utf-8")
    return Found(path, None, "n03", "N03-2021", {"pref": "14"})


def test_islands_become_one_municipality(tmp_path):
    found = n03(
        tmp_path,
        ("14384", "足柄下郡", "湯河原町", None, square(137)),
        ("14201", None, "横須賀市", None, square(139)),
        ("14201", None, "横須賀市", None, square(140)),
        ("14201", None, "横須賀市", None, square(143)),
    )
    result = read_n03(found, "14")
    table = result.table
    assert table["muni_code"].tolist() == ["14201", "14384"]
    assert table["name"].tolist() == ["横須賀市", "湯河原町"]
    assert table["city_code"].isna().all()
    assert table.crs.to_epsg() == 6668
    # The first two share a side and melt; the third stays an island.
    assert len(shapely.get_parts(table.geometry.iloc[0])) == 2
    assert table.geometry.iloc[0].area == pytest.approx(3)
    assert (result.read, result.used) == (4, 4)


@pytest.mark.parametrize(
    "attributes",
    [("横浜市", "鶴見区", None), (None, "横浜市", "鶴見区"), ("横浜市", "横浜市鶴見区", None)],
)
def test_a_ward_bears_its_city_in_every_edition(tmp_path, attributes):
    found = n03(
        tmp_path,
        ("14101", *attributes, square(137)),
        ("14131", "川崎市", "川崎区", None, square(139)),
    )
    table = read_n03(found, "14").table
    assert table["name"].tolist() == ["横浜市鶴見区", "川崎市川崎区"]
    assert table["city_code"].tolist() == ["14100", "14130"]


def test_tokyo_wards_stand_for_themselves(tmp_path):
    table = read_n03(n03(tmp_path, ("13104", None, "新宿区", None, square(137))), "13").table
    assert table["name"].tolist() == ["新宿区"]
    assert table["city_code"].isna().all()


def test_rows_that_are_left_out_are_counted(tmp_path):
    line = shapely.LineString([(137, 36), (138, 37)])
    found = n03(
        tmp_path,
        ("14201", None, "横須賀市", None, shapely.GeometryCollection([square(139), line])),
        ("14202", None, "線市", None, line),
        ("14203", None, "無市", None, None),
        (None, None, "所属未定地", None, square(141)),
        ("13101", None, "千代田区", None, square(142)),
        ("13102", None, "中央区", None, square(143)),
    )
    result = read_n03(found, "14")
    assert result.table["muni_code"].tolist() == ["14201"]
    assert result.table.geometry.iloc[0].equals(square(139))
    assert dict(result.dropped) == {NO_CODE: 1, OTHER_PREFECTURE: 2, NO_AREA: 2}
    assert result.used == 1


def test_a_bow_tie_is_made_valid(tmp_path):
    bow = shapely.Polygon([(137, 36), (138, 37), (138, 36), (137, 37)])
    table = read_n03(n03(tmp_path, ("14201", None, "市", None, bow)), "14").table
    assert table.geometry.is_valid.all()
    assert table.geometry.iloc[0].area == pytest.approx(0.5)


def test_codes_that_became_numbers_are_codes_again(tmp_path):
    features = [(1100 + n, None, f"{n}区", None, square(137 + n)) for n in (1, 2)]
    table = read_n03(n03(tmp_path, *features, (None, None, "x", None, square(144))), "01").table
    assert table["muni_code"].tolist() == ["01101", "01102"]
    assert table["name"].tolist() == ["札幌市1区", "札幌市2区"]


def test_several_files_are_one_table(tmp_path):
    one = n03(tmp_path, ("14201", None, "横須賀市", None, square(139)), name="a.geojson")
    two = n03(tmp_path, ("14201", None, "横須賀市", None, square(141)), name="b.geojson")
    result = read_n03([one, two], "14")
    assert (result.read, len(result.table)) == (2, 1)
    assert result.table.geometry.iloc[0].area == pytest.approx(2)


def test_wrong_files_are_one_sentence(tmp_path):
    found = n03(tmp_path, ("14201", None, "横須賀市", None, square(139)))
    with pytest.raises(InputError, match=r"N03-21_14_210101\.geojson has no municipality of .* 16"):
        read_n03(found, "16")
    found.path.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    with pytest.raises(InputError, match=r"N03-21_14_210101\.geojson"):
        read_n03(found, "14")
    found.path.write_text('{"type": "FeatureColl', encoding="utf-8")
    with pytest.raises(InputError, match=r"N03-21_14_210101\.geojson cannot be read"):
        read_n03(found, "14")


@pytest.mark.parametrize(
    ("pref", "municipalities", "no_code", "area_km2"),
    [
        # 全国都道府県市区町村別面積調 2021: 4,724.65 and 4,247.58 km2; 13's file is simplified.
        ("30", 30, 1, 4724.65),
        ("16", 15, 0, 4247.58),
        ("13", 62, 1, None),
    ],
)
def test_real_prefectures(shared_data, pref, municipalities, no_code, area_km2):
    found = Found(shared_data(f"{pref}/N03-21_{pref}_210101.geojson"), None, "n03", "N03-2021")
    result = read_n03(found, pref)
    table = result.table
    assert len(table) == municipalities
    assert result.dropped.get(NO_CODE, 0) == no_code
    assert table.geometry.is_valid.all()
    assert table["muni_code"].str.startswith(pref).all()
    if area_km2:
        km2 = table.to_crs("EPSG:6933").area.sum() / 1e6  # equal-area
        assert km2 == pytest.approx(area_km2, rel=0.003)
