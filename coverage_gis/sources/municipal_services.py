"""Which service a row of a municipality's list gives: by its kind, the file's subject, its name."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis.sources import municipal_columns as columns

if TYPE_CHECKING:
    from coverage_gis.sources.municipal_columns import Header
    from coverage_gis.sources.sheets import Sheet

HOSPITAL, CLINIC, DENTAL, PHARMACY, CARE, SHELTER, SITE = (
    "hospital",
    "clinic",
    "dental",
    "pharmacy",
    "care",
    "shelter",
    "evacuation_site",
)
MEDICAL: Final = "medical"
"""Subject of lists that hold hospitals, clinics and perhaps more, row by row."""
EVACUATION: Final = "evacuation"
"""Subject of lists of shelters and evacuation sites that tell them apart by flags."""

HOSPITAL_BEDS: Final = 20
"""医療法 第1条の5: an institution with 20 beds or more is a hospital."""

# The first that is found counts: 歯科診療所 is a dentist's, 指定緊急避難場所 no 避難所.
_KIND_WORDS = (
    (re.compile(r"歯科"), DENTAL),
    (re.compile(r"薬局|調剤"), PHARMACY),
    (re.compile(r"診療所|医院|クリニック|助産所"), CLINIC),
    (re.compile(r"病院"), HOSPITAL),
    (re.compile(r"緊急避難場所|一時避難|広域避難|避難場所|避難地"), SITE),
    (re.compile(r"避難所|避難施設"), SHELTER),
    (
        re.compile(
            r"介護|老人|高齢者|デイサービス|デイケア|通所|訪問看護|ショートステイ|グループホーム|"
            r"小規模多機能|特養|老健|ケアハウス|有料ホーム|サ高住|福祉用具|居宅"
        ),
        CARE,
    ),
)
_SUBJECT_WORDS = (
    (re.compile(r"aed|自動体外式", re.IGNORECASE), ""),
    (re.compile(r"歯科|dental|dentist", re.IGNORECASE), DENTAL),
    (re.compile(r"薬局|pharmac|調剤", re.IGNORECASE), PHARMACY),
    (re.compile(r"病院|hospital|医療機関|medical|医療施設", re.IGNORECASE), MEDICAL),
    (re.compile(r"診療所|clinic|医院|クリニック", re.IGNORECASE), CLINIC),
    (re.compile(r"避難|evacuation|shelter|hinan", re.IGNORECASE), EVACUATION),
    (re.compile(r"介護|高齢者|老人|kaigo|elderly|nursing|care.?service", re.IGNORECASE), CARE),
    (re.compile(r"福祉|welfare", re.IGNORECASE), CARE),
)
_SITE_ONLY = re.compile(r"緊急避難場所|避難場所|evacuation.?site", re.IGNORECASE)
_SHELTER_TOO = re.compile(r"避難所|避難施設|shelter|evacuation.?space", re.IGNORECASE)


def subject_of(title: str, base: str, header: Header) -> str:
    """Return what a list is about, "" if that cannot be told.

    The sheet's title first, then the file's name, then what columns only such lists have.
    """
    for text in (title, PurePosixPath(base).stem):
        plain = unicodedata.normalize("NFKC", text)
        for pattern, subject in _SUBJECT_WORDS:
            if pattern.search(plain):
                return _evacuation(plain, header) if subject == EVACUATION else subject
    if {columns.MEDICAL, columns.BEDS, columns.DEPARTMENTS} & set(header.columns):
        return MEDICAL
    if len(header.columns.get(columns.HAZARD, ())) >= 3:
        return _evacuation("", header)
    return CARE if columns.CARE in header.columns else ""


def services(sheet: Sheet, header: Header, subject: str, table: pd.DataFrame) -> pd.Series:
    """Return each row's services, joined by ``+``; "" where the row gives none.

    Parameters
    ----------
    sheet, header
        For the texts of columns that ``table`` does not have.
    subject
        As :func:`subject_of`.
    table
        ``name`` and ``beds`` of the rows, indexed by row number.
    """
    if subject in (EVACUATION, SHELTER, SITE):
        return _evacuation_services(sheet, header, subject, table.index)
    by_kind = _by_kind(sheet, header, table.index)
    if subject == MEDICAL:
        return by_kind.where(by_kind.isin([HOSPITAL, CLINIC, DENTAL, PHARMACY]), _by_name(table))
    if subject == CARE:
        # A welfare list may hold nurseries: rows whose kind says something else are no care.
        told = _kind_text(sheet, header, table.index) != ""
        return by_kind.where(told & (by_kind == CARE), CARE).where(~told | (by_kind == CARE), "")
    return pd.Series(subject, index=table.index, dtype="str")


def flag(values: pd.Series) -> pd.Series:
    """Return true for marks that mean yes: 〇 ○ ◯ ● ◎ △ 1 有 yes ...; blank and × mean no.

    △ ("with conditions", such as from the second floor up) counts as yes.
    """
    plain = values.astype("str").str.normalize("NFKC").str.strip().str.casefold()
    return plain.isin(_YES)


def unknown_marks(values: pd.Series) -> set[str]:
    """Return marks that are neither yes nor no, as they are written."""
    plain = values.astype("str").str.normalize("NFKC").str.strip().str.casefold()
    return set(values[~plain.isin(_YES | _NO)])


# In NFKC: ○ (25CB), 〇 (3007, the numeral), ◯ (25EF, large), ⭕.
_YES_MARKS = """
    ○ 〇 ◯ ⭕ ● ◎ △ ▲ o 1 有 有り あり yes y true t ✓ ✔ レ 可 可能 該当 対応 指定 適 はい
    重複 重複あり
"""
_NO_MARKS = """
    × ✕ ✖ x ✗ 0 無 無し なし no n false f - − ‐ ― ー — – 不可 非対応 対象外 該当なし いいえ 否
"""
_YES = frozenset(_YES_MARKS.split())
_NO = frozenset(["", *_NO_MARKS.split()])


def _evacuation(text: str, header: Header) -> str:
    """Return whether a list holds shelters, evacuation sites, or both told apart by columns."""
    site, shelter = _SITE_ONLY.search(text), _SHELTER_TOO.search(text)
    flagged = {columns.SHELTER, columns.SITE} & set(header.columns)
    if flagged or columns.KIND in header.columns or (site and shelter):
        return EVACUATION
    if site:
        return SITE
    return SHELTER if shelter or columns.HAZARD not in header.columns else SITE


def _evacuation_services(sheet: Sheet, header: Header, subject: str, index: pd.Index) -> pd.Series:
    """Return "shelter", "evacuation_site", both or none.

    A column for either says it; so does the kind. Without a column for sites, one that is
    good for any hazard is a site. Without anything, rows are what the list is about: both,
    where its name says both.
    """
    kind = _kind_text(sheet, header, index)
    kind_tells = kind.map(lambda t: bool(_SITE_ONLY.search(t) or _SHELTER_TOO.search(t))).any()
    shelter = pd.Series(subject == SHELTER, index=index)
    site = pd.Series(subject == SITE, index=index)
    hazards = header.columns.get(columns.HAZARD, ())
    if columns.SHELTER in header.columns:
        shelter |= _any_flag(sheet, header.columns[columns.SHELTER], index)
    if columns.SITE in header.columns:
        site |= _any_flag(sheet, header.columns[columns.SITE], index)
    elif hazards and subject == EVACUATION and not kind_tells:
        site |= _any_flag(sheet, hazards, index)
    if kind_tells and subject == EVACUATION:
        shelter |= kind.map(lambda t: bool(_SHELTER_TOO.search(t)))
        site |= kind.map(lambda t: bool(_SITE_ONLY.search(t)))
    known = kind_tells or hazards or {columns.SHELTER, columns.SITE} & set(header.columns)
    if subject == EVACUATION and not known:
        shelter[:] = site[:] = True
    both = pd.Series("", index=index, dtype="str").mask(shelter, SHELTER)
    return both.mask(site & ~shelter, SITE).mask(site & shelter, f"{SHELTER}+{SITE}")


def _any_flag(sheet: Sheet, positions: tuple[int, ...], index: pd.Index) -> pd.Series:
    out = pd.Series(data=False, index=index)
    for position in positions:
        out |= flag(column(sheet, position, index))
    return out


def column(sheet: Sheet, position: int | None, index: pd.Index) -> pd.Series:
    """Return a column's texts for the rows of ``index`` (row numbers), "" beyond a row's end."""
    if position is None:
        return pd.Series("", index=index, dtype="str")
    rows = sheet.rows
    values = [rows[n - 1][position] if position < len(rows[n - 1]) else "" for n in index.to_list()]
    return pd.Series(values, index=index, dtype="str")


def _kind_text(sheet: Sheet, header: Header, index: pd.Index) -> pd.Series:
    """Return the texts of the column of kinds whose words tell most rows' service."""
    best, most = pd.Series("", index=index, dtype="str"), 0
    for position in header.columns.get(columns.KIND, ()):
        text = column(sheet, position, index).str.normalize("NFKC")
        told = int((_kinds(text) != "").sum())
        if told > most:
            best, most = text, told
    return best


def _by_kind(sheet: Sheet, header: Header, index: pd.Index) -> pd.Series:
    return _kinds(_kind_text(sheet, header, index))


def _kinds(text: pd.Series) -> pd.Series:
    known = {
        t: next((service for pattern, service in _KIND_WORDS if pattern.search(t)), "")
        for t in text.unique()
    }
    return text.map(known).astype("str")


def _by_name(table: pd.DataFrame) -> pd.Series:
    """Return a medical institution's service by the words of its name, then by its beds."""
    named = _kinds(table["name"].str.normalize("NFKC"))
    named = named.where(named.isin([HOSPITAL, CLINIC, DENTAL, PHARMACY]), CLINIC)
    return named.mask((table["beds"] >= HOSPITAL_BEDS) & (named == CLINIC), HOSPITAL)
