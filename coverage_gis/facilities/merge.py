"""The same place in several data sets becomes one, with all its ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.names import comparable_names
from coverage_gis.facilities.places import embed, nearest_within

if TYPE_CHECKING:
    from collections.abc import Sequence

SEPARATOR = ";"
"""Between ids in ``source_ids``."""


def merge_places(frames: Sequence[pd.DataFrame], same_m: float) -> pd.DataFrame:
    """Join tables of destinations, each place once.

    A row of a later table is the same place as the nearest row of the earlier ones that has
    the same service and the same name (:func:`coverage_gis.facilities.names.comparable`; a
    blank name equals none) at most ``same_m`` away. It then disappears into that row, which
    keeps its own id, name and position, and gains the ids, the capacity and the departments it
    lacked.
    Rows of one table are never joined with each other: the poles of one stop stay apart.

    Parameters
    ----------
    frames
        ``DESTINATIONS``, the most trusted first.
    same_m
        Metres, inclusive.

    Returns
    -------
    ``DESTINATIONS``, sorted by service and id; it does not depend on the order of rows.
    """
    merged = schema.DESTINATIONS.empty()
    for frame in frames:
        merged = _absorb(merged, _sorted(frame), same_m)
    return schema.DESTINATIONS.conform(_sorted(merged))


def confirmed(base: pd.DataFrame, more: pd.DataFrame, same_m: float) -> tuple[pd.DataFrame, int]:
    """Let another table add what it knows of the places of a first one, and no place of its own.

    Which rows are the same place is as in :func:`merge_places`.

    Parameters
    ----------
    base
        ``DESTINATIONS``; its rows all stay.
    more
        ``DESTINATIONS`` of a data set that comes later in the order of precedence.
    same_m
        Metres, inclusive.

    Returns
    -------
    ``base`` with the ids, and the capacity and departments where it had none, of the rows of
    ``more`` that are its places; and how many rows those are.
    """
    if not len(base) or not len(more):
        return base, 0
    both, home = _homes(_sorted(base), _sorted(more), same_m)
    known = home < len(base)
    rows = both[known].reset_index(drop=True)
    found = int(known.sum()) - len(base)
    return schema.DESTINATIONS.conform(_sorted(_collapse(rows, home[known]))), found


def joined_ids(ids: pd.Series) -> str:
    """Return the distinct ids of several ``source_ids``, the first ones first."""
    return SEPARATOR.join(dict.fromkeys(i for text in ids for i in text.split(SEPARATOR) if i))


def _absorb(base: pd.DataFrame, more: pd.DataFrame, same_m: float) -> pd.DataFrame:
    """Return ``base`` with the rows of ``more`` joined to it or added."""
    if not len(base) or not len(more):
        return more if not len(base) else base
    return _collapse(*_homes(base, more, same_m))


def _homes(
    base: pd.DataFrame, more: pd.DataFrame, same_m: float
) -> tuple[pd.DataFrame, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the rows of both tables, and which row each is the same place as."""
    both = pd.concat([base, more], ignore_index=True)
    names = comparable_names(both[schema.NAME])
    group = pd.factorize(both[schema.SERVICE] + "\0" + names)[0]
    points = embed(both[schema.LON], both[schema.LAT], group)
    named = (names != "").to_numpy()
    targets = np.flatnonzero(named[: len(base)])
    candidates = np.flatnonzero(named[len(base) :]) + len(base)
    match = nearest_within(points[candidates], points[targets], same_m)
    home = np.arange(len(both))
    home[candidates[match >= 0]] = targets[match[match >= 0]]
    return both, home


def _collapse(rows: pd.DataFrame, home: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pd.DataFrame:
    """Return ``rows`` without those whose home is another row, which gains what they know."""
    moved = np.flatnonzero(home != np.arange(len(rows)))
    out = rows.copy()
    touched = np.isin(home, home[moved])
    gathered = rows.loc[touched].groupby(home[touched], sort=True)
    ids = gathered[schema.SOURCE_IDS].agg(joined_ids)
    out.loc[ids.index, schema.SOURCE_IDS] = ids
    for column in (schema.CAPACITY, schema.DEPARTMENTS):
        first = gathered[column].first()
        out.loc[first.index, column] = first
    stays = pd.Series(home == np.arange(len(rows)))
    return out.loc[stays].reset_index(drop=True)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values([schema.SERVICE, schema.DESTINATION_ID], ignore_index=True)
