"""Secrecy: people of merged cells go back, and nobody is lost or older than alive."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.population.secrecy import CELL_COLUMNS, restore_suppressed
from coverage_gis.sources.found import Found
from coverage_gis.sources.population import read_estat

NAN = float("nan")


def cells(*rows):
    """Cells from (code, people, 65+, 75+, secrecy ...), the younger ages unknown."""
    named = [c for c in CELL_COLUMNS if c not in ("population_0to14", "population_15to64")]
    return pd.DataFrame(rows, columns=named).reindex(columns=list(CELL_COLUMNS))


def by_code(table, column):
    return dict(zip(table["mesh_code"], table[column], strict=True))


def test_merged_ages_go_back_in_proportion_to_people():
    table = cells(
        ("53394500", 24.0, 30.0, 10.0, "1", "", "53394501;53394502"),
        ("53394501", 12.0, NAN, NAN, "2", "53394500", ""),
        ("53394502", 4.0, NAN, NAN, "2", "53394500", ""),
        ("53394503", 9.0, 5.0, 1.0, "0", "", ""),
    )
    result = restore_suppressed(table)
    # 30 * 24/40, 12/40, 4/40 and 10 * 24/40, 12/40, 4/40
    assert result["population_65plus"].tolist() == [18, 9, 3, 5]
    assert result["population_75plus"].tolist() == [6, 3, 1, 1]
    assert result["population"].tolist() == [24, 12, 4, 9]


def test_the_input_is_left_alone_and_order_does_not_matter():
    table = cells(
        ("53394500", 3.0, 2.0, 1.0, "1", "", "53394501;53394502"),
        ("53394501", 3.0, NAN, NAN, "2", "53394500", ""),
        ("53394502", 3.0, NAN, NAN, "2", "53394500", ""),
    )
    before = table.copy(deep=True)
    result = restore_suppressed(table)
    pd.testing.assert_frame_equal(table, before)
    turned = restore_suppressed(table.iloc[::-1])
    assert turned.index.tolist() == [2, 1, 0]
    assert by_code(turned, "population_65plus") == by_code(result, "population_65plus")
    assert by_code(result, "population_65plus") == {"53394500": 1, "53394501": 1, "53394502": 0}


def test_ages_that_cannot_be_known_stay_null_and_totals_stay():
    table = cells(
        ("53394500", 5.0, NAN, NAN, "2", "53394599", ""),  # its receiver is in another file
        ("53394501", 4.0, 9.0, 9.0, "1", "", "53394598;53394502"),  # a source is not there
        ("53394502", 2.0, NAN, NAN, "2", "53394501", ""),
    )
    result = restore_suppressed(table)
    assert result["population_65plus"].isna().all()
    assert result["population"].sum() == 11


def test_ages_that_nobody_published_are_not_zero_in_a_merge():
    table = cells(
        ("53394500", 24.0, 8.0, NAN, "1", "", "53394501"),
        ("53394501", 8.0, NAN, NAN, "2", "53394500", ""),
    )
    result = restore_suppressed(table)
    assert result["population_65plus"].tolist() == [6, 2]
    assert result["population_75plus"].isna().all()
    assert result["population_0to14"].isna().all()


def test_a_cell_of_no_merge_is_left_as_it_was_counted():
    table = cells(
        ("53394500", 24.0, 8.0, 4.0, "1", "", "53394501"),
        ("53394501", 8.0, NAN, NAN, "2", "53394500", ""),
        ("53394502", 3.0, 2.0, 5.0, "0", "", ""),  # older than it can be, and not ours to judge
    )
    assert by_code(restore_suppressed(table), "population_75plus")["53394502"] == 5


def test_nothing_in_nothing_out():
    assert restore_suppressed(cells()).empty


GROUP = st.tuples(
    st.lists(st.integers(1, 40), min_size=1, max_size=6), st.floats(0, 1), st.floats(0, 1)
)


@given(st.lists(GROUP, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_sums_are_kept_and_nobody_is_old_twice(groups):
    rows = []
    for g, (people, old, very_old) in enumerate(groups):
        codes = [f"5339{g:02d}{i:02d}" for i in range(len(people))]
        n65 = int(sum(people) * old)
        n75 = int(n65 * very_old)
        rows.append((codes[0], people[0], n65, n75, "1", "", ";".join(codes[1:])))
        rows += [
            (c, p, NAN, NAN, "2", codes[0], "") for c, p in zip(codes[1:], people[1:], strict=True)
        ]
    table = cells(*rows)
    group = table["mesh_code"].str[:6]
    # whoever is not old is young, of working age or of unknown age; merged like the old
    receiver = ~group.duplicated()
    rest = (table["population"].groupby(group).transform("sum") - table["population_65plus"]).where(
        receiver
    )
    table["population_0to14"] = (rest * 0.4).round()
    table["population_15to64"] = (rest * 0.55).round()
    result = restore_suppressed(table)
    for column in (
        "population",
        "population_0to14",
        "population_15to64",
        "population_65plus",
        "population_75plus",
    ):
        assert result[column].notna().all()
        assert result.groupby(group)[column].sum().tolist() == (
            table.groupby(group)[column].sum().tolist()
        )
    assert (result["population_65plus"] <= result["population"]).all()
    assert (result["population_75plus"] <= result["population_65plus"]).all()
    ages = result[["population_0to14", "population_15to64", "population_65plus"]].sum(axis=1)
    assert (ages <= result["population"]).all()
    # Largest remainder: never more than one person from the exact share.
    share = table["population"] / table.groupby(group)["population"].transform("sum")
    exact = share * table.groupby(group)["population_65plus"].transform("sum")
    assert (np.abs(exact - result["population_65plus"]) < 1 + 1e-9).all()


@pytest.mark.parametrize(
    ("file", "rows", "people"),
    [("30/tblT001100S30.txt", 2237, 922_584), ("13/tblT001101H5339.txt", 16_671, 30_215_026)],
)
def test_real_files_keep_every_person(shared_data, file, rows, people):
    raw = read_estat(Found(shared_data(file), None, "estat-mesh", "2020")).table
    result = restore_suppressed(raw)
    assert len(raw) == len(result) == rows
    assert raw["population"].sum() == result["population"].sum() == people
    assert raw["population_65plus"].sum() == result["population_65plus"].sum()
    assert raw["population_75plus"].sum() == result["population_75plus"].sum()
    ages = ["population_0to14", "population_15to64", "population_65plus"]
    assert raw[ages].sum().tolist() == result[ages].sum().tolist()
    assert (result[ages].sum(axis=1) <= result["population"]).all()
    # Taken at face value some cells have more old people than people.
    assert (raw["population_65plus"] > raw["population"]).sum() == 48
    assert not (result["population_65plus"] > result["population"]).any()
    assert not (result["population_75plus"] > result["population_65plus"]).any()
    assert raw["population_65plus"].isna().any()
    assert result.notna().all().all()
