"""Today beside the years to come: people and rates with the services as they are today."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coverage_gis import schema
from coverage_gis.report import words
from coverage_gis.report.cards import few

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from coverage_gis.report.model import ReportContent


FIGURES_WIDE: Final = 4
COLUMNS_WIDE: Final = 12
"""Figures beside each other, and their years together, on a sheet of A4."""

Figure = Callable[["pd.DataFrame", int], str]
"""The rows of an area by year, and the year -> what the table says."""


def years_to_come(years: Iterable[int], first: int, wanted: Sequence[int]) -> list[int]:
    """Return the wanted years after the first that there are; else the last one there is."""
    later = sorted(y for y in years if y > first)
    return [y for y in later if y in wanted] or later[-1:]


def year_tables(content: ReportContent) -> list[dict[str, Any]]:
    """Return tables of figures by year, each as wide as paper allows; none without a projection.

    A table is ``years``, ``heads`` (figures) and ``rows`` (``name``, ``whole``, ``few``: whether so
    few people live there in one of the years that rates say little, ``cells``: each figure for
    each year).
    """
    table = content.years
    if table is None or table[schema.YEAR].nunique() < 2:
        return []
    years = sorted(table[schema.YEAR].astype(int).unique().tolist())
    by_area = {code: rows.set_index(schema.YEAR) for code, rows in table.groupby(schema.AREA_CODE)}
    figures: list[tuple[str, Figure]] = [
        ("人口", lambda mine, year: words.count(_at(mine, year, schema.POPULATION)))
    ]
    if schema.POPULATION_65PLUS in table:
        figures.append(("65歳以上の割合", _older))
    figures += [(m.short_ja, _rate(m.column)) for m in content.measures]
    areas = [content.whole, *(row for _, row in content.areas.iterrows())]
    known = [area for area in areas if area[schema.AREA_CODE] in by_area]
    out = []
    most = max(1, min(FIGURES_WIDE, COLUMNS_WIDE // len(years)))
    for part in np.array_split(np.arange(len(figures)), -(-len(figures) // most)):
        chosen = [figures[place] for place in part]
        rows = [
            {
                "name": str(area[schema.AREA_NAME]),
                "whole": area is content.whole,
                "few": _few(content, by_area[area[schema.AREA_CODE]]),
                "cells": [
                    of(by_area[area[schema.AREA_CODE]], year) for _, of in chosen for year in years
                ],
            }
            for area in known
        ]
        out.append({"years": years, "heads": [head for head, _ in chosen], "rows": rows})
    return out


def year_heads(years: Sequence[int]) -> list[str]:
    """Return what heads the people of each year: the first is the projection's own beginning."""
    return [f"{year}年推計{'（基準）' if year == years[0] else ''}" for year in years]


def _few(content: ReportContent, mine: pd.DataFrame) -> bool:
    return any(few(content, row) for _, row in mine.iterrows())


def _older(mine: pd.DataFrame, year: int) -> str:
    people = _at(mine, year, schema.POPULATION)
    return words.percent(words.share(_at(mine, year, schema.POPULATION_65PLUS), people))


def _rate(column: str) -> Figure:
    return lambda mine, year: words.percent(_at(mine, year, column))


def _at(table: pd.DataFrame, year: int, column: str) -> float:
    if year not in table.index or column not in table:
        return float("nan")
    return float(table[column].to_numpy(dtype=np.float64)[list(table.index).index(year)])
