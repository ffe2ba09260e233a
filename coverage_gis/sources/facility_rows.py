"""What readers of facilities share: coordinates that can be, and rows that say nothing new."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.merge import joined_ids
from coverage_gis.facilities.names import comparable_names
from coverage_gis.facilities.places import clusters
from coverage_gis.sources.result import REJECTED_COLUMNS, ReadResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

JAPAN: Bounds = (122.0, 20.0, 154.5, 46.0)
"""From Yonaguni to Minamitorishima, from Okinotorishima to Wakkanai."""

NO_COORDINATES = "no coordinates"
OUTSIDE_JAPAN = "coordinates outside Japan"
OUTSIDE_BOUNDS = "outside the prefecture and its margin"
SAME_FACILITY = "another row of the same facility"


@dataclass(frozen=True)
class ListedRows:
    """How rows without a place are listed.

    Attributes
    ----------
    file
        Name of the file, with the sheet's, as the list shows it.
    already
        Rows the reader gave up itself.
    """

    file: str
    already: pd.DataFrame = field(
        default_factory=lambda: rejected_rows("", pd.Series([], dtype="str"), "")
    )


def destinations(
    rows: pd.DataFrame,
    *,
    read: int,
    same_m: float | None = None,
    bounds: Bounds | None = None,
    dropped: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
    listed: ListedRows | None = None,
) -> ReadResult[pd.DataFrame]:
    """Return a reader's rows as ``DESTINATIONS``, with an account of those that are not.

    Parameters
    ----------
    rows
        Columns of ``DESTINATIONS``; ``capacity`` may be missing.
    read
        Rows in the file.
    same_m
        Join rows of one service and one name that are at most this far apart, metres; the
        first by id stays and keeps the ids of all. None joins nothing.
    bounds
        Keep what lies inside, borders included.
    dropped
        Rows already left out, by reason.
    notes
        For the result.
    listed
        Name the rows without a place one by one; the index of ``rows`` is then the row's
        number in the file.
    """
    account = dict(dropped or {})
    lost: list[pd.DataFrame] = [] if listed is None else [listed.already]
    frame = rows if schema.CAPACITY in rows else rows.assign(**{schema.CAPACITY: np.nan})
    for reason, bad in (
        (NO_COORDINATES, _no_coordinates),
        (OUTSIDE_JAPAN, lambda f: ~_inside(f, JAPAN)),
        (OUTSIDE_BOUNDS, lambda f: ~_inside(f, bounds or JAPAN)),
    ):
        mask = bad(frame)
        _count(account, reason, int(mask.sum()))
        if listed is not None and reason != OUTSIDE_BOUNDS:  # those are other prefectures'
            lost.append(rejected_rows(listed.file, frame.loc[mask, schema.NAME], reason))
        frame = frame[~mask]
    if same_m is not None:
        once = _each_once(frame, same_m)
        _count(account, SAME_FACILITY, len(frame) - len(once))
        frame = once
    frame = frame.sort_values([schema.SERVICE, schema.DESTINATION_ID])
    rejected = None
    if listed is not None:
        rejected = pd.concat(lost).sort_values(["file", "row"], ignore_index=True)
    table = schema.DESTINATIONS.conform(frame)
    return ReadResult(table, read, account, tuple(notes), rejected)


def rejected_rows(file: str, names: pd.Series, reason: str) -> pd.DataFrame:
    """Return rows for ``ReadResult.rejected``; the index of ``names`` is the row's number."""
    return pd.DataFrame(
        {
            "file": file,
            "row": names.index.to_numpy(dtype="int64"),
            "reason": reason,
            "name": names.to_numpy(dtype=object),
        }
    ).astype({"file": "str", "reason": "str", "name": "str"})[list(REJECTED_COLUMNS)]


def hashed_ids(prefix: str, *columns: pd.Series) -> pd.Series:
    """Return ids for rows that have none of their own, from what the columns hold.

    They do not change when rows are added or reordered; a second row of equal content gets
    ``-2`` and so on.
    """
    text = columns[0].astype("str").fillna("")
    for column in columns[1:]:
        text = text + "\x1f" + column.astype("str").fillna("")
    digest = [hashlib.blake2b(t.encode(), digest_size=6).hexdigest() for t in text]
    return numbered(pd.Series(digest, index=text.index, dtype="str").radd(f"{prefix}:"))


def numbered(ids: pd.Series) -> pd.Series:
    """Return ids made unique: repeated ones get ``-2``, ``-3`` ... in order."""
    again = ids.groupby(ids).cumcount()
    return ids.where(again == 0, ids + "-" + (again + 1).astype("str"))


def to_number(text: pd.Series) -> pd.Series:
    """Return numbers written as text (full width too); NaN for what is none or not finite."""
    plain = text.astype("str").str.normalize("NFKC").str.strip()
    number = pd.to_numeric(plain, errors="coerce").astype("float64")
    return number.where(np.isfinite(number))


def _no_coordinates(frame: pd.DataFrame) -> NDArray[np.bool_]:
    lon, lat = frame[schema.LON].to_numpy(float), frame[schema.LAT].to_numpy(float)
    placed: NDArray[np.bool_] = np.isfinite(lon) & np.isfinite(lat) & (lon != 0) & (lat != 0)
    return ~placed


def _inside(frame: pd.DataFrame, bounds: Bounds) -> NDArray[np.bool_]:
    west, south, east, north = bounds
    lon, lat = frame[schema.LON].to_numpy(float), frame[schema.LAT].to_numpy(float)
    within: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return within


def _each_once(frame: pd.DataFrame, same_m: float) -> pd.DataFrame:
    rows = frame.sort_values([schema.SERVICE, schema.DESTINATION_ID], ignore_index=True)
    names = comparable_names(rows[schema.NAME])
    keys = (rows[schema.SERVICE] + "\x1f" + names).where(names != "", "")
    place = clusters(keys, rows[schema.LON], rows[schema.LAT], same_m)
    ids = rows.groupby(place)[schema.SOURCE_IDS].agg(joined_ids)
    kept = rows.assign(place=place).drop_duplicates("place")
    joined = {schema.SOURCE_IDS: kept["place"].map(ids)}
    for column in (schema.CAPACITY, schema.DEPARTMENTS):
        if column in rows:  # what the first that knows it says
            joined[column] = kept["place"].map(rows.groupby(place)[column].first())
    return kept.assign(**joined).drop(columns="place")


def _count(account: dict[str, int], reason: str, rows: int) -> None:
    if rows:
        account[reason] = account.get(reason, 0) + rows
