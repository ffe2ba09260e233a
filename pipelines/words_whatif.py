"""Sentences on a what-if: the headline by the default definition, and where others differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_gis import schema
from coverage_gis.vacuum.whatif import CHANGE, FALLS, LEAVES
from pipelines.whatif_map import METRICS_JA

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_NAMED: Final = 3


def whatif_sentences(
    changes: pd.DataFrame, totals: pd.DataFrame, default: str, labels: Mapping[str, str]
) -> list[str]:
    """Return what a change comes to by each metric.

    A cut that leaves the default definition as it was may take away the trips another one asks
    for: those that differ are named, the most people first.

    Parameters
    ----------
    changes
        Cells whose class changes, by definition and metric.
    totals
        People in the vacuum before and after, by definition and metric.
    default
        Definition of the headline.
    labels
        Name of each definition for the reader.
    """
    out = []
    for row in totals[totals[schema.PRESET] == default].itertuples(index=False):
        mine = changes[changes[schema.METRIC] == row.metric]
        way = METRICS_JA[str(row.metric)]
        moved = {name: _moved(mine[mine[schema.PRESET] == name]) for name in labels}
        out.append(
            f"交通空白（{default}、{way}）: {row.population_by_cell_before:,.0f}人 → "
            f"{row.population_by_cell_after:,.0f}人。{_words(moved[default])}。"
        )
        others = sorted(
            (name for name in labels if _words(moved[name]) != _words(moved[default])),
            key=lambda name: -sum(moved[name]),
        )
        out += [
            f"「{labels[name]}」の定義では（{way}）、{_words(moved[name])}。"
            for name in others[:_NAMED]
        ]
        if len(others) > _NAMED:
            more = len(others) - _NAMED
            out.append(f"ほか{more}つの定義でも人数が異なります（{way}。difference_*.csv）。")
    return out


def _moved(rows: pd.DataFrame) -> tuple[float, float]:
    """Return how many people fall into the vacuum and how many leave it."""
    people = rows.groupby(CHANGE)[schema.POPULATION].sum()
    return float(people.get(FALLS, 0.0)), float(people.get(LEAVES, 0.0))


def _words(moved: tuple[float, float]) -> str:
    return f"新たに空白になる {moved[0]:,.0f}人、空白でなくなる {moved[1]:,.0f}人"
