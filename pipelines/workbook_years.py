"""The sheet of the years to come: people and rates beside the projection's own first year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_gis import schema
from coverage_gis.coverage.daily import ALL
from coverage_gis.export.xlsx import CHANGE, PEOPLE, POINTS, RATE, Sheet, SheetColumn
from coverage_gis.vacuum.by_area import CLASS, DEFINITION, SHARE_OF_PEOPLE
from pipelines.workbook_parts import (
    AGES,
    METRICS,
    MODES,
    UNITS,
    area_columns,
    by_area,
    total_rows,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from coverage_gis.settings import CoveragePreset
    from pipelines.stage import StageContext

_GROUPS: Final = ("total", "65plus", "75plus")
_RATED: Final = ("total", "65plus")
"""Ages whose rates stand in the sheet, which is wide enough; all are in coverage.csv."""


def years(
    ctx: StageContext,
    coverage: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    areas: pd.DataFrame,
) -> Sheet:
    """Return people and rates of the first year of the projection beside later ones.

    Parameters
    ----------
    coverage
        ``COVERAGE`` of all years.
    tables
        ``daily_services``, ``food_access`` and ``transit_people`` of the stage ``measures``.
    areas
        The rows of the sheet.
    """
    title = "将来"
    rules = ctx.settings.outlook
    future = coverage[coverage[schema.POPULATION_SOURCE] == schema.PROJECTION]
    if future.empty:
        return Sheet(title)
    shown = rules.beside(int(y) for y in future[schema.YEAR].unique())
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    mine = future[(future[schema.METRIC] == metric) & future[schema.YEAR].isin(shown)]
    columns = area_columns(areas, 3)
    for group in _GROUPS:
        rows = mine[mine[schema.AGE_GROUP] == group]
        columns += _beside(
            ("人口", AGES[group]),
            rows,
            areas,
            shown,
            column=schema.POPULATION,
            formats=(PEOPLE, CHANGE),
        )
    for preset, service, cutoff, unit in _cases(ctx):
        rows = mine[
            (mine[schema.SERVICE] == service)
            & (mine[schema.MODE] == schema.WALK)
            & (mine[schema.PRESET] == preset.name)
            & (mine[schema.CUTOFF] == cutoff)
            & (mine[schema.CUTOFF_UNIT] == unit)
        ]
        label = ctx.settings.services[service].label_ja
        top = f"{label} {MODES[schema.WALK]} {METRICS[metric]} {cutoff:,.0f}{UNITS[unit]}"
        for group in _RATED:
            of_age = rows[rows[schema.AGE_GROUP] == group]
            heads = (f"{top}〈{preset.label_ja}〉", f"カバー率 {AGES[group]}")
            columns += _beside(
                heads, of_age, areas, shown, column=schema.COVERAGE_RATE, formats=(RATE, POINTS)
            )
            if group == "total" and len(of_age):
                outside = of_age.assign(
                    outside=of_age[schema.POPULATION]
                    - of_age[schema.POPULATION_NO_ROAD]
                    - of_age[schema.COVERED_POPULATION]
                )
                columns += _beside(
                    (heads[0], "圏外人口"),
                    outside,
                    areas,
                    shown,
                    column="outside",
                    formats=(PEOPLE, CHANGE),
                )
    for name, columns_of in (
        ("daily_services", _daily),
        ("food_access", _food),
        ("transit_people", _vacuum),
    ):
        table = tables[name]
        if len(table):
            later = table[table[schema.POPULATION_SOURCE] == schema.PROJECTION]
            columns += columns_of(ctx, later, areas, shown)
    own = shown[0]
    named = "・".join(f"{y}年" for y in shown)
    notes = [
        f"将来: 施設・道路・運行が今のままの場合の人口とカバー率（{named}）",
        (
            f"{own}年は将来推計人口自身の値で、国勢調査の人口とは少し異なる。増減はこの{own}年に対する"
            "もの（人口は変化率、カバー率はポイント）。カバー率が上がるのは、施設から遠い所の人が先に減る"
            "ためで、便利になるためではない。すべての年と年齢はcoverage.csv（population_sourceがmesh-future）。"
            "日常生活サービス・食料品アクセス（試算）・交通空白も同じで、他の定義と年齢は"
            "daily_services.csv・food_access.csv・transit_people.csvにある。"
        ),
        rules.source,
    ]
    return Sheet(title, notes, columns, frozen=3, bold=total_rows(areas))


def _cases(ctx: StageContext) -> list[tuple[CoveragePreset, str, float, str]]:
    """Return the case each service group is shown by: its first preset's first cutoff on foot."""
    out = []
    for service in ctx.settings.services.values():
        found = next(
            (
                (preset, service.name, rule.cutoffs[0], rule.unit)
                for preset in ctx.settings.coverage_presets.values()
                for rule in preset.rules
                if service.name in rule.services and rule.mode == schema.WALK
            ),
            None,
        )
        if found and (service.is_group or service.theme == "transit"):
            out.append(found)
    return out


def _daily(
    ctx: StageContext, table: pd.DataFrame, areas: pd.DataFrame, shown: Sequence[int]
) -> list[SheetColumn]:
    """Return 徒歩圏充足率 by the first definition."""
    preset = next(iter(ctx.settings.measures.daily_services.values()))
    mine = table[(table[schema.PRESET] == preset.name) & (table["what"] == ALL)]
    out = []
    for group in _RATED:
        rows = mine[mine[schema.AGE_GROUP] == group]
        heads = (preset.label_ja, f"すべて充足 {AGES[group]}")
        out += _beside(heads, rows, areas, shown, column="people_rate", formats=(RATE, POINTS))
    return out


def _food(
    ctx: StageContext, table: pd.DataFrame, areas: pd.DataFrame, shown: Sequence[int]
) -> list[SheetColumn]:
    """Return 食料品アクセス困難人口 of 65 and over."""
    label = ctx.settings.measures.food_access.label_ja
    return [
        column
        for name, head, formats in (
            ("difficult_65plus", "65歳以上 人", (PEOPLE, CHANGE)),
            ("difficult_65plus_rate", "65歳以上 割合", (RATE, POINTS)),
        )
        for column in _beside((label, head), table, areas, shown, column=name, formats=formats)
    ]


def _vacuum(
    ctx: StageContext, table: pd.DataFrame, areas: pd.DataFrame, shown: Sequence[int]
) -> list[SheetColumn]:
    """Return the people in 交通空白 by the default definition, by shares of cells."""
    preset = ctx.settings.vacuum_presets[ctx.settings.run.default_vacuum_preset]
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    mine = table[
        (table[DEFINITION] == preset.name)
        & (table[CLASS] == schema.VACUUM)
        & (table[schema.METRIC] == metric)
    ]
    top = f"交通空白 {preset.label_ja}（{METRICS[metric]}、按分）"
    out = []
    for group in _RATED:
        rows = mine[mine[schema.AGE_GROUP] == group]
        for column, head, formats in (
            (schema.POPULATION, f"人 {AGES[group]}", (PEOPLE, CHANGE)),
            (SHARE_OF_PEOPLE, f"割合 {AGES[group]}", (RATE, POINTS)),
        ):
            out += _beside((top, head), rows, areas, shown, column=column, formats=formats)
    return out


def _beside(
    heads: tuple[str, str],
    rows: pd.DataFrame,
    areas: pd.DataFrame,
    shown: Sequence[int],
    *,
    column: str,
    formats: tuple[str, str],
) -> list[SheetColumn]:
    """Return a column per year, then what changes from the first: as a share, or in points."""
    values = {y: by_area(rows[rows[schema.YEAR] == y], areas, column) for y in shown}
    if not all(values.values()):
        return []
    plain, change = formats
    out = [SheetColumn((*heads, f"{y}年"), values[y], plain) for y in shown]
    first = values[shown[0]]
    for y in shown[1:]:
        pairs = zip(values[y], first, strict=True)
        if change == POINTS:
            by = [100 * (then - now) for then, now in pairs]
        else:
            by = [then / now - 1 if now else None for then, now in pairs]
        out.append(SheetColumn((*heads, f"増減 {shown[0]}→{y}"), by, change, width=15))
    return out
