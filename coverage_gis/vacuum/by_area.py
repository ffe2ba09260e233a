"""Who lives in which class of public transport, by municipality, ward and prefecture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema

if TYPE_CHECKING:
    from coverage_gis.coverage.areas import Areas
    from coverage_gis.vacuum.classes import Scheme

DEFINITION: Final = "definition"
CLASS: Final = "class"
SHARE_OF_PEOPLE: Final = "share_of_people"


def people_by_area(
    table: pd.DataFrame, areas: Areas, scheme: Scheme, definition: str
) -> pd.DataFrame:
    """Return people by class, by shares of cells, in every area.

    Parameters
    ----------
    table
        Rows of :func:`coverage_gis.vacuum.classes.class_rows` of one definition and metric, in
        the order of the origins.
    areas
        Where the people of each cell belong.
    scheme
        Its classes.
    definition
        What the column ``definition`` says.

    Returns
    -------
    DataFrame
        ``area_level``, ``area_code``, ``area_name``, ``definition``, ``metric``, ``age_group``,
        ``class`` (and ``no_road``), ``population``, and ``share_of_people``: the part of the
        people with road data, 0 to 1, null for ``no_road`` and where nobody has any.
    """
    shares = table[list(scheme.shares)].to_numpy(dtype=np.float64)
    lost = np.isnan(shares).any(axis=1)
    per_class = np.column_stack([np.where(lost[:, None], 0.0, shares), lost]).T
    out = []
    for group, people in areas.people.items():
        counted = areas.totals(per_class[:, areas.cell] * people)
        known = counted[:-1].sum(axis=0)
        for name, values in zip((*scheme.names, schema.NO_ROAD), counted, strict=True):
            part = np.divide(values, known, out=np.full(len(known), np.nan), where=known > 0)
            rows = areas.table[[schema.AREA_LEVEL, schema.AREA_CODE, schema.AREA_NAME]].copy()
            rows[DEFINITION] = definition
            rows[schema.METRIC] = table[schema.METRIC].iloc[0]
            rows[schema.AGE_GROUP] = group
            rows[CLASS] = name
            rows[schema.POPULATION] = values
            rows[SHARE_OF_PEOPLE] = np.nan if name == schema.NO_ROAD else part
            out.append(rows)
    return pd.concat(out, ignore_index=True)
