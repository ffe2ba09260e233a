"""Sheets of what may come: facilities with few people, fewer and more stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.coverage.sensitivity import AS_IS, FEWER, MORE
from coverage_gis.coverage.support import BELOW_FROM, NOW, SUPPORT
from coverage_gis.export.xlsx import PEOPLE, RATE, Sheet, SheetColumn
from pipelines.words_outlook import sensitivity_ja
from pipelines.workbook_parts import (
    AGES,
    METRICS,
    area_columns,
    by_area,
    total_rows,
)

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.stage import StageContext

_SHOWN = 50
_GROUPS = ("total", "65plus", "75plus")


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
        f"〈{ctx.settings.coverage_presets[str(first[schema.PRESET])].label_ja}〉"
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
