"""A municipality's own list of facilities, CSV or XLSX: hospitals, shelters, care."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.facilities.departments import joined_departments
from coverage_gis.facilities.hazards import flagged, with_hazards
from coverage_gis.sources import municipal_columns as columns
from coverage_gis.sources.archive import open_member
from coverage_gis.sources.coordinates import place, split_pairs
from coverage_gis.sources.facility_rows import (
    JAPAN,
    OUTSIDE_BOUNDS,
    Bounds,
    ListedRows,
    destinations,
    hashed_ids,
    rejected_rows,
    to_number,
)
from coverage_gis.sources.municipal_columns import Header, find_header
from coverage_gis.sources.municipal_services import (
    SHELTER,
    column,
    flag,
    services,
    subject_of,
    unknown_marks,
)
from coverage_gis.sources.result import ReadResult
from coverage_gis.sources.sheets import Sheet, read_head, read_sheets

if TYPE_CHECKING:
    from coverage_gis.sources.found import Found

MUNICIPAL: Final = "municipal"
NO_SERVICE: Final = "not a facility of the kinds that are read"
NO_NAME: Final = "no name"
PLACEHOLDER: Final = "placeholder that a map editor left"
SAME_M: Final = 50.0
"""Rows of one service and name this close are one facility."""

_TEXTS = (
    columns.NAME, columns.ID, columns.ADDRESS, columns.CAPACITY, columns.BEDS,
    columns.DEPARTMENTS, columns.FLOOR_AREA,
)  # fmt: skip
_PLACEHOLDERS = frozenset({"新規マップピン", "新規ピン", "サンプル", "テスト", "sample", "test"})
_FIRST_NUMBER = re.compile(r"\d[\d,]*")


def recognise_list(base: str, head: bytes, *, whole: bool) -> str | None:
    """Return what a list of facilities is about, None if it is no such list.

    Parameters
    ----------
    base
        File name.
    head
        The file's first bytes; a workbook's all.
    whole
        Whether ``head`` is the whole file.
    """
    for sheet in read_head(head, whole=whole):
        if (header := find_header(sheet)) and (subject := subject_of(sheet.title, base, header)):
            return subject
    return None


def read_municipal(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of a list whose header, marks and coordinates are guessed.

    Services are "hospital", "clinic", "dental", "pharmacy", "shelter", "evacuation_site" and
    "care". A row may give two (a school that is shelter and evacuation site), and a site gives
    each hazard it is marked for (:mod:`coverage_gis.facilities.hazards`). Coordinates that
    are swapped or ten times too large are repaired and noted; rows without a place are in
    ``rejected`` with their row number, the header's row being where it stands in the file.

    Parameters
    ----------
    found
        A CSV or XLSX, whatever its name ends in.
    bounds
        West, south, east, north in degrees; what lies outside is rejected too: in a city's own
        list it is a mistake.

    Raises
    ------
    InputError
        If the file cannot be read or no sheet has a name and coordinates.
    """
    base = (found.member or found.path.name).rpartition("/")[2]
    lists = [
        (sheet, header, subject)
        for sheet in read_sheets(open_member(found), found.label)
        if (header := find_header(sheet)) and (subject := subject_of(sheet.title, base, header))
    ]
    parts = []
    for sheet, header, subject in lists:
        label = f"{found.label}/{sheet.title}" if len(lists) > 1 else found.label
        parts.append(_read_sheet(sheet, header, subject, label, bounds))
    if not parts:
        raise InputError(
            f"{found.label} has no row that names both a facility (名称) and its coordinates "
            "(緯度, 経度), or is about nothing this program knows; add such a header."
        )
    return parts[0] if len(parts) == 1 else _together(parts)


def _read_sheet(
    sheet: Sheet, header: Header, subject: str, label: str, bounds: Bounds | None
) -> ReadResult[pd.DataFrame]:
    rows = _facts(sheet, header)
    rows["services"] = services(sheet, header, subject, rows)
    dropped: dict[str, int] = {}
    lost: list[pd.DataFrame] = []
    for reason, mask in (
        (NO_NAME, rows[schema.NAME] == ""),
        (PLACEHOLDER, rows[schema.NAME].str.casefold().isin(_PLACEHOLDERS)),
        (NO_SERVICE, rows["services"] == ""),
    ):
        now = mask.reindex(rows.index)
        if now.any():
            dropped[reason] = int(now.sum())
            if reason != NO_SERVICE:
                lost.append(rejected_rows(label, rows.loc[now, schema.NAME], reason))
        rows = rows[~now]
    where = place(rows["lat_text"], rows["lon_text"])
    rows = rows.assign(**{schema.LON: where.lon, schema.LAT: where.lat})
    for reason, lacking in rows.groupby(where.reason):
        if reason:
            dropped[str(reason)] = len(lacking)
            lost.append(rejected_rows(label, lacking[schema.NAME], str(reason)))
    rows = rows[where.reason == ""]
    rows, outside = _near(rows, bounds, label)
    if len(outside):
        dropped[OUTSIDE_BOUNDS] = len(outside)
        # Where nothing is inside, the list is another prefecture's and not a mistake.
        lost += [outside] if len(rows) else []
    notes = [f"{label}: {n} row(s) had {what}, repaired." for what, n in where.repaired.items()]
    notes += _marks(sheet, header, rows.index, label)
    already = pd.concat(lost) if lost else rejected_rows(label, rows[schema.NAME].iloc[:0], "")
    result = destinations(
        _per_service(rows),
        read=int(len(rows) + sum(dropped.values())),
        same_m=SAME_M,
        listed=ListedRows(label, already=already),
    )
    result = replace(result, table=with_hazards(result.table, _hazards(sheet, header, rows)))
    # Rows that give two services are one row of the file and two of the table.
    extra = int(rows["services"].str.count(r"\+").sum())
    return replace(
        result,
        read=result.read + extra,
        dropped=dropped | dict(result.dropped),
        notes=tuple(notes),
        space=_space(rows),
    )


def _facts(sheet: Sheet, header: Header) -> pd.DataFrame:
    """Return what the rows say, as text but for numbers, indexed by row number; no blank rows."""
    numbers = [n + 1 for n in range(header.row + 1, len(sheet.rows)) if any(sheet.rows[n])]
    index = pd.Index(numbers, dtype="int64")
    text = {role: column(sheet, header.first(role), index) for role in _TEXTS}
    lat, lon = (column(sheet, header.first(role), index) for role in (columns.LAT, columns.LON))
    if header.first(columns.LAT) is None or header.first(columns.LON) is None:
        lat, lon = split_pairs(column(sheet, header.first(columns.PAIR), index))
    beds = _count(text[columns.BEDS])
    return pd.DataFrame(
        {
            schema.NAME: text[columns.NAME].str.replace(r"\s+", " ", regex=True).str.strip(),
            "id": text[columns.ID],
            "address": text[columns.ADDRESS],
            "beds": beds,
            schema.CAPACITY: _count(text[columns.CAPACITY]).fillna(beds),
            schema.DEPARTMENTS: joined_departments(text[columns.DEPARTMENTS]),
            "area_m2": _square_metres(text[columns.FLOOR_AREA]),
            "lat_text": lat,
            "lon_text": lon,
        }
    )


def _count(text: pd.Series) -> pd.Series:
    """Return the first whole number in each text (約1,200人); NaN if none, 0 or out of use.

    "19（休床中）" are beds that nobody can lie in.
    """
    in_use = text.where(~text.str.contains("休", regex=False), "")
    plain = in_use.str.normalize("NFKC").str.extract(rf"({_FIRST_NUMBER.pattern})", expand=False)
    number = to_number(plain.fillna("").str.replace(",", "", regex=False))
    return number.where(number > 0)


def _square_metres(text: pd.Series) -> pd.Series:
    """Return the first number in each text (1,234.5㎡), decimals too; NaN if none or 0."""
    plain = text.str.normalize("NFKC").str.replace(",", "", regex=False)
    number = to_number(plain.str.extract(r"(\d+(?:\.\d+)?)", expand=False).fillna(""))
    return number.where(number > 0)


def _space(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what shelters hold, where the list says it."""
    space = pd.DataFrame(
        {"source_id": _ids(rows), "capacity": rows[schema.CAPACITY], "area_m2": rows["area_m2"]}
    )
    known = space["capacity"].notna() | space["area_m2"].notna()
    shelter = rows["services"].str.split("+", regex=False).map(lambda s: SHELTER in s)
    return space[known & shelter.astype("bool")].sort_values("source_id", ignore_index=True)


def _near(
    rows: pd.DataFrame, bounds: Bounds | None, label: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    west, south, east, north = bounds or JAPAN
    near = rows[schema.LON].between(west, east) & rows[schema.LAT].between(south, north)
    return rows[near], rejected_rows(label, rows.loc[~near, schema.NAME], OUTSIDE_BOUNDS)


def _ids(rows: pd.DataFrame) -> pd.Series:
    return hashed_ids(MUNICIPAL, rows["id"], rows[schema.NAME], rows["address"])


def _hazards(sheet: Sheet, header: Header, rows: pd.DataFrame) -> pd.DataFrame:
    """Return which hazards each row's place is good for, by its columns of marks."""
    names = sheet.rows[header.row]
    named = [(p, columns.hazard_of(names[p])) for p in header.columns.get(columns.HAZARD, ())]
    marks = [(h, flag(column(sheet, p, rows.index))) for p, h in named if h is not None]
    return flagged(_ids(rows), marks)


def _per_service(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per facility and service."""
    ids = _ids(rows)
    frame = pd.DataFrame(
        {
            schema.DESTINATION_ID: ids,
            schema.SERVICE: rows["services"].str.split("+", regex=False),
            schema.NAME: rows[schema.NAME],
            schema.LON: rows[schema.LON],
            schema.LAT: rows[schema.LAT],
            schema.SOURCE: MUNICIPAL,
            schema.SOURCE_IDS: ids,
            schema.CAPACITY: rows[schema.CAPACITY],
            schema.DEPARTMENTS: rows[schema.DEPARTMENTS],
        }
    )
    return frame.explode(schema.SERVICE).astype({schema.SERVICE: "str"})


def _marks(sheet: Sheet, header: Header, index: pd.Index, label: str) -> list[str]:
    """Return a note on marks in columns of flags that mean neither yes nor no."""
    strange: set[str] = set()
    for role in (columns.SHELTER, columns.SITE, columns.HAZARD):
        for position in header.columns.get(role, ()):
            strange |= unknown_marks(column(sheet, position, index))
    if not strange:
        return []
    shown = ", ".join(f"'{mark[:20]}'" for mark in sorted(strange)[:5])
    return [f"{label}: {shown} in columns of yes and no is taken as no."]


def _together(parts: list[ReadResult[pd.DataFrame]]) -> ReadResult[pd.DataFrame]:
    """Return several sheets as one file's result, ids kept distinct."""
    dropped: dict[str, int] = {}
    for part in parts:
        for reason, rows in part.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + rows
    table = pd.concat([p.table for p in parts], ignore_index=True)
    rows = sum(p.read for p in parts)
    again = table.duplicated([schema.DESTINATION_ID, schema.SERVICE])
    if again.any():
        dropped["same row on another sheet"] = int(again.sum())
    table = table[~again].sort_values([schema.SERVICE, schema.DESTINATION_ID])
    rejected = pd.concat([p.rejected for p in parts if p.rejected is not None], ignore_index=True)
    notes = tuple(n for p in parts for n in p.notes)
    space = pd.concat([p.space for p in parts if p.space is not None], ignore_index=True)
    return ReadResult(schema.DESTINATIONS.conform(table), rows, dropped, notes, rejected, space)
