"""Published figures to set results beside: a plain CSV, PRIMAFF's table 5, 都市モニタリングシート.

Layouts of the two workbooks: PRIMAFF 2020_table05.xlsx has a row of keys (``code1741, numi,
ep20_65, e20``) above the figures; the 都市モニタリングシート's sheet ``R6年全体表`` has nine rows
of heads, the municipality's code in column H and the rates of people within walking distance in PE
to PH.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pandas as pd
from openpyxl.utils import column_index_from_string

from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.sources.sheets import Sheet, is_workbook, read_sheets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CODES: Final = ("pref", "area_code", "muni_code", "code")
"""Columns that a CSV may have its codes in; ``pref`` has two digits, the others five."""
PRIMAFF_RATE, PRIMAFF_PEOPLE = "primaff2020_difficult_rate65", "primaff2020_difficult_people65"
_PRIMAFF_KEYS: Mapping[str, str] = {"ep20_65": PRIMAFF_RATE, "e20": PRIMAFF_PEOPLE}
_PRIMAFF_CODE = "code1741"
_MONITORING = re.compile(r"全体表$")
_MONITORING_HEADS = 9
_MONITORING_CODE = "H"
_MONITORING_COLUMNS: Mapping[str, str] = {
    "PE": "toshi_monitoring_medical_rate",
    "PF": "toshi_monitoring_welfare_rate",
    "PG": "toshi_monitoring_commerce_rate",
    "PH": "toshi_monitoring_transit_rate",
}
_PERCENT = 100.0


def read_references(path: Path) -> pd.DataFrame:
    """Return published figures as text or numbers, a row per area code, a column per figure.

    Parameters
    ----------
    path
        A CSV (UTF-8) with a column of :data:`CODES`, one of the two workbooks, or a folder of
        such files, whose figures are put side by side.

    Raises
    ------
    MissingInputError
        If there is nothing.
    InputError
        If a file is none of these, names an area twice, or has a figure that another has too.
    """
    if not path.exists():
        raise MissingInputError(f"The reference {path} does not exist; name a CSV with REF=.")
    if not path.is_dir():
        return _read(path)
    files = sorted(p for p in path.iterdir() if p.suffix.lower() in {".csv", ".xlsx"})
    if not files:
        raise MissingInputError(f"No CSV or XLSX is in {path}; put published figures there.")
    tables = [_read(file) for file in files]
    columns = [c for t in tables for c in t.columns]
    both = next((c for c in columns if columns.count(c) > 1), None)
    if both is not None:
        raise InputError(f"Two files in {path} have the column {both}; keep one of them.")
    return pd.concat(tables, axis=1)


def _read(path: Path) -> pd.DataFrame:
    data = path.read_bytes()
    return _workbook(data, path.name) if is_workbook(data) else _csv(path)


def _csv(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype="str", encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        why = " ".join(str(error).split())  # pandas ends its lines
        raise InputError(f"{path.name} is not a CSV in UTF-8 ({why}).") from error
    code = next((c for c in CODES if c in table.columns), None)
    if code is None:
        raise InputError(f"{path.name} needs a column of area codes: {', '.join(CODES)}.")
    # spreadsheets eat leading zeros
    codes = table[code].str.zfill(2 if code == "pref" else 5)
    return _by_code(table.drop(columns=code), codes, path.name)


def _workbook(data: bytes, what: str) -> pd.DataFrame:
    sheets = read_sheets(data, what)
    for sheet in sheets:
        head = next((i for i, row in enumerate(sheet.rows[:40]) if _PRIMAFF_CODE in row), None)
        if head is not None:
            keys = {k: name for k, name in _PRIMAFF_KEYS.items() if k in sheet.rows[head]}
            at = {name: sheet.rows[head].index(k) for k, name in keys.items()}
            return _table(sheet, head + 1, sheet.rows[head].index(_PRIMAFF_CODE), at, what)
    for sheet in sheets:
        if _MONITORING.search(sheet.title):
            at = {
                name: column_index_from_string(letters) - 1
                for letters, name in _MONITORING_COLUMNS.items()
            }
            code = column_index_from_string(_MONITORING_CODE) - 1
            return _table(sheet, _MONITORING_HEADS, code, at, what)
    raise InputError(
        f"{what} is neither PRIMAFF's table 5 (a row with {_PRIMAFF_CODE}) nor the "
        "都市モニタリングシート (a sheet …全体表)."
    )


def _table(sheet: Sheet, first: int, code: int, at: Mapping[str, int], what: str) -> pd.DataFrame:
    """Return the rows of a sheet whose code is one; percentages become shares of 1."""
    rows = [r for r in sheet.rows[first:] if len(r) > code and re.fullmatch(r"\d{4,5}", r[code])]
    if not rows:
        raise InputError(f"{what}, sheet {sheet.title}: no row has a municipality's code.")
    out = {}
    for name, column in at.items():
        text = pd.Series([r[column] if column < len(r) else "" for r in rows], dtype="str")
        values = pd.to_numeric(text.str.replace(",", ""), errors="coerce").astype("float64")
        percent = name.endswith(("_rate", "_rate65")) and values.max() > 1
        out[name] = values / _PERCENT if percent else values
    codes = pd.Series([r[code].zfill(5) for r in rows], dtype="str")
    return _by_code(pd.DataFrame(out), codes, what)


def _by_code(table: pd.DataFrame, codes: pd.Series, what: str) -> pd.DataFrame:
    repeated = codes.duplicated()
    if repeated.any():
        raise InputError(f"{what} has the area {codes[repeated].iloc[0]} twice.")
    return table.set_index(pd.Index(codes, name="code"))
