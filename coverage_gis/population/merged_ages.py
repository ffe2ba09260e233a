"""Ages of projected cells that were merged into neighbours' for secrecy, given back.

メッシュ別将来推計人口 keeps every cell's total and merges the ages of cells with few people into
another's (``HITOKU`` marks the one, ``GASSAN`` names cells that were put together), so that a cell
can have more people of an age than people. As with the census
(:mod:`coverage_gis.population.secrecy`), but with people as fractions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from coverage_gis import schema

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SEPARATORS = r"[^0-9]+"
"""Between the codes of a list: whatever is no digit."""


def give_back(cells: pd.DataFrame, links: pd.Series) -> pd.DataFrame:
    """Return the cells of one year with merged ages shared out again by people.

    Cells that name each other, directly or over others, are a group. If one of a group has no
    ages, or more of an age than people, every age of the group is shared out over its cells in
    proportion to their people. Sums of every column over a group stay.

    Parameters
    ----------
    cells
        ``mesh_code`` (each once) and people by age (``schema.PEOPLE``), null where suppressed.
    links
        Text on the same index: codes of the cells that the cell's ages were put together with,
        "" for none. Which of the two names the other does not matter; codes that are not in the
        table are ignored.

    Notes
    -----
    What stays suppressed, in no group, counts as nobody of that age if the age is known anywhere:
    the sums are right, the cell they were merged into has them.
    """
    out = cells.copy()
    group = _groups(cells[schema.MESH_CODE], links)
    people = cells[schema.POPULATION].to_numpy(dtype=np.float64)
    room = np.bincount(group, np.nan_to_num(people))
    size = np.bincount(group)
    known = [c for c in schema.PEOPLE[1:] if cells[c].notna().any()]
    odd = np.zeros(len(cells), dtype=bool)
    for column in known:
        odd |= ~(cells[column].to_numpy(dtype=np.float64) <= people)
    mixed = (np.bincount(group, odd) > 0) & (size > 1) & (room > 0)
    for column in known:
        values = cells[column].to_numpy(dtype=np.float64)
        total = np.bincount(group, np.nan_to_num(values))
        with np.errstate(invalid="ignore", divide="ignore"):
            shared = total[group] * np.nan_to_num(people) / room[group]
        out[column] = np.where(mixed[group], shared, np.nan_to_num(values))
    return out


def _groups(codes: pd.Series, links: pd.Series) -> NDArray[np.int64]:
    """Return the number of each cell's group, from 0."""
    n = len(codes)
    row_of = {code: row for row, code in enumerate(codes)}
    named = links.fillna("").astype(str).str.split(SEPARATORS, regex=True)
    pairs = [
        (row, row_of[code]) for row, others in enumerate(named) for code in others if code in row_of
    ]
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    edges = coo_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), (n, n))
    _, labels = connected_components(edges, directed=False)
    return np.asarray(labels, dtype=np.int64)
