"""Prefecture and municipality codes against published lists."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.codes import municipality, prefecture
from coverage_gis.crs import plane_crs
from coverage_gis.errors import InputError


def test_there_are_47_prefectures_and_the_demo():
    assert list(prefecture.PREFECTURES) == [f"{n:02d}" for n in range(48)]
    assert len({p.name_ja for p in prefecture.PREFECTURES.values()}) == 48
    assert len({p.name_en for p in prefecture.PREFECTURES.values()}) == 48


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("16", "16"), ("富山", "16"), ("富山県", "16"), ("Toyama", "16"), ("toyama-ken", "16")),
        *(("6", "06"), ("１６", "16"), (" 16 ", "16"), ("0", "00"), ("00", "00"), ("demo", "00")),
        *(("東京", "13"), ("東京都", "13"), ("Tokyo-to", "13"), ("北海道", "01"), ("京都", "26")),
        *(("京都府", "26"), ("Kyoto", "26"), ("Kōchi", "39"), ("Hyōgo", "28"), ("Ōita", "44")),
        ("Osaka Prefecture", "27"),
    ],
)
def test_what_users_type_for_a_prefecture(text, code):
    assert prefecture.resolve(text).code == code


@pytest.mark.parametrize("text", ["48", "", "富", "県", "Atlantis", "-1", "016", "1.6"])
def test_what_is_no_prefecture_is_one_sentence(text):
    with pytest.raises(InputError, match="is not a prefecture"):
        prefecture.resolve(text)


@pytest.mark.parametrize("pref", list(prefecture.PREFECTURES.values()), ids=lambda p: p.code)
def test_every_name_resolves_to_its_own_prefecture(pref):
    for text in (pref.code, pref.name_ja, pref.name_en, pref.name_en.upper()):
        assert prefecture.resolve(text) is pref
    assert plane_crs(pref.code).startswith("EPSG:66")


@pytest.mark.parametrize(
    ("code5", "code6"),
    [
        # 総務省 全国地方公共団体コード
        *(("01000", "010006"), ("01100", "011002"), ("13101", "131016"), ("13104", "131041")),
        *(("16201", "162019"), ("30201", "302015"), ("14100", "141003"), ("27100", "271004")),
        *(("47382", "473821"), ("40130", "401307"), ("13000", "130001"), ("47000", "470007")),
    ],
)
def test_check_digits_are_the_published_ones(code5, code6):
    assert municipality.check_digit(code5) == code6[5]
    assert municipality.to_code5(code6) == code5


@given(st.integers(1000, 47999).map("{:05d}".format), st.integers(0, 9))
@settings(max_examples=200, deadline=None)
def test_exactly_one_sixth_digit_is_right(code5, digit):
    code6 = f"{code5}{digit}"
    right = municipality.check_digit(code5) == str(digit)
    assert municipality.to_code5(code6) == (code5 if right else None)


def test_codes_that_lost_their_zero_or_are_none():
    assert municipality.to_code5("1100") == "01100"
    assert municipality.to_code5(" 16201 ") == "16201"
    for text in ("", "富山市", "162", "1620190", "16201x"):
        assert municipality.to_code5(text) is None


@pytest.mark.parametrize(
    ("ward", "city"),
    [
        *(("14101", "14100"), ("14118", "14100"), ("14131", "14130"), ("14137", "14130")),
        *(("14151", "14150"), ("27102", "27100"), ("27141", "27140"), ("40101", "40100")),
        *(("40131", "40130"), ("22101", "22100"), ("22138", "22130"), ("43101", "43100")),
        *(("13101", None), ("13123", None), ("16201", None), ("14100", None), ("14130", None)),
        *(("00201", None), ("30201", None)),
    ],
)
def test_wards_belong_to_their_city(ward, city):
    assert municipality.designated_city_of(ward) == city


def test_there_are_twenty_designated_cities():
    assert len(municipality.DESIGNATED_CITIES) == 20
    assert all(name.endswith("市") for name in municipality.DESIGNATED_CITIES.values())
