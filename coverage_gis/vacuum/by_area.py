"""Who lives in which class of public transport, by municipality, ward and prefecture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coverage_gis.coverage.areas import Areas
    from coverage_gis.vacuum.classes import Scheme

DEFINITION: Final = "definition"
CLASS: Final = "class"
SHARE_OF_PEOPLE: Final = "share_of_people"
BY_CELL: Final = "population_by_cell"


def people_by_area(
    table: pd.DataFrame,
    areas: Areas,
    scheme: Scheme,
    definition: str,
    labels: Mapping[str, str | int | float | None],
) -> pd.DataFrame:
    """Return people by class in every area, by shares of cells and by whole cells.

    Parameters
    ----------
    table
        Rows of :func:`coverage_gis.vacuum.classes.class_rows` of one definition and metric, in
        the order of the origins.
    areas
        Where the people of each cell belong. Cells that only a projection knows have no road
        data.
    scheme
        Its classes.
    definition
        What the column ``definition`` says.
    labels
        Further columns, the same in all rows.

    Returns
    -------
    DataFrame
        ``area_level``, ``area_code``, ``area_name``, ``labels``, ``definition``, ``metric``,
        ``age_group``, ``class`` (and ``no_road``), ``population`` by shares of cells (null but
        for ``no_road`` where nobody of any age has road data: unknown is not zero),
        ``share_of_people``: the part of the people with road data, 0 to 1, null for ``no_road``
        and where nobody has any; ``population_by_cell``: people of the cells whose own class
        it is, as the polygons and the map have them, null as ``population`` is.
    """
    shares = table[list(scheme.shares)].to_numpy(dtype=np.float64)
    own = table[scheme.column].to_numpy(dtype=object)
    lost = np.isnan(shares).any(axis=1)
    names = (*scheme.names, schema.NO_ROAD)
    per_class = [*np.where(lost[:, None], 0.0, shares).T, lost.astype(np.float64)]
    whole = [(own == name).astype(np.float64) for name in names]
    parts = np.array(
        [
            areas.of_cells(values, np.float64(name == schema.NO_ROAD))
            for values, name in zip((*per_class, *whole), (*names, *names), strict=True)
        ]
    )
    n_groups, n_areas, k = len(areas.people), len(areas.table), len(names)
    counted = (areas.people_by_area @ parts.T).reshape(n_groups, n_areas, 2 * k)
    by_share, by_cell = (v.transpose(0, 2, 1) for v in (counted[..., :k], counted[..., k:]))
    known = by_share[:, :-1].sum(axis=1, keepdims=True)
    part = np.divide(by_share, known, out=np.full(by_share.shape, np.nan), where=known > 0)
    part[:, -1] = np.nan
    # An age group may be nobody where others are known: that zero is a count.
    unknown = ~(known > 0).any(axis=0, keepdims=True)
    by_share[:, :-1], by_cell[:, :-1] = (
        np.where(unknown, np.nan, v[:, :-1]) for v in (by_share, by_cell)
    )
    rows = areas.table.iloc[np.tile(np.arange(n_areas), n_groups * k)].reset_index(drop=True)
    group = np.repeat(list(areas.people), k * n_areas)
    return pd.DataFrame(
        {
            **rows,
            **labels,
            DEFINITION: definition,
            schema.METRIC: table[schema.METRIC].iloc[0],
            schema.AGE_GROUP: pd.array(group, dtype="str"),
            CLASS: pd.array(np.tile(np.repeat(names, n_areas), n_groups), dtype="str"),
            schema.POPULATION: by_share.ravel(),
            SHARE_OF_PEOPLE: part.ravel(),
            BY_CELL: by_cell.ravel(),
        },
        index=rows.index,
    )
