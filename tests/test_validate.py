"""Results beside published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd
import pytest

from coverage_gis.coverage.compare import rank_correlation, side_by_side
from coverage_gis.sources.store_counts import official_stores
from pipelines.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def a_run(out: Path, pref: str, people: float, rate: float) -> None:
    folder = out / pref
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    pd.DataFrame(
        {
            "area_level": ["prefecture"] * 2,
            "area_code": [pref] * 2,
            "year": [2020, 2020],
            "population_source": ["estat-mesh", "mesh-future"],
            "age_group": ["total"] * 2,
            "service": ["shop"] * 2,
            "mode": ["walk"] * 2,
            "metric": ["road"] * 2,
            "preset": ["primaff-500m"] * 2,
            "cutoff": [500, 500],
            "population": [people, 1.0],
            "coverage_rate": [rate, 0.0],
        }
    ).to_csv(folder / "coverage.csv", index=False)


def test_side_by_side_keeps_what_both_know() -> None:
    ours, theirs = pd.Series({"02": 3.0, "01": 1.0}), pd.Series({"01": 2.0, "03": 9.0})
    table = side_by_side("x", ours, theirs)
    assert table["area_code"].tolist() == ["01"]
    assert table["difference"].tolist() == [-1.0]
    assert table["ratio"].tolist() == [0.5]


def test_rank_correlation_is_of_ranks() -> None:
    x = np.array([1.0, 2, 3, 4])
    assert rank_correlation(x, np.exp(x)) == pytest.approx(1)
    assert rank_correlation(x, -x) == pytest.approx(-1)
    assert np.isnan(rank_correlation(x, np.ones(4)))
    assert np.isnan(rank_correlation(x[:2], x[:2]))


def test_a_reference_is_set_beside_the_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for pref, rate in (("16", 0.4), ("17", 0.5), ("18", 0.7), ("00", 0.9)):
        a_run(tmp_path / "out", pref, 1000, rate)
    ref = tmp_path / "ref.csv"
    # A spreadsheet took the leading zeros; the order is its own; a column is nobody's.
    ref.write_text(
        "pref,mine,shiwaku_road500m_out_rate_total\n18,1,0.2\n16,1,0.6\n17,1,0.3\n0,1,0.1\n"
    )
    assert main(["validate", "--out", str(tmp_path / "out"), "--ref", str(ref)]) == 0
    printed = capsys.readouterr().out
    assert "3 areas" in printed
    assert "rank correlation 1.00" in printed
    table = pd.read_csv(tmp_path / "out/validation.csv", dtype={"area_code": str})
    assert table["area_code"].tolist() == ["16", "17", "18"]
    assert table["this_run"].tolist() == pytest.approx([0.6, 0.5, 0.3])
    assert table["difference"].tolist() == pytest.approx([0.0, 0.2, 0.1])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,x\na,1\n", "column of area codes"),
        ("pref,x\n16,1\n", "none of the columns"),
        ("pref,pop_total_2020\n16,1\n16,2\n", "twice"),
    ],
)
def test_an_unfit_reference_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    a_run(tmp_path, "16", 1, 1)
    (tmp_path / "ref.csv").write_text(text)
    assert main(["validate", "--out", str(tmp_path), "--ref", str(tmp_path / "ref.csv")]) == 2
    assert said in capsys.readouterr().err


def test_nothing_run_or_no_file_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "--out", str(tmp_path), "--ref", str(tmp_path / "none.csv")]) == 2
    assert "does not exist" in capsys.readouterr().err
    (tmp_path / "ref.csv").write_text("pref,pop_total_2020\n16,1\n")
    assert main(["validate", "--out", str(tmp_path), "--ref", str(tmp_path / "ref.csv")]) == 2
    assert "No results" in capsys.readouterr().err


def a_municipal_run(out: Path) -> None:
    folder = out / "16"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    area = {"area_level": ["municipality"] * 3, "area_code": ["16201", "16202", "16204"]}
    pd.DataFrame(
        area | {"difficult_65plus_rate": [0.2, 0.3, 0.4], "difficult_65plus": [9, 6, 4]}
    ).to_csv(folder / "food_access.csv", index=False)
    case = {
        "population_source": "estat-mesh", "age_group": "total", "service": "medical",
        "mode": "walk", "metric": "straight", "preset": "toshikozo-handbook", "cutoff": 800,
    }  # fmt: skip
    pd.DataFrame(area | {"coverage_rate": [0.9, 0.8, 0.5]}).assign(**case).to_csv(
        folder / "coverage.csv", index=False
    )


def primaff(path: Path) -> None:
    """Table 5 in its layout: heads, the row of keys (8), then municipalities in B to E."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "表５ 市町村別"
    sheet["A1"] = "表５　市町村別の食料品アクセス困難人口"
    for column, key in zip("BCDE", ("code1741", "numi", "ep20_65", "e20"), strict=True):
        sheet[f"{column}8"] = key
    rows = (("16201", "富山市", 25.0, 10), ("16202", "高岡市", 35.5, 7), ("16204", "魚津市", 30, 3))
    for row, values in enumerate(rows, start=9):
        for column, value in zip("BCDE", values, strict=True):
            sheet[f"{column}{row}"] = value
    sheet["B13"] = "注　全国の市町村"
    book.save(path)


def monitoring(path: Path) -> None:
    """The 都市モニタリングシート in its layout: nine rows of heads, code in H, rates from PE."""
    book = openpyxl.Workbook()
    book.active.title = "説明"
    sheet = book.create_sheet("R6年全体表")
    sheet["PE5"] = "医療施設の徒歩圏人口カバー率"
    for row, (code, medical) in enumerate(((16201, 85.5), (16202, "-"), (16204, 45)), start=10):
        sheet[f"H{row}"] = code
        sheet[f"PE{row}"] = medical
        sheet[f"PH{row}"] = 70
    book.save(path)


def test_the_publishers_workbooks_are_set_beside_the_municipalities(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_municipal_run(tmp_path / "out")
    (tmp_path / "ref").mkdir()
    primaff(tmp_path / "ref/2020_table05.xlsx")
    monitoring(tmp_path / "ref/001406670.xlsx")
    arguments = ["validate", "--out", str(tmp_path / "out"), "--ref", str(tmp_path / "ref")]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    table = pd.read_csv(tmp_path / "out/validation.csv", dtype={"area_code": str})
    rate = table[table["figure"] == "primaff2020_difficult_rate65"]
    assert rate["reference"].tolist() == pytest.approx([0.25, 0.355, 0.30])
    assert rate["difference"].tolist() == pytest.approx([-0.05, -0.055, 0.1])
    assert "rank correlation 0.50" in printed  # ranks 1 2 3 beside 1 3 2
    people = table[table["figure"] == "primaff2020_difficult_people65"]
    assert people["ratio"].tolist() == pytest.approx([0.9, 6 / 7, 4 / 3], abs=1e-6)
    medical = table[table["figure"] == "toshi_monitoring_medical_rate"]
    assert medical["area_code"].tolist() == ["16201", "16204"]  # the other has no figure there
    assert medical["reference"].tolist() == pytest.approx([0.855, 0.45])
    assert "not compared: toshi_monitoring_transit_rate" in printed


def test_another_workbook_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_municipal_run(tmp_path / "out")
    openpyxl.Workbook().save(tmp_path / "ref.xlsx")
    assert (
        main(["validate", "--out", str(tmp_path / "out"), "--ref", str(tmp_path / "ref.xlsx")]) == 2
    )
    assert "neither PRIMAFF" in capsys.readouterr().err


def test_the_official_store_counts_are_those_of_the_reference(
    shared_data: Callable[[str], Path],
) -> None:
    path = shared_data("README.md").parents[1] / "reference/store_counts_by_prefecture.csv"
    if not path.exists():
        pytest.skip("../shared/reference is not on this machine")
    theirs = pd.read_csv(path, dtype={"pref": "str"}, encoding="utf-8-sig").set_index("pref")
    ours = official_stores().pivot_table(index="pref_code", columns="service", values="stores")
    for service, start in (
        ("convenience", "conv_actual"),
        ("supermarket", "super_census"),
        ("drugstore", "drug_actual"),
    ):
        column = next(c for c in theirs.columns if c.startswith(start))
        assert (ours[service] == theirs[column]).all()
