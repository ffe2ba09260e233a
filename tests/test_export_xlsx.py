"""Workbooks that offices open: inert, formatted, and the same bytes every time."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd

from coverage_gis.export.xlsx import (
    PEOPLE,
    RATE,
    Sheet,
    SheetColumn,
    workbook_bytes,
    write_workbook,
)

if TYPE_CHECKING:
    from pathlib import Path

SHEET = Sheet(
    "買い物",
    ["見出し", "説明"],
    [
        SheetColumn(("", "名称"), ["=cmd|' /C calc'!A0", "富山\x00市", "＝1+1"]),
        SheetColumn(("人口", "計"), [12345.0, np.nan, pd.NA], PEOPLE),
        SheetColumn(("人口", "率"), [0.25, 1 / 3, None], RATE),
    ],
    frozen=1,
    bold=frozenset({0}),
)


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_what_looks_like_a_formula_is_text() -> None:
    page = opened(workbook_bytes([SHEET], title="表"))["買い物"]
    names = [page.cell(r, 1) for r in (6, 7, 8)]
    assert [c.data_type for c in names] == ["s", "s", "s"]
    assert names[0].value == "'=cmd|' /C calc'!A0"
    assert names[1].value == "富山 市"
    assert b"<f>" not in b"".join(parts(workbook_bytes([SHEET], title="表")).values())


def test_heads_are_frozen_merged_and_filtered_and_numbers_formatted() -> None:
    page = opened(workbook_bytes([SHEET], title="表"))["買い物"]
    assert page.freeze_panes == "B6"
    assert [str(r) for r in page.merged_cells.ranges] == ["B4:C4"]
    assert page.auto_filter.ref == "A5:C8"
    assert page["B6"].value == 12345
    assert page["B6"].number_format == PEOPLE
    assert page["C7"].number_format == RATE
    assert page["B7"].value is None
    assert page["B8"].value is None
    assert page["B6"].font.b
    assert not page["B7"].font.b


def test_a_wide_sheet_is_printed_on_several_pages_that_repeat_the_names() -> None:
    """A3 across; 100 columns of 16 characters and the names are 1,616 of 360 a page: five."""
    name = SheetColumn(("名称",), ["富山市"], width=16)
    wide = Sheet("広い", ["広い"], [name, *[SheetColumn(("x",), ["y"], width=16)] * 100], frozen=1)
    for sheet, pages in ((wide, 5), (SHEET, 1)):
        page = opened(workbook_bytes([sheet], title="表"))[sheet.title]
        assert (page.page_setup.paperSize, page.page_setup.orientation) == (8, "landscape")
        assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (pages, 0)
        assert page.print_title_cols == "$A:$A"


def test_a_long_list_and_sentences_are_printed_upright_one_page_wide() -> None:
    rows = [SheetColumn(("名称",), ["富山市"] * 100, width=30)]
    words = Sheet("概要", ["一文", "二文"])
    book = opened(workbook_bytes([Sheet("長い", ["長い"], rows), words], title="表"))
    for name, paper in (("長い", 8), ("概要", 9)):
        setup = book[name].page_setup
        assert (setup.orientation, setup.paperSize) == ("portrait", paper)
        assert (setup.fitToWidth, setup.fitToHeight) == (1, 0)
        assert book[name].sheet_properties.pageSetUpPr.fitToPage
    assert book["長い"].print_title_rows == "$3:$3"


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {n: archive.read(n) for n in archive.namelist()}


def test_no_clock_is_in_the_file(tmp_path: Path) -> None:
    data = workbook_bytes([SHEET], title="表")
    assert data == workbook_bytes([SHEET], title="表")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {i.date_time for i in archive.infolist()} == {(2020, 1, 1, 0, 0, 0)}
    core = parts(data)["docProps/core.xml"].decode()
    assert core.count("2020-01-01T00:00:00Z") == 2
    write_workbook(tmp_path / "a.xlsx", [SHEET], title="表")
    assert (tmp_path / "a.xlsx").read_bytes() == data


def test_a_sheet_of_sentences() -> None:
    page = opened(workbook_bytes([Sheet("概要", ["一", "-二", ""])], title="表"))["概要"]
    assert [page.cell(r, 1).value for r in (1, 2)] == ["一", "'-二"]
