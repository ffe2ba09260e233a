"""GSI's designated shelters (指定避難所) and emergency evacuation sites (指定緊急避難場所).

``mergeFromCity_1.csv`` holds the shelters to stay in (災害対策基本法 49条の7),
``mergeFromCity_2.csv`` the sites to flee to (49条の4), the latter with a column per hazard.
Neither has a capacity.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.facilities.hazards import HAZARDS, flagged, with_hazards
from coverage_gis.sources.delimited import read_listed
from coverage_gis.sources.facility_rows import Bounds, destinations, numbered, to_number

if TYPE_CHECKING:
    from coverage_gis.sources.found import Found
    from coverage_gis.sources.result import ReadResult

SHELTER: Final = "gsi-shelter"
EVACUATION_SITE: Final = "gsi-evacuation-site"
_SERVICE = {SHELTER: "shelter", EVACUATION_SITE: "evacuation_site"}

_ID, _NAME, _LAT, _LON = "共通ID", "施設・場所名", "緯度", "経度"
_DESIGNATED = "1"
_SAME_M = 50.0
"""Rows of one name this close are one facility: a school listed once per kind of shelter."""


def read_gsi(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of service "shelter", or of "evacuation_site" and of each hazard.

    Parameters
    ----------
    found
        A CSV in GSI's columns, of the country, a prefecture or a municipality.
    bounds
        West, south, east, north in degrees; what lies outside is dropped and counted.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    rows = read_listed(found)
    missing = [name for name in (_ID, _NAME, _LAT, _LON) if name not in rows]
    if missing:
        raise InputError(
            f"{found.label} lacks the column(s) {', '.join(missing)} of GSI's shelter CSV."
        )
    code = rows[_ID].where(rows[_ID] != "", rows[_NAME])
    ids = numbered("gsi:" + code.str.replace(";", ",", regex=False))
    frame = pd.DataFrame(
        {
            schema.DESTINATION_ID: ids,
            schema.SERVICE: _SERVICE[found.kind],
            schema.NAME: rows[_NAME],
            schema.LON: to_number(rows[_LON]),
            schema.LAT: to_number(rows[_LAT]),
            schema.SOURCE: found.kind,
            schema.SOURCE_IDS: ids,
        }
    )
    result = destinations(frame, read=len(rows), same_m=_SAME_M, bounds=bounds)
    if found.kind != EVACUATION_SITE:
        return result
    flags = [
        (h, rows[name].str.strip() == _DESIGNATED) for h, name in HAZARDS.items() if name in rows
    ]
    return replace(result, table=with_hazards(result.table, flagged(ids, flags)))
