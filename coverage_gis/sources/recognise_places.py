"""Lists of facilities recognised by header: 医療情報ネット, 介護サービス情報, a city's own."""

from __future__ import annotations

import re
import unicodedata

from coverage_gis.sources.municipal import recognise_list
from coverage_gis.sources.recognised import Recognised

MHLW_MEDICAL, MHLW_HOURS, MHLW_CARE = "mhlw-medical", "mhlw-hours", "mhlw-care"

_DATE = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
_CLASSES = (
    ("dental", re.compile(r"dental|歯科", re.IGNORECASE)),
    ("pharmacy", re.compile(r"pharmacy|薬局", re.IGNORECASE)),
    ("hospital", re.compile(r"hospital|病院", re.IGNORECASE)),
    ("clinic", re.compile(r"clinic|診療所", re.IGNORECASE)),
    ("maternity", re.compile(r"maternity|助産", re.IGNORECASE)),
)
_CARE_CODE = re.compile(r"jigyosho_(\d{3})", re.IGNORECASE)


def recognise_mhlw(base: str, names: list[str]) -> Recognised | None:
    """Return which of the ministry's lists a header is, None if it is none of them.

    Parameters
    ----------
    base
        File name: it says the class of institution, the date and the care service's code.
    names
        The header's names.
    """
    plain = {unicodedata.normalize("NFKC", name) for name in names}
    date = _DATE.search(base)
    edition = "-".join(date.groups()) if date else ""
    detail = {"year": date[1]} if date else {}
    kind = next((name for name, pattern in _CLASSES if pattern.search(base)), "")
    if "ID" in plain and "診療科目コード" in plain:
        return Recognised(MHLW_HOURS, edition, detail | ({"class": kind} if kind else {}))
    if {"ID", "所在地座標(緯度)", "所在地座標(経度)"} <= plain:
        if not kind and "正式名称" not in plain:
            kind = "pharmacy"  # the only list of the five whose names are under 名称
        return Recognised(MHLW_MEDICAL, edition, detail | ({"class": kind} if kind else {}))
    if {"事業所名", "サービスの種類", "事業所番号", "緯度", "経度"} <= plain:
        code = _CARE_CODE.search(base)
        return Recognised(MHLW_CARE, edition, detail | ({"code": code[1]} if code else {}))
    return None


def recognise_municipal(base: str, head: bytes, *, whole: bool) -> Recognised | None:
    """Return a municipality's own list, with its ``subject``; None if the file is none."""
    subject = recognise_list(base, head, whole=whole)
    return Recognised("municipal", "", {"subject": subject}) if subject else None
