"""Sheets of what may come: years to come, facilities with few people, fewer and more stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.coverage.sensitivity import AS_IS, FEWER, MORE
from coverage_gis.coverage.support import BELOW_FROM, NOW, SUPPORT
from coverage_gis.export.xlsx import CHANGE, PEOPLE, POINTS, RATE, Sheet, SheetColumn
from pipelines.words_outlook import sensitivity_ja
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
    from collections.abc import Sequence

    import pandas as pd

    from coverage_gis.settings import CoveragePreset
    from pipelines.stage import StageContext

_SHOWN = 50
_GROUPS = ("total", "65plus", "75plus")
_RATED = ("total", "65plus")
"""Ages whose rates stand in the sheet of years, which is wide enough; all are in coverage.csv."""


def years(ctx: StageContext, coverage: pd.DataFrame, areas: pd.DataFrame) -> Sheet:
    """Return people and rates of the first year of the projection beside later ones."""
    title = "将来"
    rules = ctx.settings.outlook
    future = coverage[coverage[schema.POPULATION_SOURCE] == schema.PROJECTION]
    if future.empty:
        return Sheet(title)
    known = sorted(int(y) for y in future[schema.YEAR].unique())
    shown = [known[0], *(y for y in rules.shown if y in known and y != known[0])]
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
            heads = (f"{top}〈{preset.name}〉", f"カバー率 {AGES[group]}")
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
    own = known[0]
    named = "・".join(f"{y}年" for y in shown)
    notes = [
        f"将来: 施設・道路・運行が今のままの場合の人口とカバー率（{named}）",
        (
            f"{own}年は将来推計人口自身の値で、国勢調査の人口とは少し異なる。増減はこの{own}年に対する"
            "もの（人口は変化率、カバー率はポイント）。カバー率が上がるのは、施設から遠い所の人が先に減る"
            "ためで、便利になるためではない。すべての年と年齢はcoverage.csv（population_sourceがmesh-future）。"
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


def support(ctx: StageContext, table: pd.DataFrame) -> Sheet:
    """Return the facilities that have, or will have, fewer people than their support population."""
    title = "施設を支える人口（試算）"
    if table.empty:
        return Sheet(title)
    rules, munis = ctx.settings.support, ctx.get("origins", "municipalities")
    name_of = dict(zip(munis[schema.MUNI_CODE], munis[schema.NAME], strict=True))
    label_of = {s.name: s.label_ja for s in ctx.settings.services.values()}
    times = [c.removeprefix("people_") for c in map(str, table.columns) if c.startswith("people_")]
    later = [t for t in times if t != NOW]
    shown = [NOW, *later[:1], *(t for t in later[1:] if int(t) in ctx.settings.outlook.shown)]
    below = table[(table[BELOW_FROM] != "") & (table[BELOW_FROM] != NOW)]
    few = below if later else table[table[BELOW_FROM] == NOW]
    part = few.groupby(schema.SERVICE, sort=False).head(_SHOWN)
    top = "その施設が最も近い人の数"
    columns = [
        SheetColumn(("", "名称"), [v or "（名称なし）" for v in part[schema.NAME]], width=28),
        SheetColumn(("", "種類"), [label_of[v] for v in part[schema.SERVICE]]),
        SheetColumn(("", "市区町村"), [name_of.get(v, "不明") for v in part[schema.MUNI_CODE]]),
        *(
            SheetColumn((top, "今" if t == NOW else f"{t}年"), list(part[f"people_{t}"]), PEOPLE)
            for t in shown
        ),
        SheetColumn(("", "目安"), list(part[SUPPORT]), PEOPLE),
        SheetColumn(
            ("", "下回る時期"), ["今" if v == NOW else f"{v}年" for v in part[BELOW_FROM]], width=12
        ),
        SheetColumn(("", "ID"), list(part[schema.DESTINATION_ID]), width=20),
    ]
    now = int((table[BELOW_FROM] == NOW).sum())
    what = "これから目安を下回る施設" if later else "目安を下回る施設"
    notes = [
        (
            f"施設を支える人口: {what}。種類ごとに人が最も減る順に{_SHOWN}件まで"
            f"（該当{len(few):,}件のうち{len(part)}件）"
        ),
        (
            f"今すでに下回るもの{now:,}件と全件はfacility_support.csv、市区町村ごとの1施設あたり人口は"
            "people_per_facility.csv。徒歩で最も近い施設に全員が行くとした場合で、県外の人は数えない。"
        ),
        f"{rules.label_ja}。{rules.source}",
    ]
    return Sheet(title, notes, columns, frozen=1)


def sensitivity(ctx: StageContext, table: pd.DataFrame, areas: pd.DataFrame) -> Sheet:
    """Return the summary's rate with fewer stores, as it is, and with more."""
    title = "店舗数の感度（試算）"
    if table.empty:
        return Sheet(title)
    rules = ctx.settings.sensitivity
    first = table.iloc[0]
    label = ctx.settings.services[str(first[schema.SERVICE])].label_ja
    top = (
        f"{label} {METRICS[str(first[schema.METRIC])]} {first[schema.CUTOFF]:,.0f} m"
        f"〈{first[schema.PRESET]}〉"
    )
    names = {
        FEWER: f"{rules.share:.0%}少ない",
        AS_IS: "今のデータ",
        MORE: f"{rules.share:.0%}多い",
    }
    columns = area_columns(areas, 3)
    for group in _GROUPS:
        for change, name in names.items():
            rows = table[(table[schema.AGE_GROUP] == group) & (table["change"] == change)]
            if rows.empty:
                continue
            head = (f"{top} カバー率 {AGES[group]}", name)
            wanted = [(schema.COVERAGE_RATE, "平均" if change != AS_IS else "")]
            if change != AS_IS:
                wanted += [("coverage_rate_min", "最小"), ("coverage_rate_max", "最大")]
            columns += [
                SheetColumn((*head, what), by_area(rows, areas, column), RATE)
                for column, what in wanted
            ]
    notes = [
        f"店舗数の感度: 店舗が{rules.share:.0%}少ない場合と多い場合のカバー率（試算）",
        *sensitivity_ja(table, ctx.settings),
        rules.source,
    ]
    return Sheet(title, notes, columns, frozen=3, bold=total_rows(areas))
