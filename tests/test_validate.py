"""Results beside published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
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
            "year": [2020, 2050],
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
