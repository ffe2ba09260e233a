"""KSJ P11, bus stops (バス停留所): editions P11-10 and P11-22, which share column names.

In P11-10 002 is the class and 003_1 to 003_19 the operators; in P11-22 002 is the operator,
003_01 to 003_35 the routes and 004_01 to 004_35 the classes. Neither has a frequency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.sources.facility_rows import Bounds, destinations, hashed_ids
from coverage_gis.sources.kept_result import kept_result
from coverage_gis.sources.ksj import middle_points, require, text
from coverage_gis.sources.result import ReadResult
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    from coverage_gis.sources.found import Found

P11: Final = "p11"
P11_10: Final = "P11-10"
P11_22: Final = "P11-22"

_NAME, _SECOND = "P11_001", "P11_002"
_FIRST_SLOT = {P11_22: "P11_003_01", P11_10: "P11_003_1"}

_SAME_M = 1.0
"""Rows of one name at one point are one stop that several operators serve."""


def read_p11(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of service "bus_stop".

    Parameters
    ----------
    found
        Shapefile or GeoJSON of either edition.
    bounds
        West, south, east, north in degrees; what lies outside is dropped and counted.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or is of neither edition.
    """
    listed = kept_result(found.kept) if found.kept is not None else stops_of(found)
    return destinations(
        listed.table, read=listed.read, same_m=_SAME_M, bounds=bounds, notes=listed.notes
    )


def stops_of(found: Found) -> ReadResult[pd.DataFrame]:
    """Return every row of the file as a stop, wherever it lies: what is kept for prefectures.

    Raises
    ------
    InputError
        As :func:`read_p11`.
    """
    raw = read_vector(found)
    edition = edition_of(raw, found.label)
    place = middle_points(raw)
    name = text(raw, _NAME)
    operator = text(raw, _SECOND if edition == P11_22 else _FIRST_SLOT[P11_10])
    ids = hashed_ids(P11, name, operator, place["lon"].round(6), place["lat"].round(6))
    frame = pd.DataFrame(
        {
            schema.DESTINATION_ID: ids,
            schema.SERVICE: "bus_stop",
            schema.NAME: name,
            schema.LON: place["lon"],
            schema.LAT: place["lat"],
            schema.SOURCE: P11,
            schema.SOURCE_IDS: ids,
        }
    )
    return ReadResult(frame, len(raw), notes=(f"{found.label}: columns of {edition}.",))


def edition_of(raw: pd.DataFrame, label: str) -> str:
    """Return "P11-22" or "P11-10" by the columns.

    Raises
    ------
    InputError
        If it is neither.
    """
    require(raw, (_NAME, _SECOND), label, "KSJ P11 (バス停留所)")
    for edition, column in _FIRST_SLOT.items():
        if column in raw:
            return edition
    raise InputError(
        f"{label} has neither the column P11_003_01 of P11-22 nor P11_003_1 of P11-10; "
        "get the file as published."
    )
