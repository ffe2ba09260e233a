"""Evacuation sites by hazard: one service each, wherever the marks come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis import schema
from coverage_gis.facilities.hazards import HAZARDS, SITE, flagged, service_of, with_hazards
from coverage_gis.sources.facilities_ksj import read_p20
from coverage_gis.sources.found import Found
from coverage_gis.sources.municipal import read_municipal
from coverage_gis.sources.municipal_columns import hazard_of
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.sources.shelters_gsi import read_gsi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GSI = (
    "NO,共通ID,都道府県名及び市町村名,施設・場所名,住所,洪水,崖崩れ、土石流及び地滑り,高潮,地震,"
    "津波,大規模な火事,内水氾濫,火山現象,指定避難所との住所同一,緯度,経度,備考\r\n"
)


def gsi(folder: Path, *rows: str) -> Found:
    path = folder / "mergeFromCity_2.csv"
    path.write_bytes((GSI + "".join(f"1,{r},,36.7,137.2,\r\n" for r in rows)).encode("utf-8-sig"))
    return Found(path, None, "gsi-evacuation-site", "")


def by_service(table: pd.DataFrame) -> dict[str, int]:
    return {str(k): int(v) for k, v in table[schema.SERVICE].value_counts().items()}


def sites(*ids: str) -> pd.DataFrame:
    return schema.DESTINATIONS.conform(
        pd.DataFrame(
            {
                "destination_id": [i.split(";")[0] for i in ids],
                "service": SITE,
                "name": "x",
                "lon": 137.2,
                "lat": 36.7,
                "source": "gsi-evacuation-site",
                "source_ids": ids,
                "capacity": 1.0,
            }
        )
    )


def test_every_hazard_of_gsi_is_a_service_of_the_settings() -> None:
    services = load_settings().services
    for hazard in HAZARDS:
        assert services[service_of(hazard)].part_of == SITE


def test_a_site_gives_a_row_for_each_hazard_it_is_marked_for(tmp_path: Path) -> None:
    result = read_gsi(gsi(tmp_path, "E1,富山市,川の公園,a,,,,1,,1,,", "E2,富山市,丘,b,1,,,1,,,,"))
    assert by_service(result.table) == {
        SITE: 2,
        "evacuation_earthquake": 2,
        "evacuation_fire": 1,
        "evacuation_flood": 1,
    }
    assert (result.read, result.used) == (2, 2)
    flood = result.table[result.table["service"] == "evacuation_flood"].iloc[0]
    assert (flood["destination_id"], flood["name"]) == ("gsi:E2", "丘")


def test_rows_of_one_site_are_good_for_what_any_of_them_is(tmp_path: Path) -> None:
    found = gsi(tmp_path, "E1,富山市,学校,a,1,,,,,,,", "E2,富山市,学校,a,,,,1,,,,")
    table = read_gsi(found).table
    assert by_service(table) == {SITE: 1, "evacuation_earthquake": 1, "evacuation_flood": 1}
    assert set(table["destination_id"]) == {"gsi:E1"}


def test_a_blank_column_gives_no_service_at_all(tmp_path: Path) -> None:
    table = read_gsi(gsi(tmp_path, "E1,富山市,学校,a,1,,,,,,,")).table
    assert "evacuation_volcano" not in set(table["service"])


def test_p20_names_four_hazards_and_only_of_sites(tmp_path: Path) -> None:
    columns = {
        "P20_001": ["16201"] * 3,
        "P20_002": ["公園", "学校", "広場"],
        "P20_003": ["a", "b", "c"],
        "P20_004": ["広域避難場所", "収容避難所", "一時避難場所"],
        "P20_005": [-1, 300, 50],
        "P20_006": [100.0, 500.0, -1.0],
        "P20_007": [1, 1, 0],
        "P20_008": [0, 1, 0],
        "P20_009": [1, 1, 0],
        "P20_010": [0, 1, 0],
        "P20_011": [1, 1, 0],
        "P20_012": [0, 0, 1],
    }
    points = shapely.points([137.2, 137.21, 137.22], [36.7] * 3)
    path = tmp_path / "P20-12_16.shp"
    gpd.GeoDataFrame(columns, geometry=points, crs=4612).to_file(path, encoding="cp932")
    table = read_p20(Found(path, None, "p20", "")).table
    assert by_service(table) == {
        SITE: 2,
        "shelter": 1,
        "evacuation_earthquake": 1,
        "evacuation_flood": 1,
    }


@pytest.mark.parametrize(
    ("name", "hazard"),
    [
        ("洪水", "flood"),
        ("flood_L2", "flood"),
        ("洪水（L1）", "flood"),
        ("災害種別_津波", "tsunami"),
        ("災害種別_崖崩れ、土石流及び地滑り", "landslide"),
        ("内水氾濫", "inland_flood"),
        ("災害種別", None),
    ],
)
def test_a_citys_columns_by_name(name: str, hazard: str | None) -> None:
    assert hazard_of(name) == hazard


def test_takamatsus_marks(shared_data: Callable[[str], Path]) -> None:
    found = Found(shared_data("37/evacuation_space.xlsx"), None, "municipal", "")
    counts = by_service(read_municipal(found).table)
    # ○ and △ of the workbook's columns, counted in it by hand; L1 or L2 for floods.
    assert counts[SITE] == 194
    assert counts["evacuation_earthquake"] == 193
    assert counts["evacuation_fire"] == 89
    assert counts["evacuation_landslide"] == 180


@pytest.mark.parametrize(("pref", "quake"), [("16", 1213), ("30", 1341), ("13", 632)])
def test_gsis_marks(pref: str, quake: int, shared_data: Callable[[str], Path]) -> None:
    path = shared_data(f"{pref}/mergeFromCity_2.csv")
    marks = pd.read_csv(path, dtype="str", encoding="utf-8-sig")["地震"].eq("1")
    counts = by_service(read_gsi(Found(path, None, "gsi-evacuation-site", "")).table)
    assert counts["evacuation_earthquake"] == quake == marks.sum()


@given(st.lists(st.sets(st.sampled_from(sorted(HAZARDS))), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_hazards_are_those_flagged_and_the_sites_stay(wanted: list[set[str]]) -> None:
    ids = pd.Series([f"x:{n}" for n in range(len(wanted))])
    marks = [(h, pd.Series([h in w for w in wanted])) for h in HAZARDS]
    table = sites(*ids)
    out = with_hazards(table, flagged(ids, marks))
    pd.testing.assert_frame_equal(out[out["service"] == SITE].reset_index(drop=True), table)
    for site, hazards in zip(ids, wanted, strict=True):
        mine = set(out.loc[out["destination_id"] == site, "service"]) - {SITE}
        assert mine == {service_of(h) for h in hazards}
