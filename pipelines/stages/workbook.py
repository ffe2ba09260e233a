"""The workbook of municipalities: a sheet per theme, comparisons, definitions and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from pipelines.stage import StageContext, StageResult
from pipelines.stages.measures import MEASURES
from pipelines.workbook import write_municipalities

if TYPE_CHECKING:
    from pathlib import Path


def run(ctx: StageContext) -> StageResult:
    """Write ``municipalities.xlsx`` from the tables of all stages before it."""
    tables = {name: ctx.get("measures", name) for name in MEASURES}

    def write(folder: Path) -> None:
        write_municipalities(ctx, tables, folder / "municipalities.xlsx")

    return StageResult(
        totals={"population": float(ctx.get("origins", "origins")[schema.POPULATION].sum())},
        counts={"headline": "municipalities.xlsx"},
        write=write,
    )
