"""Coordinates as people write them."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.sources.coordinates import degrees, place, split_pairs

QUOTES = st.sampled_from(["'", "′", "’", "´", "分", ":", " ", "＇"])
DOUBLE = st.sampled_from(['"', "″", "”", "''", "′′", "秒", ""])
DEGREE = st.sampled_from(["°", "度", "゜", "º", ":", " "])


@given(
    whole=st.integers(20, 154),
    minute=st.integers(0, 59),
    second=st.integers(0, 599),
    marks=st.tuples(DEGREE, QUOTES, DOUBLE),
)
@settings(deadline=None, max_examples=200)
def test_degrees_minutes_seconds_with_any_marks(
    whole: int, minute: int, second: int, marks: tuple[str, str, str]
) -> None:
    text = f"{whole}{marks[0]}{minute}{marks[1]}{second / 10}{marks[2]}"
    assert degrees(text) == pytest.approx(whole + minute / 60 + second / 36000, abs=1e-9)


@given(value=st.floats(20, 154).map(lambda v: round(v, 7)))
@settings(deadline=None, max_examples=100)
def test_decimal_degrees_full_width_or_not(value: float) -> None:
    wide = f"{value:.7f}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    assert degrees(f"{value:.7f}") == pytest.approx(value, abs=1e-9)
    assert degrees(f"　{wide}　") == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("北緯34度20分30秒", 34 + 20 / 60 + 30 / 3600),
        ("N34.5", 34.5),
        ("東経１３４．５度", 134.5),
        ("34.20.30.5", 34 + 20 / 60 + 30.5 / 3600),
        ("342030.5", 34 + 20 / 60 + 30.5 / 3600),
        ("1340030", 134 + 30 / 3600),
        ("34°20.5′", 34 + 20.5 / 60),
        ("34319621", 34.319621),
        ("134107080", 134.10708),
    ],
)
def test_other_ways_of_writing(text: str, expected: float) -> None:
    assert degrees(text) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "text", ["", "abc", "34°61′00″", "調査中", "34,3", "1e5", "--", "nan", "inf"]
)
def test_what_is_no_angle(text: str) -> None:
    assert math.isnan(degrees(text))


@given(text=st.text(max_size=30))
@settings(deadline=None, max_examples=200)
def test_any_text_gives_a_number_or_nan(text: str) -> None:
    assert isinstance(degrees(text), float)


@given(lat=st.floats(24.1, 45.5), lon=st.floats(123.1, 153.9), how=st.integers(0, 5))
@settings(deadline=None, max_examples=100)
def test_the_usual_mistakes_are_repaired_to_the_same_place(
    lat: float, lon: float, how: int
) -> None:
    lat, lon = round(lat, 6), round(lon, 6)
    pair = [
        (lat, lon), (lon, lat), (lat * 10, lon * 10), (lat * 10, lon), (lat, lon * 10),
        (lon * 10, lat * 10),
    ][how]  # fmt: skip
    placed = place(*(pd.Series([f"{v:.6f}"]) for v in pair))
    assert placed.lat[0] == pytest.approx(lat, abs=2e-6)
    assert placed.lon[0] == pytest.approx(lon, abs=2e-6)
    assert sum(placed.repaired.values()) == (how > 0)
    assert placed.reason.tolist() == [""]


def test_a_place_nobody_can_tell_has_a_reason() -> None:
    lat = pd.Series(["34.3", "34.3", "0.0", "－", "x", "52.5", "3.4"])
    lon = pd.Series(["", "34.3", "0.0", "134", "134", "13.4", "134"])
    placed = place(lat, lon)
    assert placed.reason.tolist() == [
        "no coordinates",
        "latitude and longitude are equal",
        "no coordinates",
        "no coordinates",
        "coordinates cannot be read",
        "coordinates outside Japan",
        "coordinates outside Japan",
    ]
    assert placed.repaired == {}


def test_two_in_one_cell() -> None:
    first, second = split_pairs(
        pd.Series(["34.3, 134.0", "(34.3,134.0)", "34.3 134.0", "34.3", ""])
    )
    assert first.tolist() == ["34.3"] * 3 + [""] * 2
    assert second.tolist() == ["134.0"] * 3 + [""] * 2
