"""Sheets that compare: ranks, municipalities that reach a rate, inequality, completeness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.export.xlsx import GINI, METRES, NUMBER, PEOPLE, RATE, Sheet, SheetColumn
from pipelines.words import completeness_ja
from pipelines.workbook_parts import AGES, LEVELS, METRICS, case_columns

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.stage import StageContext


def ranking(ctx: StageContext, table: pd.DataFrame) -> Sheet:
    """Return each municipality among all and among its peers."""
    title = "順位と類似団体"
    main = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    if table.empty:
        return Sheet(title)
    mine = table[
        (table[schema.AGE_GROUP] == "total")
        & (table[schema.METRIC] == main)
        & table[schema.COVERAGE_RATE].notna()
    ].reset_index(drop=True)
    if mine[schema.AREA_CODE].nunique() < 2:
        return Sheet(title)
    counted = mine[schema.POPULATION] - mine[schema.POPULATION_NO_ROAD]
    least = ctx.settings.measures.comparison.few_people
    columns = [
        SheetColumn(("コード",), list(mine[schema.AREA_CODE]), width=8),
        SheetColumn(("市町村",), list(mine[schema.AREA_NAME])),
        *case_columns(ctx, mine),
        SheetColumn(("人口",), list(mine[schema.POPULATION]), PEOPLE),
        SheetColumn(("率に数える人",), list(counted), PEOPLE),
        SheetColumn(("参考値",), ["※" if few else "" for few in counted < least], width=8),
        SheetColumn(("カバー率",), list(mine[schema.COVERAGE_RATE]), RATE),
        SheetColumn(("県内順位",), list(mine["rank"]), NUMBER),
        SheetColumn(("県内の数",), list(mine["rank_of"]), NUMBER),
        SheetColumn(("類似団体内順位",), list(mine["peer_rank"]), NUMBER),
        SheetColumn(("類似団体の数",), list(mine["peer_rank_of"]), NUMBER),
        SheetColumn(("類似団体の平均",), list(mine["peer_mean_rate"]), RATE),
        SheetColumn(("類似団体",), list(mine["peer_names"]), width=48),
    ]
    count = ctx.settings.measures.comparison.peers
    notes = [
        "順位と類似団体: 県内と、人口の近い市町村の中での順位（全年齢。1が最も高い）",
        f"類似団体は県内で人口の比が最も近い{count}市町村。順位の数には自らを含み、平均には含まない。",
        f"※: 率に数える人（道路データのある所に住む人）が{least:,.0f}人未満で、率と順位は参考値。",
    ]
    return Sheet(title, notes, columns, frozen=2)


def attainment(ctx: StageContext, table: pd.DataFrame) -> Sheet:
    """Return the share of municipalities that reach each rate."""
    title = "達成市町村の割合"
    if table.empty:
        return Sheet(title)
    wide = table.pivot_table(
        index=list(table.columns[: list(table.columns).index("rate")]),
        columns="rate",
        values="municipality_share",
        sort=False,
    ).reset_index()
    number = table["municipalities"].max()
    columns = [*case_columns(ctx, wide)]
    columns += [
        SheetColumn(("年齢",), [AGES[v] for v in wide[schema.AGE_GROUP]]),
        SheetColumn(("距離",), [METRICS[v] for v in wide[schema.METRIC]]),
    ]
    columns += [
        SheetColumn((f"{rate:.0%}以上",), list(wide[rate]), RATE)
        for rate in ctx.settings.measures.comparison.rates
    ]
    notes = [
        "達成市町村の割合: カバー率がその水準以上である市町村の割合（人ではなく市町村の数による）",
        f"道路データのある市町村のみ（最大{number}市町村）。",
    ]
    return Sheet(title, notes, columns, frozen=1)


def inequality(ctx: StageContext, table: pd.DataFrame) -> Sheet:
    """Return deciles and Gini coefficients."""
    title = "公平性"
    if table.empty:
        return Sheet(title)
    mine = table[table["people"] > 0].reset_index(drop=True)
    services = ctx.settings.services
    columns = [
        SheetColumn(("区分",), [LEVELS[v] for v in mine[schema.AREA_LEVEL]], width=8),
        SheetColumn(("名称",), list(mine[schema.AREA_NAME])),
        SheetColumn(("サービス",), [services[v].label_ja for v in mine[schema.SERVICE]]),
        SheetColumn(("年齢",), [AGES[v] for v in mine[schema.AGE_GROUP]], width=10),
        SheetColumn(("人口",), list(mine["people"]), PEOPLE),
        SheetColumn(("到達できない人",), list(mine["people_unreachable"]), PEOPLE),
        SheetColumn(("平均 m",), list(mine["mean_m"]), METRES),
        *(
            SheetColumn((f"近い方から{n}割 m",), list(mine[f"decile_{n}_m"]), METRES)
            for n in range(1, 10)
        ),
        SheetColumn(("ジニ係数",), list(mine["gini"]), GINI),
    ]
    way = METRICS[str(mine[schema.METRIC].iloc[0])] if len(mine) else ""
    notes = [
        f"公平性: 最寄りの施設までの徒歩の{way}を、近い人から順に並べた十分位とジニ係数",
        (
            "「近い方から3割」が400 mなら、3割の人は400 m以内に住む。ジニ係数0は全員が同じ距離。"
            "セルの中心で測る。"
        ),
    ]
    return Sheet(title, notes, columns, frozen=2)


def completeness(table: pd.DataFrame) -> Sheet:
    """Return the stores of the run beside the official ones."""
    if table.empty:
        return Sheet("店舗データの網羅率")
    columns = [
        SheetColumn(("種類",), list(table["label_ja"])),
        SheetColumn(("この集計の店舗数（県内）",), list(table["stores_in_run"]), PEOPLE),
        SheetColumn(("公的統計の店舗数（県）",), list(table["official_stores"]), PEOPLE),
        SheetColumn(("網羅率",), list(table["completeness"]), RATE),
        SheetColumn(("統計の年",), list(table["official_year"]), NUMBER),
        SheetColumn(("統計",), list(table["official_source"]), width=56),
    ]
    notes = [
        "店舗データの網羅率: この集計が知る店舗の数を、公的統計の店舗数と比べたもの",
        *completeness_ja(table),
    ]
    return Sheet("店舗データの網羅率", notes, columns, frozen=1)
