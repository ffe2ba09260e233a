"""Census cells whose details were merged into a neighbour's for secrecy (秘匿), given back.

In e-Stat's mesh statistics the total population (001) of every cell is real. Where a cell has
so few people that details would tell who they are, its details are suppressed (``*``,
HTKSYORI = 2) and added to those of the cell in HTKSAKI (HTKSYORI = 1, which lists its sources
in GASSAN). A receiver can so have more people of 65 and over than people: taken at face value,
the old are in the wrong cells; taken as zero, the suppressed cells have nobody old.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from coverage_gis.population.rounding import largest_remainder
from coverage_gis.schema import AGE_LIMITS, MESH_CODE, PEOPLE, POPULATION

HTKSYORI: Final = "htksyori"
"""0 as counted, 1 others were merged into it, 2 suppressed."""
HTKSAKI: Final = "htksaki"
"""The cell that a suppressed cell's details were merged into, "" for others."""
GASSAN: Final = "gassan"
"""Cells merged into this one, ``;``-separated, "" for others."""
SUPPRESSED: Final = "2"

CELL_COLUMNS: Final = (
    MESH_CODE,
    *PEOPLE,
    HTKSYORI,
    HTKSAKI,
    GASSAN,
)
"""Columns of raw census cells; people as floats, null where suppressed or not published."""


def restore_suppressed(cells: pd.DataFrame) -> pd.DataFrame:
    """Return census cells with the ages of merged cells given back to where people live.

    The people of 65+ of a receiver and its sources together are shared over these cells in
    proportion to their total population, by largest remainder; then those of 75+ likewise,
    no cell getting more than it has of 65+; then those of 0-14 and 15-64, no cell getting more
    than its other people leave room for. Totals stay as they are. Sums of every column over
    a group are what they were.

    Parameters
    ----------
    cells
        Raw cells (``CELL_COLUMNS``), all files of one level together, since a receiver can lie
        in the neighbouring file. Codes are unique, people whole numbers.

    Returns
    -------
    DataFrame
        mesh_code and people by age, indexed and ordered as
        ``cells``. Ages stay null where they cannot be known: in a suppressed cell whose
        receiver is not in the table, and in a group with more people of an age than people,
        which happens when some of its cells are not in the table.
    """
    out = cells.reindex(columns=[MESH_CODE, *PEOPLE])
    codes = cells[MESH_CODE].astype(str)
    source = (cells[HTKSYORI].astype(str) == SUPPRESSED).to_numpy()
    receiver = codes.where(~source, cells[HTKSAKI].fillna("").astype(str))
    sources = receiver[source]
    members = codes.isin(set(sources)).to_numpy() | (source & receiver.isin(set(codes)).to_numpy())
    part = out.loc[members].assign(_group=receiver[members], _code=codes[members])
    part = part.sort_values(["_group", "_code"])  # ties go to the lower code, in whatever order
    group, _ = pd.factorize(part["_group"])
    people = part[POPULATION].to_numpy(np.float64)
    for column, at_most, less in AGE_LIMITS:
        ceiling = part[at_most].to_numpy(np.float64)
        for taken in less:
            ceiling = ceiling - np.nan_to_num(part[taken].to_numpy(np.float64))
        part[column] = _shared_out(part[column].to_numpy(np.float64), people, group, ceiling)
        out.loc[part.index, column] = part[column]
    return out


def _shared_out(
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
    people: np.ndarray[tuple[int], np.dtype[np.float64]],
    group: np.ndarray[tuple[int], np.dtype[np.int64]],
    ceiling: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Share each group's sum of ``values`` in proportion to people; null where impossible."""
    n = int(group.max(initial=-1)) + 1
    known = np.bincount(group, ~np.isnan(values), minlength=n) > 0
    totals = np.bincount(group, np.nan_to_num(values), minlength=n)
    room = np.bincount(group, np.nan_to_num(ceiling), minlength=n)
    possible = known & (totals <= room)
    shared = largest_remainder(
        people, np.where(possible, totals, 0), group, ceiling=np.nan_to_num(ceiling)
    )
    return np.where(possible[group], shared.astype(np.float64), np.nan)
