"""Which of several editions of a municipality's list a run reads."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from coverage_gis.errors import InputError
from coverage_gis.sources.archive import open_member
from coverage_gis.sources.choose import Choice
from coverage_gis.sources.sheets import read_sheets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_gis.sources.found import Found

_IN_NAME = re.compile(r"(?<!\d)(20\d{6}|20\d{4}|20\d\d)(?!\d)")
_COPY = re.compile(r"[\s_-]*(\(\d+\)|コピー|copy)$", re.IGNORECASE)
_DATE = re.compile(r"((?:19|20)\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})")


def newest_lists(founds: Sequence[Found]) -> Choice:
    """Return lists without older editions of the same list.

    Lists in one folder are the same if their names are, but for a date, a copy's number and
    the ending (hospital.csv, hospital.xlsx, hospital_20240401 (1).csv). The one with the latest
    date in its name, then in its cells (a clinic opened in August is in no list of April),
    then with the most rows, is the newest.
    """
    there = sorted(founds, key=lambda f: f.sort_key)
    groups: dict[tuple[str, str], list[Found]] = {}
    for found in there:
        name = PurePosixPath(found.member or found.path.name)
        stem = _COPY.sub("", _IN_NAME.sub("", unicodedata.normalize("NFKC", name.stem)))
        home = f"{found.path.parent}/{name.parent}"
        groups.setdefault((home, stem.strip(" _-.").casefold()), []).append(found)
    kept = []
    aside = []
    for same in groups.values():
        best = max(same, key=_recency) if len(same) > 1 else same[0]
        kept.append(best)
        older = ", ".join(f.label for f in same if f is not best)
        if older:
            aside.append(f"{older} is an older edition of {best.label} and is left aside.")
    return Choice(tuple(sorted(kept, key=lambda f: f.sort_key)), aside=" ".join(aside))


def _recency(found: Found) -> tuple[str, str, int]:
    named = _IN_NAME.search(found.member or found.path.name)
    try:
        sheets = read_sheets(open_member(found), found.label)
    except InputError:
        return ("", "", 0)
    texts = (text for sheet in sheets for row in sheet.rows for text in row)
    dates = ["{}{:0>2}{:0>2}".format(*m.groups()) for t in texts if (m := _DATE.match(t))]
    return (named[0] if named else "", max(dates, default=""), sum(len(s.rows) for s in sheets))
