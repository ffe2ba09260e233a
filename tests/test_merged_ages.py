"""Merged ages of projections: given back by people, sums kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ksj_more import future, geojson

from coverage_gis.population.merged_ages import give_back
from coverage_gis.sources.population_future import read_future

if TYPE_CHECKING:
    from pathlib import Path

NAN = np.nan


def cells(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(
        rows, columns=["mesh_code", "population", "population_65plus", "population_75plus"]
    )
    return table.assign(population_0to14=NAN, population_15to64=NAN)


@pytest.mark.parametrize("links", [["b;c", "", ""], ["", "a", "a"], ["b", "c", "a"]])
def test_merged_ages_go_back_in_proportion_whoever_names_whom(links: list[str]) -> None:
    codes = {"a": "54370001", "b": "54370002", "c": "54370003"}
    table = cells(
        (codes["a"], 24.0, 30.0, 10.0), (codes["b"], 12.0, NAN, NAN), (codes["c"], 4.0, NAN, NAN),
    )  # fmt: skip
    for name, code in codes.items():
        links = [text.replace(name, code) for text in links]
    out = give_back(table, pd.Series(links))
    assert out["population_65plus"].tolist() == [18, 9, 3]  # 30 x 24/40, 12/40, 4/40
    assert out["population_75plus"].tolist() == [6, 3, 1]
    assert out["population"].tolist() == [24, 12, 4]
    assert out["population_0to14"].isna().all()


def test_what_cannot_be_given_back_keeps_the_sum() -> None:
    table = cells(("54370001", 5.0, 9.0, 1.0), ("54370002", 4.0, NAN, NAN))
    out = give_back(table, pd.Series(["54379999", ""]))
    assert out["population_65plus"].tolist() == [9, 0]


def test_cells_that_are_right_are_left_alone() -> None:
    table = cells(("54370001", 5.0, 2.0, 1.0), ("54370002", 4.0, 4.0, 0.5))
    out = give_back(table, pd.Series(["54370002", ""]))
    pd.testing.assert_frame_equal(out, table)


@given(
    st.lists(st.tuples(st.floats(0.5, 50), st.floats(0, 1)), min_size=2, max_size=6),
    st.floats(0, 1),
)
@settings(deadline=None, max_examples=60)
def test_sums_stay_and_nobody_is_old_twice(
    people: list[tuple[float, float]], very_old: float
) -> None:
    codes = [f"5437000{n}" for n in range(len(people))]
    old = sum(p * s for p, s in people)
    rows = [(codes[0], people[0][0], old, old * very_old)]
    rows += [(c, p, NAN, NAN) for c, (p, _) in zip(codes[1:], people[1:], strict=True)]
    out = give_back(cells(*rows), pd.Series([";".join(codes[1:]), *[""] * (len(codes) - 1)]))
    assert out["population_65plus"].sum() == pytest.approx(old)
    assert (out["population_65plus"] <= out["population"] + 1e-9).all()
    assert (out["population_75plus"] <= out["population_65plus"] + 1e-9).all()


def test_a_file_with_secrecy_is_read(tmp_path: Path) -> None:
    """HITOKU and GASSAN by year: in 2050 the second cell's ages are in the first."""
    first = future("543710011", {2020: 10.0, 2050: 6.0})
    second = future("543710012", {2020: 4.0, 2050: 2.0})
    first |= {"PTC_2050": 8.0, "PTD_2050": 4.0}
    second |= {"PTC_2050": None, "PTD_2050": None}
    for row, marks in ((first, ("", "543710012")), (second, ("*", "543710011"))):
        row |= {"HITOKU2020": "", "GASSAN2020": "", "HITOKU2050": marks[0], "GASSAN2050": marks[1]}
    table = read_future([geojson(tmp_path / "500m_mesh_2024_16.geojson", [first, second])], "16")
    then = table.table[table.table["year"] == 2050].set_index("mesh_code")
    assert then["population_65plus"].to_dict() == {"543710011": 6.0, "543710012": 2.0}
    assert then["population_75plus"].to_dict() == {"543710011": 3.0, "543710012": 1.0}
