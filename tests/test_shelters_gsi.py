from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_gis.errors import InputError
from coverage_gis.sources.found import Found
from coverage_gis.sources.shelters_gsi import read_gsi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = (
    "NO,共通ID,都道府県名及び市町村名,施設・場所名,住所,指定緊急避難場所との住所同一,"
    "その他市町村長が必要と認める事項,受入対象者,緯度,経度,備考\r\n"
)


def row(code: str, name: str, lat: str, lon: str) -> str:
    return f"1,{code},富山県富山市,{name},富山県富山市1-1,1,,,{lat},{lon},\r\n"


def shelters(
    folder: Path, *rows: str, kind: str = "gsi-shelter", encoding: str = "utf-8-sig"
) -> Found:
    path = folder / "mergeFromCity_1.csv"
    path.write_bytes((HEAD + "".join(rows)).encode(encoding))
    return Found(path, None, kind, "")


def test_rows_become_shelters(tmp_path: Path) -> None:
    found = shelters(tmp_path, row("E1620100002111", "旧安野屋小学校", "36.69424", "137.202615"))
    result = read_gsi(found)
    only = result.table.iloc[0]
    assert only["destination_id"] == only["source_ids"] == "gsi:E1620100002111"
    assert (only["service"], only["name"]) == ("shelter", "旧安野屋小学校")
    assert (only["lon"], only["lat"]) == (137.202615, 36.69424)
    assert (result.read, result.used) == (1, 1)


def test_the_other_file_holds_evacuation_sites(tmp_path: Path) -> None:
    found = shelters(tmp_path, row("E1", "a", "36.7", "137.2"), kind="gsi-evacuation-site")
    assert read_gsi(found).table["service"].tolist() == ["evacuation_site"]


def test_one_school_in_several_rows_counts_once(tmp_path: Path) -> None:
    found = shelters(
        tmp_path,
        row("E1620100002121", "安野屋小学校", "36.69424", "137.202615"),
        row("E1620100002111", "安野屋小学校", "36.69424", "137.202615"),
        row("E1620100003111", "安野屋小学校　体育館", "36.69424", "137.202615"),
        row("E1620100004111", "安野屋小学校", "36.79424", "137.202615"),
    )
    result = read_gsi(found)
    assert dict(result.dropped) == {"another row of the same facility": 1}
    ids = result.table.set_index("destination_id")["source_ids"].to_dict()
    assert ids["gsi:E1620100002111"] == "gsi:E1620100002111;gsi:E1620100002121"
    assert len(ids) == 3


def test_places_that_cannot_be_are_counted_by_reason(tmp_path: Path) -> None:
    found = shelters(
        tmp_path,
        row("E1", "a", "36.7", "137.2"),
        row("E2", "b", "0.0", "0.0"),
        row("E3", "c", "", ""),
        row("E4", "d", "51.5", "-0.1"),
        row("E5", "e", "不明", "137.2"),
        row("E6", "f", "35.0", "135.0"),
        ",,,,,,,,,,\r\n",
    )
    result = read_gsi(found, bounds=(136.5, 36.0, 138.0, 37.5))
    assert dict(result.dropped) == {
        "no coordinates": 3,
        "coordinates outside Japan": 1,
        "outside the prefecture and its margin": 1,
    }
    assert (result.read, result.used, len(result.table)) == (6, 1, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    found = shelters(tmp_path, row("E1", "公民館", "３６．７", "137.2"), encoding=encoding)
    table = read_gsi(found).table
    assert table["name"].tolist() == ["公民館"]
    assert table["lat"].tolist() == [36.7]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("NO,共通ID,施設・場所名,緯度\n1,E1,a,36.7\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.csv lacks the column\(s\) 経度"):
        read_gsi(Found(path, None, "gsi-shelter", ""))


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damage_gives_a_table_or_one_clear_error(tmp_path: Path, data: st.DataObject) -> None:
    found = shelters(tmp_path, *(row(f"E{i}", f"館{i}", "36.7", "137.2") for i in range(4)))
    whole = found.path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.one_of(st.binary(max_size=20), st.sampled_from([b'"', b",,,,\n", b"\0"])))
    found.path.write_bytes(whole[:cut] + junk + whole[cut + data.draw(st.integers(0, 60)) :])
    try:
        result = read_gsi(found)
    except InputError as caught:
        message = str(caught)
    else:
        assert result.used == len(result.table)
        return
    assert "mergeFromCity_1.csv" in message
    assert "\n" not in message


@pytest.mark.parametrize("pref", ["16", "30", "13"])
@pytest.mark.parametrize("number", [1, 2])
def test_every_real_row_is_used_or_accounted_for(
    shared_data: Callable[[str], Path], pref: str, number: int
) -> None:
    path = shared_data(f"{pref}/mergeFromCity_{number}.csv")
    kind = {1: "gsi-shelter", 2: "gsi-evacuation-site"}[number]
    result = read_gsi(Found(path, None, kind, ""))
    with path.open(encoding="utf-8-sig", newline="") as file:
        codes = {f"gsi:{row['共通ID']}" for row in csv.DictReader(file)}
    assert result.read == len(codes)
    base = result.table["service"].isin(["shelter", "evacuation_site"])
    assert result.read == base.sum() + sum(result.dropped.values())
    # No id is lost: those of joined rows are with the row that stayed.
    assert {i for text in result.table["source_ids"] for i in text.split(";")} == codes
    assert sum(result.dropped.values()) <= 0.025 * result.read


def test_counts_of_wakayama(shared_data: Callable[[str], Path]) -> None:
    result = read_gsi(Found(shared_data("30/mergeFromCity_1.csv"), None, "gsi-shelter", ""))
    assert (result.read, len(result.table)) == (1710, 1676)
