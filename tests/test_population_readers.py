"""Readers of population files: as published, as users mangle them, and broken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_gis.errors import CoverageGisError, InputError
from coverage_gis.population.secrecy import CELL_COLUMNS
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.population import (
    IN_TWO_FILES,
    NOBODY,
    read_estat,
    read_mesh_csv,
    read_population,
)

LABELS = {1: "人口（総数）", 19: "６５歳以上人口　総数", 22: "７５歳以上人口　総数"}


def estat(*rows, table="T001141", labels=True, encoding="cp932"):
    """An e-Stat file: rows of code, flag, receiver, sources, total, 65+, 75+."""
    numbers = range(1, 51)
    header = ["KEY_CODE", "HTKSYORI", "HTKSAKI", "GASSAN", *(f"{table}{n:03d}" for n in numbers)]
    lines = [",".join(header)]
    if labels:
        lines.append(",,,," + ",".join("　" + LABELS.get(n, "世帯総数") for n in numbers))
    for code, flag, receiver, sources, total, old, very_old in rows:
        values = {1: total, 19: old, 22: very_old}
        rest = [str(values.get(n, "*" if flag == 2 else 0)) for n in numbers]
        lines.append(",".join([str(code), str(flag), receiver, sources, *rest]))
    return "\r\n".join([*lines, ""]).encode(encoding)


def found(tmp_path, content, name="tblT001141H16.txt", kind="estat-mesh"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Found(path, None, kind, "")


def csv(tmp_path, content, name="people.csv"):
    return found(tmp_path, content, name, "mesh-csv")


ROWS = (
    ("543760894", 0, "", "", 50, 20, 9),
    ("543760893", 1, "", "543760892", 30, 31, 12),
    ("543760892", 2, "543760893", "", 4, "*", "*"),
    ("543760891", 0, "", "", 0, 0, 0),
)


@pytest.mark.parametrize("labels", [True, False])
def test_an_estat_file_is_read_by_its_labels_or_its_definition(tmp_path, labels):
    result = read_estat(found(tmp_path, estat(*ROWS, labels=labels)))
    table = result.table
    assert tuple(table.columns) == CELL_COLUMNS
    assert table["mesh_code"].tolist() == ["543760894", "543760893", "543760892"]
    assert table["population"].tolist() == [50, 30, 4]
    assert table["population_65plus"].tolist()[:2] == [20, 31]
    assert table["population_75plus"].tolist()[:2] == [9, 12]
    assert table["population_65plus"].isna().tolist() == [False, False, True]
    assert table["gassan"].tolist() == ["", "543760892", ""]
    assert (result.read, result.used, dict(result.dropped)) == (4, 3, {NOBODY: 1})


def test_five_year_bands_are_added_up(tmp_path):
    bands = [f"{a}～{a + 4}歳人口　総数" for a in range(0, 95, 5)]
    labels = ["", "", "", "", "　人口（総数）", *bands, "９５歳以上人口　総数"]
    header = [
        "KEY_CODE",
        "HTKSYORI",
        "HTKSAKI",
        "GASSAN",
        *(f"T001192{n:03d}" for n in range(1, 22)),
    ]
    # 0-4 is 1 << 20, 5-9 1 << 19 ... 60-64 is 1, then 65-69 2, 70-74 4 ... 95 and over 128
    young = [1 << (20 - band) for band in range(12)]
    values = ["543760894", "0", "", "", "2097152", *map(str, young), "1"]
    values += ["2", "4", "8", "16", "32", "64", "128"]
    text = "\n".join(",".join(line) for line in (header, labels, values))
    table = read_estat(found(tmp_path, text.encode("cp932"))).table
    assert table["population_65plus"].tolist() == [2 + 4 + 8 + 16 + 32 + 64 + 128]
    assert table["population_75plus"].tolist() == [8 + 16 + 32 + 64 + 128]
    assert table["population_0to14"].tolist() == [sum(young[:3])]
    assert table["population_15to64"].tolist() == [sum(young[3:]) + 1]


def test_an_unknown_table_has_people_and_a_note(tmp_path):
    content = estat(*ROWS, table="T000001", labels=False)
    result = read_estat(found(tmp_path, content))
    assert result.table["population"].sum() == 84
    assert result.table["population_65plus"].isna().all()
    assert "no ages" in result.notes[0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("543760894", 0, "", "", "*", 1, 1)], "row 3: T001141001 is '\\*'"),
        ([("543760894", 0, "", "", -3, 1, 1)], "row 3: T001141001 is '-3'"),
        ([ROWS[0], ("543760899", 0, "", "", 3, 1, 1)], "row 4: '543760899' is not a mesh code"),
        ([ROWS[0], ("54376089", 0, "", "", 3, 1, 1)], "row 4: .*another level"),
        ([ROWS[0], ("543760894", 0, "", "", 3, 1, 1)], "more than once"),
        ([], "has no rows"),
    ],
)
def test_wrong_estat_rows_are_named(tmp_path, rows, message):
    with pytest.raises(InputError, match=message) as error:
        read_estat(found(tmp_path, estat(*rows)))
    assert "tblT001141H16.txt" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_cut_file_is_an_error_and_not_a_smaller_number(tmp_path):
    whole = estat(("543760894", 0, "", "", 50, 20, 9), ("543760893", 0, "", "", 1234, 20, 9))
    at = whole.index(b"1234") + 2
    with pytest.raises(InputError, match="row 4: the row is cut off"):
        read_estat(found(tmp_path, whole[:at]))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_files_give_a_table_or_one_sentence(tmp_path, data):
    content = bytearray(estat(*ROWS))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(0, len(content)))])
    for read, kind in ((read_estat, "estat-mesh"), (read_mesh_csv, "mesh-csv")):
        sentence, used, rows = "", 0, 0
        try:
            result = read(found(tmp_path, content, kind=kind))
            used, rows = result.used, len(result.table)
        except CoverageGisError as error:
            sentence = str(error)
        assert used == rows
        assert "\n" not in sentence


@pytest.mark.parametrize(
    "content",
    [
        b"mesh_code,population\n5437608942,5\n5437608943,7\n",
        b"\xef\xbb\xbfmesh_code,population\r\n5437608942,5\r\n5437608943,7\r\n",
        b'"MESH_CODE","Population"\n"5437608942"," 5 "\n5437608943.0,7.0\n',
        "mesh_code,population,備考\n5437608942,5,港\n5437608943,7,\n".encode("cp932"),
        "mesh_code,population\n5437608942,5\n5437608943,7\n".encode("utf-16"),
        b"mesh_code,population\n5437608942,5\n5437608943,7\n,\n\n",
        b"mesh_code,population\n5437608942,5\n5437608943,7\n5437608943,7\n5437608944,0\n",
    ],
)
def test_a_mesh_csv_in_all_its_clothes(tmp_path, content):
    result = read_mesh_csv(csv(tmp_path, content))
    assert result.table["mesh_code"].tolist() == ["5437608942", "5437608943"]
    assert result.table["population"].tolist() == [5, 7]
    assert result.table["population_65plus"].isna().all()
    assert result.table["htksyori"].tolist() == ["0", "0"]
    assert result.used == 2


@pytest.mark.parametrize(
    "header",
    [
        "メッシュコード,人口,65歳以上人口",
        "地域メッシュコード,総人口,老年人口",
        " Mesh_Code ,population,65歳以上",
    ],
)
def test_a_mesh_csv_with_japanese_names(tmp_path, header):
    path = tmp_path / "富山市2020.csv"
    path.write_text(f"{header}\n5437608942,5,2\n", encoding="utf-8")
    [found] = [f for f in scan_report(tmp_path.parent, tmp_path.name).found if f.path == path]
    assert (found.kind, found.edition, found.detail["level"]) == ("mesh-csv", "2020", "250m")
    table = read_mesh_csv(found).table
    assert table[["mesh_code", "population", "population_65plus"]].to_numpy().tolist() == [
        ["5437608942", 5.0, 2.0]
    ]


def test_two_columns_that_might_be_the_people_are_neither(tmp_path):
    with pytest.raises(InputError, match="lacks the column"):
        read_mesh_csv(csv(tmp_path, "メッシュコード,人口,総人口\n5437608942,5,6\n"))


def test_ages_of_a_mesh_csv(tmp_path):
    text = "mesh_code,population,population_65plus,population_75plus\n5437608942,5.5,3,1\n"
    table = read_mesh_csv(csv(tmp_path, text)).table
    ages = ["population", "population_65plus", "population_75plus"]
    assert table.loc[table.index[0], ages].tolist() == [5.5, 3, 1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("543760894x,5", "row 3: '543760894x' is not a mesh code"),
        ("5437608949,5", "row 3: '5437608949' is not a mesh code"),
        ("5.44E+09,5", "row 3: '5.44E\\+09' is not a mesh code"),
        ("54376089,5", "row 3: .*another level"),
        ("5437608943,-5", "row 3: population is '-5'"),
        ("5437608943,", "row 3: population is ''"),
        ("5437608943,nan", "row 3: population is 'nan'"),
        ("5437608943,inf", "row 3: population is 'inf'"),
        ("5437608943,5437608943", "row 3: population is '5437608943'"),
        ("5437608943,many", "row 3: population is 'many'"),
        ("5437608942,6", "5437608942 is there more than once"),
        ("5437608943,5,6", "cannot be read as CSV"),
    ],
)
def test_wrong_rows_of_a_mesh_csv_are_named(tmp_path, row, message):
    with pytest.raises(InputError, match=message) as error:
        read_mesh_csv(csv(tmp_path, f"mesh_code,population\n5437608942,5\n{row}\n"))
    assert str(error.value).startswith("people.csv")


@pytest.mark.parametrize("ages", ["6,1", "3,4"])
def test_more_old_people_than_people_is_an_error(tmp_path, ages):
    header = "mesh_code,population,population_65plus,population_75plus"
    with pytest.raises(InputError, match=r"row 2: .*more than"):
        read_mesh_csv(csv(tmp_path, f"{header}\n5437608942,5,{ages}\n"))


def test_a_csv_without_its_columns_or_content(tmp_path):
    with pytest.raises(InputError, match=r"lacks the column.*population"):
        read_mesh_csv(csv(tmp_path, "mesh_code,people\n1,2\n"))
    with pytest.raises(InputError, match="has no rows"):
        read_mesh_csv(csv(tmp_path, "mesh_code,population\n"))
    with pytest.raises(InputError, match=r"people\.csv"):
        read_mesh_csv(csv(tmp_path, ""))


def test_several_files_become_one_table(tmp_path):
    one = found(tmp_path, estat(*ROWS), "tblT001141H5437.txt")
    other = found(
        tmp_path, estat(("543860891", 0, "", "", 7, 2, 1), ROWS[0]), "tblT001141H5438.txt"
    )
    result = read_population([one, other])
    assert result.table["population"].sum() == 50 + 30 + 4 + 7
    assert (result.read, dict(result.dropped)) == (6, {NOBODY: 1, IN_TWO_FILES: 1})
    assert result.used == len(result.table)


def test_files_of_two_levels_or_two_truths_are_an_error(tmp_path):
    one = csv(tmp_path, "mesh_code,population\n5437608942,5\n", "a.csv")
    coarse = csv(tmp_path, "mesh_code,population\n543760894,5\n", "b.csv")
    other = csv(tmp_path, "mesh_code,population\n5437608942,6\n", "c.csv")
    with pytest.raises(InputError, match=r"a\.csv, b\.csv have different mesh levels"):
        read_population([one, coarse])
    with pytest.raises(InputError, match=r"a\.csv and c\.csv: .*5437608942"):
        read_population([one, other])
    with pytest.raises(InputError, match="no population file"):
        read_population([])


def test_toyama_is_read_to_the_last_person(shared_data):
    result = read_mesh_csv(
        Found(shared_data("16/population_mesh250_toyama_city.csv"), None, "mesh-csv", "")
    )
    assert (result.read, len(result.table), dict(result.dropped)) == (3872, 3872, {})
    assert result.table["population"].sum() == 459_003


def test_wakayama_is_read_with_its_suppressed_cells(shared_data):
    result = read_estat(Found(shared_data("30/tblT001100S30.txt"), None, "estat-mesh", "2020"))
    table = result.table
    assert result.read == result.used == 2237
    assert table["population"].sum() == 922_584
    assert np.array_equal(table["population_65plus"].isna(), table["htksyori"] == "2")
    assert (table["htksyori"] == "2").sum() == 447
