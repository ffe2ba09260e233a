"""MHLW's lists: 医療情報ネット (hospitals, clinics, dentists, pharmacies) and 介護サービス情報."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.facilities.departments import joined_departments
from coverage_gis.sources.delimited import read_listed
from coverage_gis.sources.facility_rows import (
    Bounds,
    ListedRows,
    destinations,
    numbered,
    to_number,
)
from coverage_gis.sources.kept_result import kept_result
from coverage_gis.sources.result import ReadResult

if TYPE_CHECKING:
    from coverage_gis.sources.found import Found

MEDICAL: Final = "mhlw-medical"
HOURS: Final = "mhlw-hours"
CARE: Final = "mhlw-care"

_NAMES: Final = ("正式名称", "名称")
_DEPARTMENT: Final = "診療科目名"
_LAT, _LON = "所在地座標(緯度)", "所在地座標(経度)"
_SAME_M: Final = 50.0
"""A care provider is listed once per service it gives; one building is one facility."""
_SERVICES: Final = ("hospital", "clinic", "dental", "pharmacy", "maternity")


def read_mhlw_medical(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of one class of institution of 医療情報ネット (facility_info).

    The class ("hospital", "clinic", "dental", "pharmacy", "maternity") is in the file's name.
    Names are under 正式名称, pharmacies' under 名称. The ministry writes 0.0 where it has no
    coordinates: such rows are in ``rejected``.

    Parameters
    ----------
    found
        The CSV, in its zip or not.
    bounds
        West, south, east, north in degrees; what lies outside is dropped and counted.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column or its name does not say the class.
    """
    service = found.detail.get("class", "")
    if service not in _SERVICES:
        raise InputError(
            f"{found.label} does not say in its name which institutions it lists; keep the "
            "ministry's file name (01-1_hospital_facility_info_… and the like)."
        )
    rows = _rows(found)
    name = next((n for n in _NAMES if n in rows), "")
    _require(rows, ("ID", name or _NAMES[0], _LAT, _LON), found.label, "医療情報ネット")
    ids = numbered("mhlw:" + rows["ID"].str.replace(";", ",", regex=False))
    frame = pd.DataFrame(
        {
            schema.DESTINATION_ID: ids,
            schema.SERVICE: service,
            schema.NAME: rows[name],
            schema.LON: to_number(rows[_LON]),
            schema.LAT: to_number(rows[_LAT]),
            schema.SOURCE: MEDICAL,
            schema.SOURCE_IDS: ids,
        }
    )
    return destinations(frame, read=len(rows), bounds=bounds, listed=ListedRows(found.label))


def read_mhlw_departments(found: Found) -> ReadResult[pd.DataFrame]:
    """Return which departments institutions have, from 医療情報ネット's speciality_hours.

    A row of the file is one department and one of its times on one day; the same department
    comes in many rows.

    Returns
    -------
    ReadResult
        Columns ``destination_id`` (as :func:`read_mhlw_medical` gives it) and ``departments``,
        one row per institution.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    if found.kept is not None:
        return kept_result(found.kept)
    rows = _rows(found)
    _require(rows, ("ID", _DEPARTMENT), found.label, "医療情報ネット（診療科・診療時間）")
    ids = "mhlw:" + rows["ID"].str.replace(";", ",", regex=False)
    named = (rows["ID"] != "") & (rows[_DEPARTMENT].str.strip() != "")
    pairs = pd.DataFrame({schema.DESTINATION_ID: ids, _DEPARTMENT: rows[_DEPARTMENT]})[named]
    texts = pairs.drop_duplicates().groupby(schema.DESTINATION_ID)[_DEPARTMENT].agg(" ".join)
    table = pd.DataFrame(
        {
            schema.DESTINATION_ID: texts.index.to_numpy(),
            schema.DEPARTMENTS: joined_departments(texts).to_numpy(),
        }
    ).astype("str")
    dropped = {"no ID or no department": int((~named).sum())} if not named.all() else {}
    return ReadResult(table, len(rows), dropped)


def read_mhlw_care(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of service "care" of one list of 介護サービス情報公表システム.

    A file lists the providers of one of 35 care services; a provider of several is in several
    files, with the same number (事業所番号). ``capacity`` is 定員. Rows of one name within 50 m
    are one facility.

    Parameters
    ----------
    found
        ``jigyosho_….csv``.
    bounds
        West, south, east, north in degrees; what lies outside is dropped and counted.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    rows = _rows(found)
    wanted = ("事業所名", "サービスの種類", "緯度", "経度", "事業所番号")
    _require(rows, wanted, found.label, "介護サービス情報")
    number = rows["事業所番号"].where(rows["事業所番号"] != "", rows["事業所名"])
    code = found.detail.get("code", "")
    prefix = f"mhlw-care:{code}:" if code else "mhlw-care:"
    ids = numbered(prefix + number.str.replace(";", ",", regex=False))
    capacity = to_number(rows["定員"]) if "定員" in rows else pd.Series(float("nan"), rows.index)
    frame = pd.DataFrame(
        {
            schema.DESTINATION_ID: ids,
            schema.SERVICE: "care",
            schema.NAME: rows["事業所名"],
            schema.LON: to_number(rows["経度"]),
            schema.LAT: to_number(rows["緯度"]),
            schema.SOURCE: CARE,
            schema.SOURCE_IDS: ids,
            schema.CAPACITY: capacity.where(capacity > 0),
        }
    )
    return destinations(
        frame, read=len(rows), same_m=_SAME_M, bounds=bounds, listed=ListedRows(found.label)
    )


def _rows(found: Found) -> pd.DataFrame:
    """Return the rows as text under names in NFKC, indexed by row number (the header is row 1)."""
    rows = read_listed(found, keep_numbers=True)
    rows.columns = pd.Index(rows.columns).str.normalize("NFKC")
    return rows.loc[:, ~rows.columns.duplicated()]


def _require(rows: pd.DataFrame, names: tuple[str, ...], label: str, what: str) -> None:
    missing = [name for name in names if name not in rows]
    if missing:
        raise InputError(f"{label} lacks the column(s) {', '.join(missing)} of {what}.")
