"""Who lives in 交通空白, by prefecture and together, from what each prefecture counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.vacuum.by_area import BY_CELL, CLASS, DEFINITION

if TYPE_CHECKING:
    from collections.abc import Collection

BY_SHARE: Final = "population_by_share"
VACUUM_SHARE: Final = "vacuum_share"
UNKNOWN_PEOPLE: Final = "population_unknown"
EVERYBODY: Final = ""
"""``pref_code`` of the rows of all prefectures together."""
_CASE: Final = [DEFINITION, schema.METRIC]


def vacuum_by_prefecture(people: pd.DataFrame, definitions: Collection[str]) -> pd.DataFrame:
    """Return people in 交通空白 of each definition, of all prefectures and then of each.

    Parameters
    ----------
    people
        ``pref_code``, ``definition``, ``metric``, ``class``, ``population_by_cell`` and
        ``population_by_share`` (null for ``no_road``) as a prefecture's ``people`` file has them.
    definitions
        Those wanted, in this order.

    Returns
    -------
    DataFrame
        ``definition``, ``metric``, ``pref_code`` ("" for all together), of the class ``vacuum``
        ``population_by_share``, ``population_by_cell`` and ``vacuum_share`` (of the people with
        road data, 0 to 1, null where there are none), ``population_unknown`` (by shares, where
        stops have no known frequency) and ``population_no_road``.
    """
    mine = people[people[DEFINITION].isin(list(definitions))]
    each = _sums(mine, [*_CASE, schema.PREF_CODE])
    together = _sums(mine, _CASE).assign(**{schema.PREF_CODE: EVERYBODY})
    rows = pd.concat([together, each], ignore_index=True)
    order = {name: i for i, name in enumerate(definitions)}
    rows = rows.sort_values(
        [DEFINITION, schema.METRIC, schema.PREF_CODE],
        key=lambda column: column.map(order) if column.name == DEFINITION else column,
        ignore_index=True,
    )
    return rows[[*_CASE, schema.PREF_CODE, BY_SHARE, BY_CELL, VACUUM_SHARE, UNKNOWN_PEOPLE,
                 schema.POPULATION_NO_ROAD]]  # fmt: skip


def _sums(people: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return people of the classes that are told, one row per group."""
    known = people[people[CLASS] != schema.NO_ROAD].groupby(by)[BY_SHARE].sum()

    def of(name: str, column: str) -> pd.Series:
        sums = people[people[CLASS] == name].groupby(by)[column].sum()
        return sums.reindex(known.index, fill_value=0.0)

    vacuum = of(schema.VACUUM, BY_SHARE)
    out = pd.DataFrame(
        {
            BY_SHARE: vacuum,
            BY_CELL: of(schema.VACUUM, BY_CELL),
            VACUUM_SHARE: (vacuum / known).where(known > 0, np.nan),
            UNKNOWN_PEOPLE: of(schema.UNKNOWN, BY_SHARE),
            schema.POPULATION_NO_ROAD: of(schema.NO_ROAD, BY_CELL),
        }
    )
    return out.reset_index()
