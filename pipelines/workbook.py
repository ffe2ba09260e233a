"""The workbook ``municipalities.xlsx``: a sheet per theme, comparisons, definitions and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.codes import prefecture
from coverage_gis.export.xlsx import PEOPLE, RATE, Sheet, SheetColumn
from coverage_gis.export.xlsx import write_workbook as write
from coverage_gis.report.build import first_year
from pipelines import workbook_compare as compare
from pipelines import workbook_measures as measures
from pipelines import workbook_medical as medical
from pipelines import workbook_outlook as outlook
from pipelines import workbook_shelters as shelters
from pipelines import workbook_transit as transit
from pipelines import workbook_years as years
from pipelines.figures import headline
from pipelines.words import (
    SYNTHETIC,
    attribution_notes,
    completeness_ja,
    headline_ja,
    method_ja,
    warnings_ja,
)
from pipelines.words_outlook import sensitivity_ja
from pipelines.words_transit import both_counts_ja
from pipelines.workbook_parts import (
    AGES,
    AREA,
    METRICS,
    MODES,
    UNITS,
    area_columns,
    by_area,
    total_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from pipelines.stage import StageContext


def write_municipalities(ctx: StageContext, tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write the workbook of a run from its coverage and the tables of the stage ``measures``."""
    coverage = first_year(ctx.get("coverage", "coverage"))
    areas = coverage.drop_duplicates(AREA)[[*AREA, schema.AREA_NAME]].reset_index(drop=True)
    # comparisons are of municipalities; people, rates and supply are of medical areas too
    own = areas[areas[schema.AREA_LEVEL] != schema.MEDICAL_AREA].reset_index(drop=True)
    sheets = [
        _theme(ctx, coverage, areas, theme, label) for theme, label in ctx.settings.themes.items()
    ]
    sheets += [
        measures.daily(ctx, first_year(tables["daily_services"]), areas),
        measures.food(ctx, first_year(tables["food_access"])),
        measures.choice(ctx, tables["store_choice"], own),
        measures.closures(ctx, tables["store_closures"]),
        transit.sheet(ctx, first_year(tables["transit_people"]), areas),
        shelters.areas_sheet(ctx, areas),
        shelters.shelters_sheet(ctx),
        medical.floating(ctx, areas),
        medical.districts(ctx),
        years.years(ctx, ctx.get("coverage", "coverage"), tables, areas),
        outlook.support(ctx, tables["facility_support"]),
        outlook.sensitivity(ctx, tables["sensitivity"], own),
        compare.ranking(ctx, tables["ranking"]),
        compare.attainment(ctx, tables["attainment"]),
        compare.inequality(ctx, tables["inequality"]),
        compare.completeness(tables["completeness"]),
    ]
    kept = [s for s in sheets if s.columns]
    title = f"{ctx.options.pref.name_ja} 生活サービスの到達圏 市区町村別集計表"
    about = [_summary(ctx, tables, kept, title), *kept, _definitions(ctx)]
    write(path, about, title=title)


def _summary(
    ctx: StageContext, tables: Mapping[str, pd.DataFrame], sheets: Sequence[Sheet], title: str
) -> Sheet:
    completeness, drawn = tables["completeness"], tables["sensitivity"]
    figures = headline(ctx.get, ctx.settings, by_road=ctx.options.by_road)
    notes = [title, *headline_ja(figures, ctx.settings, ctx.options.pref)]
    if counts := both_counts_ja(figures):
        notes += ["", "■ 交通空白に住む人の2つの数え方", *(f"・{c}" for c in counts)]
    notes += ["", "■ 読むときの注意"]
    cautions = [*warnings_ja(ctx, figures), *completeness_ja(completeness)]
    cautions += sensitivity_ja(drawn, ctx.settings)
    notes += [f"・{w}" for w in dict.fromkeys(cautions)]
    notes += ["", "■ シート", *(f"・{s.notes[0]}" for s in sheets)]
    return Sheet("概要", notes)


def _theme(
    ctx: StageContext, coverage: pd.DataFrame, areas: pd.DataFrame, theme: str, label: str
) -> Sheet:
    """Return people and rates of a theme's services: one row per area, five columns per rate."""
    services = [s for s in ctx.settings.services.values() if s.theme == theme]
    mine = coverage[coverage[schema.SERVICE].isin([s.name for s in services])]
    if mine.empty:
        return Sheet(label)
    main = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    case = [schema.SERVICE, schema.MODE, schema.CUTOFF_UNIT, schema.CUTOFF]
    columns = area_columns(areas, 3)
    one = mine.drop_duplicates([*AREA, schema.AGE_GROUP])
    for group, name in AGES.items():
        values = by_area(one[one[schema.AGE_GROUP] == group], areas, schema.POPULATION)
        if values:
            columns.append(SheetColumn(("人口", "", name), values, PEOPLE))
    no_road = one[one[schema.AGE_GROUP] == "total"]
    columns.append(
        SheetColumn(
            ("人口", "", "うち道路データなし"),
            by_area(no_road, areas, schema.POPULATION_NO_ROAD),
            PEOPLE,
        )
    )
    ordered = {
        schema.SERVICE: _numbered(s.name for s in sorted(services, key=lambda s: not s.is_group)),
        schema.MODE: _numbered(MODES),
    }
    cases = mine[mine[schema.METRIC] == main].drop_duplicates(case)
    cases = cases.sort_values(
        case, key=lambda c: c.map(ordered[c.name]) if c.name in ordered else c, kind="stable"
    )
    for _, row in cases.iterrows():
        columns += _rates(ctx, mine, areas, row, main)
    notes = [
        f"{label}: 最寄りの施設まで一定の距離・時間の内に住む人の割合（カバー率）",
        (
            "カバー率＝圏内人口÷（人口－道路データなし）。基準（プリセット）の出典は「定義と出典」。"
            "圏外人口は全年齢。直線距離のカバー率は参考。15〜64歳のカバー率はcoverage.csvにある。"
        ),
    ]
    return Sheet(label, notes, columns, frozen=3, bold=total_rows(areas))


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _rates(
    ctx: StageContext, mine: pd.DataFrame, areas: pd.DataFrame, row: pd.Series, main: str
) -> list[SheetColumn]:
    service, mode = row[schema.SERVICE], row[schema.MODE]
    unit, cutoff = row[schema.CUTOFF_UNIT], row[schema.CUTOFF]
    same = mine[
        (mine[schema.SERVICE] == service)
        & (mine[schema.MODE] == mode)
        & (mine[schema.CUTOFF_UNIT] == unit)
        & (mine[schema.CUTOFF] == cutoff)
    ]
    labels = ctx.settings.coverage_presets
    presets = "・".join(labels[name].label_ja for name in dict.fromkeys(same[schema.PRESET]))
    same = same.drop_duplicates([*AREA, schema.AGE_GROUP, schema.METRIC])
    label = ctx.settings.services[service].label_ja
    top = f"{label} {MODES[mode]} {METRICS[main]} {cutoff:,.0f}{UNITS[unit]}"
    out = []
    for group, name in AGES.items():
        if group == "15to64":  # in coverage.csv: who can drive is asked about least
            continue
        rows = same[(same[schema.AGE_GROUP] == group) & (same[schema.METRIC] == main)]
        values = by_area(rows, areas, schema.COVERAGE_RATE)
        if values:
            out.append(SheetColumn((top, presets, f"カバー率 {name}"), values, RATE))
    total = same[(same[schema.AGE_GROUP] == "total") & (same[schema.METRIC] == main)]
    outside = total.assign(
        outside=total[schema.POPULATION]
        - total[schema.POPULATION_NO_ROAD]
        - total[schema.COVERED_POPULATION]
    )
    outside = outside[outside[schema.COVERAGE_RATE].notna()]
    out.append(SheetColumn((top, presets, "圏外人口"), by_area(outside, areas, "outside"), PEOPLE))
    straight = same[(same[schema.AGE_GROUP] == "total") & (same[schema.METRIC] == schema.STRAIGHT)]
    if main == schema.ROAD and len(straight):
        values = by_area(straight, areas, schema.COVERAGE_RATE)
        out.append(SheetColumn((top, presets, "参考: 直線"), values, RATE))
    known = total[total[schema.STORE_COMPLETENESS].notna()]
    if len(known):
        values = by_area(known, areas, schema.STORE_COMPLETENESS)
        out.append(SheetColumn((top, presets, "店舗の網羅率（県）"), values, RATE))
    return out


def _definitions(ctx: StageContext) -> Sheet:
    rules = ctx.settings.measures
    lines = ["定義と出典", "", "■ 方法と基準", *(f"・{line}" for line in method_ja(ctx))]
    lines += [
        f"・{p.name}: {p.label_ja}。確度{p.confidence}。出典: {p.source}"
        for p in rules.daily_services.values()
    ]
    lines += [
        f"・{rules.food_access.label_ja}。出典: {rules.food_access.source}",
        f"・{rules.choice.label_ja}。出典: {rules.choice.source}",
        *(
            f"・{r.label_ja}。出典: {r.source}"
            for r in (ctx.settings.outlook, ctx.settings.support, ctx.settings.sensitivity)
        ),
        "",
        "■ データの出典・ライセンス",
    ]
    lines += [
        "・" + " ".join(x for x in (n.title, n.edition, f"({n.licence})", n.attribution) if x)
        for n in attribution_notes(ctx)
    ]
    if ctx.options.pref.code == prefecture.DEMO:
        lines.insert(1, SYNTHETIC)
    return Sheet("定義と出典", lines)
