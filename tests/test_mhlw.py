"""MHLW's lists of medical institutions and of care services."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from coverage_gis.errors import InputError
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.mhlw import read_mhlw_care, read_mhlw_medical

if TYPE_CHECKING:
    from pathlib import Path

MEDICAL = (
    "\ufeffID,正式名称,正式名称（フリガナ）,都道府県コード,市区町村コード,所在地,"
    "所在地座標（緯度）,所在地座標（経度）\r\n"
    '1300001,"医療法人　丸の内クリニック",,13,101,東京都千代田区丸の内１,35.6812,139.7671\r\n'
    "1300002,座標なしクリニック,,13,101,東京都千代田区,0.0,0.0\r\n"
    "0100001,札幌の診療所,,01,101,札幌市,43.06,141.35\r\n"
)
CARE = (
    "\ufeff都道府県コード又は市区町村コード,No,都道府県名,市区町村名,事業所名,事業所名カナ,"
    "サービスの種類,住所,方書,緯度,経度,電話番号,FAX番号,法人番号,法人の名称,事業所番号,"
    "利用可能曜日,利用可能曜日特記事項,定員,URL,備考\r\n"
    "131016,1,東京都,千代田区,デイ丸の内,,通所介護,丸の内1,,35.68,139.76,,,,,1370000001,,,25,,\r\n"
    "131016,2,東京都,千代田区,デイ丸の内,,通所介護,丸の内1,,35.68,139.76,,,,,1370000002,,,,,\r\n"
    "131016,3,東京都,千代田区,デイ座標なし,,通所介護,丸の内1,,,,,,,,1370000003,,,0,,\r\n"
)
TOKYO = (138.5, 35.3, 140.2, 36.1)


def zipped(name: str, text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text.encode())
    return out.getvalue()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw" / "13"
    folder.mkdir(parents=True)
    for stem in ("02-1_clinic_facility_info_20260601", "02-1_clinic_facility_info_20251201"):
        (folder / f"{stem}.csv.zip").write_bytes(zipped(f"{stem}.csv", MEDICAL))
    (folder / "05_pharmacy_20260601.csv").write_text(
        MEDICAL.replace("正式名称", "名称"), encoding="utf-8"
    )
    (folder / "jigyosho_150_all_20260601.csv").write_text(CARE, encoding="utf-8")
    (folder / "02-2_clinic_speciality_hours_20260601.csv").write_text(
        "\ufeffID,診療科目コード,診療科目名\n1300001,01001,内科\n", encoding="utf-8"
    )
    return tmp_path / "raw"


def found(raw: Path, name: str) -> Found:
    return next(f for f in scan_report(raw, "13").found if name in f.label)


def test_files_are_known_by_header_name_and_date(raw: Path) -> None:
    report = scan_report(raw, "13")
    seen = {
        (f.kind, f.edition, f.detail.get("class", f.detail.get("code", ""))) for f in report.found
    }
    assert seen == {
        ("mhlw-medical", "2026-06-01", "clinic"),
        ("mhlw-medical", "2025-12-01", "clinic"),
        ("mhlw-medical", "2026-06-01", "pharmacy"),
        ("mhlw-hours", "2026-06-01", "clinic"),
        ("mhlw-care", "2026-06-01", "150"),
    }
    assert report.unknown == ()
    assert report.problems == ()


def test_coordinates_of_zero_are_no_coordinates(raw: Path) -> None:
    result = read_mhlw_medical(found(raw, "clinic_facility_info_20260601"), bounds=TOKYO)
    assert result.table[["destination_id", "service", "name"]].to_numpy().tolist() == [
        ["mhlw:1300001", "clinic", "医療法人　丸の内クリニック"]
    ]
    assert dict(result.dropped) == {
        "no coordinates": 1,
        "outside the prefecture and its margin": 1,
    }
    assert result.rejected is not None
    # other prefectures are not listed
    assert result.rejected[["row", "name"]].to_numpy().tolist() == [[3, "座標なしクリニック"]]
    assert result.read == 3


def test_pharmacies_have_their_names_elsewhere(raw: Path) -> None:
    table = read_mhlw_medical(found(raw, "pharmacy")).table
    assert set(table["service"]) == {"pharmacy"}
    assert len(table) == 2


def test_care_of_one_building_is_one_facility_with_all_ids(raw: Path) -> None:
    result = read_mhlw_care(found(raw, "jigyosho"), bounds=TOKYO)
    assert len(result.table) == 1
    row = result.table.iloc[0]
    assert row["source_ids"] == "mhlw-care:150:1370000001;mhlw-care:150:1370000002"
    assert row["capacity"] == 25
    assert result.used == 1
    assert result.rejected is not None
    assert result.rejected["row"].tolist() == [4]


def test_a_renamed_file_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(MEDICAL, encoding="utf-8")
    with pytest.raises(InputError, match="file name"):
        read_mhlw_medical(Found(path, None, "mhlw-medical", ""))
