"""Delimited text recognised by its header: census mesh, plain mesh CSV, GSI shelters."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from coverage_gis.codes import mesh
from coverage_gis.errors import InputError
from coverage_gis.schema import MESH_CODE, POPULATION
from coverage_gis.sources import tabular
from coverage_gis.sources.cells import mesh_csv_columns
from coverage_gis.sources.recognise_places import recognise_mhlw, recognise_municipal
from coverage_gis.sources.recognised import Recognised

if TYPE_CHECKING:
    from collections.abc import Mapping


ESTAT_TABLES: Mapping[str, tuple[str, str]] = {
    "T001140": ("2020", "JGD2011"),
    "T001141": ("2020", "JGD2011"),
    "T001142": ("2020", "JGD2011"),
    "T001225": ("2020", "JGD2011"),
    "T001192": ("2020", "JGD2011"),
    "T001100": ("2020", "JGD2000"),
    "T001101": ("2020", "JGD2000"),
    "T001102": ("2020", "JGD2000"),
    "T000846": ("2015", ""),
    "T000847": ("2015", ""),
    "T000876": ("2015", ""),
    "T000608": ("2010", ""),
    "T000609": ("2010", ""),
    "T000649": ("2010", ""),
}
"""Year and datum of e-Stat's population mesh tables (統計GIS, 国勢調査 地域メッシュ統計)."""

EXTENT_PREFECTURE, EXTENT_PRIMARY, EXTENT_UNKNOWN = "prefecture", "primary-mesh", "unknown"

_ESTAT_NAME = re.compile(r"tbl(T\d{6})[A-Z](\d{4}|\d{2})(?!\d)", re.IGNORECASE)
_ESTAT_TOTAL = re.compile(r"^(T\d{6})001$")
_YEAR = re.compile(r"(?<!\d)(20[0-7]\d)(?!\d)")
_GSI_SHELTER = "指定緊急避難場所との住所同一"
_GSI_SITE = "指定避難所との住所同一"
_GSI_NAME = re.compile(r"mergeFromCity_([12])\.csv", re.IGNORECASE)
_GSI_COLUMNS = ("共通ID", "施設・場所名", "緯度", "経度")


def recognise_text(base: str, head: bytes, *, whole: bool) -> Recognised | None:
    """Return what a text file is by its header, None if unknown.

    A municipality's own list comes last: its header is guessed, and need not be the first row.

    Raises
    ------
    InputError
        If it is named exactly as GSI's files and lacks their columns, which are named.
    """
    known = _by_header(base, head) or recognise_municipal(base, head, whole=whole)
    if known is None and (gsi := _GSI_NAME.fullmatch(base)):
        names = tabular.header(head)
        wanted = (*_GSI_COLUMNS, _GSI_SHELTER if gsi[1] == "1" else _GSI_SITE)
        if missing := [name for name in wanted if name not in names]:
            raise InputError(
                f"{base} lacks the column(s) {', '.join(missing)} of GSI's shelter CSV in its "
                "first line; get the file again."
            )
    return known


def _by_header(base: str, head: bytes) -> Recognised | None:
    names = tabular.header(head)
    if not names:
        return None
    lines = tabular.first_lines(head, 3)
    if names[0].upper() == "KEY_CODE":
        return _estat(base, names, lines)
    columns = mesh_csv_columns(names)
    if {MESH_CODE, POPULATION} <= set(columns):
        position = columns.index(MESH_CODE)
        year = _YEAR.search(base)
        detail = {"level": _level(lines[1:], position), "extent": EXTENT_UNKNOWN}
        return Recognised(
            "mesh-csv", year[1] if year else "", detail | ({"year": year[1]} if year else {})
        )
    if "共通ID" in names and "緯度" in names:
        if _GSI_SHELTER in names:
            return Recognised("gsi-shelter", "")
        if _GSI_SITE in names or "洪水" in names:
            return Recognised("gsi-evacuation-site", "")
    return recognise_mhlw(base, names)


def _estat(base: str, names: list[str], lines: list[list[str]]) -> Recognised | None:
    """Recognise e-Stat mesh statistics that hold population; others (economic census) are not."""
    total = next((m for n in names if (m := _ESTAT_TOTAL.match(n.upper()))), None)
    if total is None:
        return None
    table = total[1]
    labels = lines[1] if len(lines) > 1 and not lines[1][0] else []
    label = "".join(labels[names.index(total[0]) :][:1]) if total[0] in names else ""
    if "人口" not in unicodedata.normalize("NFKC", label) and table not in ESTAT_TABLES:
        return None
    year, datum = ESTAT_TABLES.get(table, ("", ""))
    name = _ESTAT_NAME.search(base)
    code = name[2] if name else ""
    detail = {
        "table": table,
        "code": code,
        "level": _level(lines[2:] if labels else lines[1:], 0),
        "extent": {2: EXTENT_PREFECTURE, 4: EXTENT_PRIMARY}.get(len(code), EXTENT_UNKNOWN),
    }
    optional = {"pref": code if len(code) == 2 else "", "year": year, "datum": datum}
    return Recognised("estat-mesh", year, detail | {k: v for k, v in optional.items() if v})


def _level(rows: list[list[str]], position: int) -> str:
    """Return the mesh level of the first row's code, "" if it is none."""
    code = rows[0][position].removesuffix(".0") if rows and len(rows[0]) > position else ""
    return next((v.label for v in mesh.POPULATION_LEVELS if v.digits == len(code)), "")
