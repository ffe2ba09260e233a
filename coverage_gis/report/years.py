"""Today beside the years to come: people and rates with the services as they are today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_gis import schema
from coverage_gis.report import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from coverage_gis.report.model import ReportContent


def years_to_come(years: Iterable[int], first: int, wanted: Sequence[int]) -> list[int]:
    """Return the wanted years after the first that there are; else the last one there is."""
    later = sorted(y for y in years if y > first)
    return [y for y in later if y in wanted] or later[-1:]


def year_rows(content: ReportContent) -> dict[str, Any] | None:
    """Return heads and rows of the table by year; None where no projection was used."""
    table = content.years
    if table is None or table[schema.YEAR].nunique() < 2:
        return None
    years = sorted(table[schema.YEAR].astype(int).unique().tolist())
    heads = [("人口", years)]
    older = schema.POPULATION_65PLUS in table
    if older:
        heads.append(("65歳以上の割合", years))
    heads += [(m.short_ja, years) for m in content.measures]
    by_area = {code: rows.set_index(schema.YEAR) for code, rows in table.groupby(schema.AREA_CODE)}
    rows = []
    whole = content.whole
    for area in [whole, *(row for _, row in content.areas.iterrows())]:
        mine = by_area.get(area[schema.AREA_CODE])
        if mine is None:
            continue
        cells = [words.count(_at(mine, y, schema.POPULATION)) for y in years]
        if older:
            cells += [
                words.percent(
                    words.share(
                        _at(mine, y, schema.POPULATION_65PLUS), _at(mine, y, schema.POPULATION)
                    )
                )
                for y in years
            ]
        cells += [words.percent(_at(mine, y, m.column)) for m in content.measures for y in years]
        rows.append({"name": str(area[schema.AREA_NAME]), "whole": area is whole, "cells": cells})
    return {"heads": heads, "rows": rows}


def _at(table: pd.DataFrame, year: int, column: str) -> float:
    if year not in table.index or column not in table:
        return float("nan")
    return float(table[column].to_numpy(dtype=np.float64)[list(table.index).index(year)])
