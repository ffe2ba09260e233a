"""A municipality's own lists: headers, encodings, marks and coordinates as cities publish them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import openpyxl
import pytest

from coverage_gis.errors import InputError
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.municipal import read_municipal
from coverage_gis.sources.municipal_editions import newest_lists

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

HEADER = "名称,緯度,経度,医療機関の種類,病床数"
KAGAWA = (133.4, 33.9, 134.5, 34.6)


def workbook(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def written(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Found:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return Found(path, None, "municipal", "")


def by_name(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["name"], table["service"], strict=True))


class TestRealLists:
    """Takamatsu City's own files."""

    def test_hospitals(self, shared_data: Callable[[str], Path]) -> None:
        path = shared_data("37/hospital.csv")
        result = read_municipal(Found(path, None, "municipal", ""), bounds=KAGAWA)
        counts = result.table["service"].value_counts().to_dict()
        # 33 病院, 320 無床診療所 and 44 有床診療所 (one closed, without coordinates), 231 歯科 of
        # which two rows are one
        assert counts == {"clinic": 363, "dental": 230, "hospital": 33}
        assert result.read == 628
        assert result.used == len(result.table)
        assert result.rejected is not None
        assert result.rejected.to_numpy().tolist() == [
            ["hospital.csv", 622, "no coordinates", "西岡耳鼻咽喉科医院（休止中）"]
        ]
        medical = result.table.set_index("name")["capacity"]
        assert medical["高松赤十字病院"] == 463

    def test_the_newer_of_two_editions_is_read(self, shared_data: Callable[[str], Path]) -> None:
        founds = [
            Found(shared_data(f"37/{name}"), None, "municipal", "")
            for name in ("hospital.csv", "hospital.xlsx")
        ]
        choice = newest_lists(founds)
        # 2026/8/1 is the last opening in the workbook, 2025/7/1 in the CSV
        assert [f.path.name for f in choice.found] == ["hospital.xlsx"]
        assert "hospital.csv" in choice.aside

    def test_shelters(self, shared_data: Callable[[str], Path]) -> None:
        path = shared_data("37/evacuation_space.xlsx")
        result = read_municipal(Found(path, None, "municipal", ""), bounds=KAGAWA)
        counts = result.table["service"].value_counts().to_dict()
        # 153 rows are marked ○ as 避難所; all 194 but the editor's placeholder fit some hazard
        assert (counts["evacuation_site"], counts["shelter"]) == (194, 153)
        assert result.rejected is not None
        assert result.rejected["name"].tolist() == ["新規マップピン"]
        assert result.rejected["row"].tolist() == [101]
        school = result.table[result.table["name"] == "新番丁小学校"]
        assert {"evacuation_site", "shelter"} < set(school["service"])
        assert set(school["capacity"]) == {1530}

    def test_care(self, shared_data: Callable[[str], Path]) -> None:
        path = shared_data("37/elderly_welfare_facility.csv")
        result = read_municipal(Found(path, None, "municipal", ""), bounds=KAGAWA)
        assert result.table["service"].tolist() == ["care"] * 47
        assert result.table["capacity"].notna().all()

    def test_all_are_recognised(self, shared_data: Callable[[str], Path]) -> None:
        report = scan_report(shared_data("37").parent, "37")
        subjects = {f.path.name: f.detail["subject"] for f in report.found if f.kind == "municipal"}
        assert subjects == {
            "hospital.csv": "medical",
            "hospital.xlsx": "medical",
            "evacuation_space.xlsx": "evacuation",
            "elderly_welfare_facility.csv": "care",
        }
        assert report.unknown == ()


class TestTables:
    rows = (
        ("中央病院", "34.3", "134.0", "病院", "200"),
        ("山田医院", 34.31, 134.01, "診療所", None),
    )
    text = HEADER + "\n中央病院,34.3,134.0,病院,200\n山田医院,34.31,134.01,診療所,\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
    def test_any_encoding(self, tmp_path: Path, encoding: str) -> None:
        found = written(tmp_path, "病院一覧.csv", self.text, encoding)
        assert by_name(read_municipal(found).table) == {
            "中央病院": "hospital",
            "山田医院": "clinic",
        }
        raw = tmp_path / "raw" / "37"
        raw.mkdir(parents=True)
        written(raw, "病院一覧.csv", self.text, encoding)
        assert [f.kind for f in scan_report(tmp_path / "raw", "37").found] == ["municipal"]

    @pytest.mark.parametrize("name", ["病院一覧.xlsx", "病院一覧.csv"])
    def test_a_workbook_by_any_name(self, tmp_path: Path, name: str) -> None:
        book = workbook({"Sheet1": [HEADER.split(","), *self.rows]})
        result = read_municipal(written(tmp_path, name, book))
        assert by_name(result.table) == {"中央病院": "hospital", "山田医院": "clinic"}
        raw = tmp_path / "raw" / "37"
        raw.mkdir(parents=True)
        written(raw, name, book)
        assert [f.kind for f in scan_report(tmp_path / "raw", "37").found] == ["municipal"]

    def test_a_csv_called_xlsx(self, tmp_path: Path) -> None:
        result = read_municipal(written(tmp_path, "病院一覧.xlsx", self.text))
        assert len(result.table) == 2

    def test_titles_above_the_header_and_blank_rows_below(self, tmp_path: Path) -> None:
        text = "令和7年度 医療機関一覧\n\n※緯度経度は世界測地系\n" + self.text + ",,,,\n" * 200
        result = read_municipal(written(tmp_path, "list.csv", text))
        assert result.read == 2
        assert len(result.table) == 2

    def test_trailing_formatted_rows_of_a_workbook_are_no_rows(self, tmp_path: Path) -> None:
        rows = [HEADER.split(","), *self.rows, *([[None] * 5] * 500)]
        assert read_municipal(written(tmp_path, "病院.xlsx", workbook({"s": rows}))).read == 2

    def test_a_sheet_per_service(self, tmp_path: Path) -> None:
        header = ["施設名", "緯度", "経度"]
        book = workbook(
            {
                "説明": [["この表は…"]],
                "病院": [header, ["中央病院", 34.3, 134.0]],
                "歯科": [header, ["山田クリニック", 34.31, 134.01], ["座標なし", None, None]],
                "薬局": [header, ["青空薬局", 34.32, 134.02]],
            }
        )
        result = read_municipal(written(tmp_path, "市内.xlsx", book))
        assert by_name(result.table) == {
            "中央病院": "hospital",
            "山田クリニック": "dental",
            "青空薬局": "pharmacy",
        }
        assert result.rejected is not None
        assert result.rejected[["file", "row"]].to_numpy().tolist() == [["市内.xlsx/歯科", 3]]

    def test_the_row_is_the_one_a_spreadsheet_shows(self, tmp_path: Path) -> None:
        text = f'title\n{HEADER},備考\n"a病院",34.3,134,病院,,"two\nlines"\nb病院,,,病院,,\n'
        result = read_municipal(written(tmp_path, "病院.csv", text))
        assert result.rejected is not None
        assert result.rejected["row"].tolist() == [4]

    def test_the_official_columns(self, tmp_path: Path) -> None:
        header = (
            "全国地方公共団体コード,ID,地方公共団体名,名称,名称_カナ,名称_英語,所在地_連結表記,緯度,経度,"
            "災害種別_洪水,災害種別_地震,災害種別_津波,指定避難所との重複,想定収容人数"
        )
        text = header + (
            "\n372013,1,高松市,東小学校,,,番町,34.3,134.0,1,1,,1,約１,２００人"
            "\n372013,2,高松市,西公園,,,番町,34.31,134.0,,1,,,"
        )
        found = written(tmp_path, "372013_evacuation_space.csv", text.replace("１,２", "１２"))
        table = read_municipal(found).table
        assert set(zip(table["name"], table["service"], strict=True)) == {
            ("東小学校", "evacuation_site"),
            ("西公園", "evacuation_site"),
            ("西公園", "evacuation_earthquake"),
            ("東小学校", "shelter"),
            ("東小学校", "evacuation_earthquake"),
            ("東小学校", "evacuation_flood"),
        }
        assert set(table.set_index("name")["capacity"]["東小学校"]) == {1200.0}


class TestMarks:
    @pytest.mark.parametrize("mark", ["〇", "○", "◯", "●", "◎", "1", "１", "有", "TRUE", "あり"])
    def test_yes(self, tmp_path: Path, mark: str) -> None:
        assert self.services(tmp_path, mark) == {"evacuation_site", "shelter"}

    @pytest.mark.parametrize("mark", ["", "　", "×", "0", "０", "－", "-", "無", "False"])
    def test_no(self, tmp_path: Path, mark: str) -> None:
        assert self.services(tmp_path, mark) == {"evacuation_site"}

    def test_a_mark_nobody_knows_is_no_and_is_told(self, tmp_path: Path) -> None:
        text = "施設名,緯度,経度,指定避難所,指定緊急避難場所\n学校,34.3,134,要確認,○\n"
        result = read_municipal(written(tmp_path, "避難.csv", text))
        assert set(result.table["service"]) == {"evacuation_site"}
        assert "要確認" in " ".join(result.notes)

    @staticmethod
    def services(folder: Path, mark: str) -> set[str]:
        text = f"施設名,緯度,経度,指定避難所,指定緊急避難場所\n学校,34.3,134,{mark},○\n"
        result = read_municipal(written(folder, "避難.csv", text))
        assert result.notes == ()
        return set(result.table["service"])


class TestServices:
    def test_words_of_the_name_then_beds_decide_where_no_kind_does(self, tmp_path: Path) -> None:
        text = "医療機関名,緯度,経度,病床数\n" + "".join(
            f"{name},34.3{i},134,{beds}\n"
            for i, (name, beds) in enumerate(
                [
                    ("県立病院", 300),
                    ("森歯科医院", ""),
                    ("空薬局", ""),
                    ("メディカル海", 20),
                    ("川", 19),
                ]
            )
        )
        assert by_name(read_municipal(written(tmp_path, "x.csv", text)).table) == {
            "県立病院": "hospital",
            "森歯科医院": "dental",
            "空薬局": "pharmacy",
            "メディカル海": "hospital",
            "川": "clinic",
        }

    def test_lists_of_something_else_are_not_taken(self, tmp_path: Path) -> None:
        raw = tmp_path / "37"
        raw.mkdir()
        for name in ("aed.csv", "公園.csv", "病院AED設置場所.csv"):
            written(raw, name, "名称,緯度,経度\n中央病院,34.3,134\n")
        assert scan_report(tmp_path, "37").found == ()

    def test_no_header_is_one_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="緯度, 経度"):
            read_municipal(written(tmp_path, "病院.csv", "a,b\n1,2\n"))

    def test_outside_the_prefecture_is_a_mistake_in_a_citys_list(self, tmp_path: Path) -> None:
        text = HEADER + "\n病院甲,34.3,134.0,病院,\n病院乙,43.0,141.3,病院,\n"
        result = read_municipal(written(tmp_path, "病院.csv", text), bounds=KAGAWA)
        assert result.rejected is not None
        assert result.rejected["row"].tolist() == [3]
        assert result.read == result.used + 1

    def test_another_prefectures_list_is_no_mistake(self, tmp_path: Path) -> None:
        found = written(tmp_path, "病院.csv", HEADER + "\n病院乙,43.0,141.3,病院,\n")
        result = read_municipal(found, bounds=KAGAWA)
        assert result.rejected is not None
        assert result.rejected.empty
        assert (result.read, result.used) == (1, 0)

    def test_every_row_is_accounted_for(self, tmp_path: Path) -> None:
        text = HEADER + (
            "\n甲病院,34.3,134.0,病院,\n甲病院,34.3,134.0,病院,\n,34.3,134.0,病院,\n"
            "乙病院,134.0,34.3,病院,\n丙病院,343,1340,病院,\n丁病院,34,34,病院,\n戊病院,0,0,病院,\n"
            "己病院,abc,134,病院,\n庚病院,52.5,13.4,病院,\n"
        )
        result = read_municipal(written(tmp_path, "病院.csv", text))
        assert result.read == 9
        assert dict(result.dropped) == {
            "no name": 1,
            "latitude and longitude are equal": 1,
            "no coordinates": 1,
            "coordinates cannot be read": 1,
            "coordinates outside Japan": 1,
            "another row of the same facility": 1,
        }
        assert sorted(result.table["name"]) == ["丙病院", "乙病院", "甲病院"]
        assert result.rejected is not None
        assert result.rejected["row"].tolist() == [4, 7, 8, 9, 10]
        assert len(result.notes) == 2
