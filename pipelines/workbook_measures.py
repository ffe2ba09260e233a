"""Sheets of what people have around them: daily services, food, stores and their closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.export.xlsx import METRES, PEOPLE, RATE, Sheet, SheetColumn
from pipelines.workbook_parts import AGES, METRICS, area_columns, by_area, total_rows

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.stage import StageContext

_SHOWN = 100


def daily(ctx: StageContext, table: pd.DataFrame, areas: pd.DataFrame) -> Sheet:
    """Return 日常生活サービス: who has all of them, by every definition."""
    columns = area_columns(areas, 2)
    total = table[table[schema.AGE_GROUP] == "total"]
    columns.append(SheetColumn(("", "人口"), by_area(total, areas, schema.POPULATION), PEOPLE))
    for preset in ctx.settings.measures.daily_services.values():
        rows = table[table[schema.PRESET] == preset.name]
        names = {p.name: p.label_ja for p in preset.parts}
        unknown = str(rows["parts_without_data"].iloc[0]).split(";")
        head = preset.label_ja
        without = "・".join(names[u] for u in unknown if u in names)
        head += f"〈{without}はデータなし: 上限値〉" if without else ""
        for group, age in AGES.items():
            mine = rows[(rows[schema.AGE_GROUP] == group) & (rows["what"] == "all")]
            values = by_area(mine, areas, "people_rate")
            if values:
                columns.append(SheetColumn((head, f"すべて充足 {age}"), values, RATE))
        mine = rows[rows[schema.AGE_GROUP] == "total"]
        for what in dict.fromkeys(mine["what"]):
            if what in names:
                values = by_area(mine[mine["what"] == what], areas, "people_rate")
                columns.append(SheetColumn((head, f"{names[what]}の圏内率"), values, RATE))
            elif what.startswith("missing_") and what != "missing_0":
                values = by_area(mine[mine["what"] == what], areas, "people")
                number = what.removeprefix("missing_")
                columns.append(SheetColumn((head, f"{number}種不足の人口"), values, PEOPLE))
    notes = [
        "日常生活サービス: 医療・福祉・買い物・公共交通のすべてが徒歩圏にある人の割合",
        (
            f"{METRICS[str(table[schema.METRIC].iloc[0])]}による。本数の分からないバス停は頻度の条件を"
            "満たすとみなさない。基準の文言は未確認（確度C）のため、引用前に原典を確認のこと。"
        ),
    ]
    return Sheet("日常生活サービス", notes, columns, frozen=3, bold=total_rows(areas))


def food(ctx: StageContext, table: pd.DataFrame) -> Sheet:
    """Return 食料品アクセス (試算) with its own notes."""
    title = "食料品アクセス（試算）"
    if table.empty:
        return Sheet(title)
    rules = ctx.settings.measures.food_access
    columns = area_columns(table, 2)
    plan = [
        ("人口", "65歳以上", schema.POPULATION_65PLUS, PEOPLE),
        ("人口", "75歳以上", schema.POPULATION_75PLUS, PEOPLE),
        (rules.label_ja, "65歳以上 人", "difficult_65plus", PEOPLE),
        (rules.label_ja, "65歳以上 割合", "difficult_65plus_rate", RATE),
        (rules.label_ja, "75歳以上 人", "difficult_75plus", PEOPLE),
        (rules.label_ja, "75歳以上 割合", "difficult_75plus_rate", RATE),
        (
            "500 m以内に店舗がない確率（65歳以上平均）",
            "加重平均",
            "no_store_probability_65plus",
            RATE,
        ),
    ]
    plan += [
        (plan[-1][0], k.label_ja, f"no_{k.name}_probability_65plus", RATE) for k in rules.kinds
    ]
    for column in table.columns:
        if str(column).startswith("beyond_"):
            way = METRICS[str(column).split("_")[2]]
            top = "別の指標: 自動車の利用を問わず店舗（全種）まで一定距離を超える65歳以上"
            plan.append((top, f"{str(column).split('_')[1]}超（{way}）", str(column), RATE))
    columns += [SheetColumn((a, b), list(table[c]), f) for a, b, c, f in plan if c in table]
    notes = [
        "食料品アクセス: 店舗が500 m以内になく自動車を使えない65歳以上の人（試算。公式値ではない）",
        (
            f"自動車を使う割合は65〜74歳{rules.car_use_65to74:.1%}、75歳以上{rules.car_use_75plus:.1%}"
            f"（{rules.car_use_source}）を全域に用いた。直線500 mの確率による。"
            "右端の距離の指標とは定義が異なり、足したり比べたりできない。"
        ),
    ]
    return Sheet(title, notes, columns, frozen=3, bold=total_rows(table))


def choice(ctx: StageContext, table: pd.DataFrame, areas: pd.DataFrame) -> Sheet:
    """Return people by the number of stores within reach."""
    columns = area_columns(areas, 2)
    mine = table[table[schema.AGE_GROUP] == "total"] if len(table) else table
    if mine.empty:
        return Sheet("徒歩圏の店舗数")
    names = {
        "people_0": "なし（人）",
        "people_1": "1店だけ（人）",
        "people_2": "2店（人）",
        "people_3_or_more": "3店以上（人）",
    }
    columns.append(SheetColumn(("", "人口"), by_area(mine, areas, schema.POPULATION), PEOPLE))
    for (service, cutoff), rows in mine.groupby([schema.SERVICE, schema.CUTOFF], sort=False):
        way = METRICS[str(rows[schema.METRIC].iloc[0])]
        top = f"{ctx.settings.services[str(service)].label_ja} {way}{cutoff:,.0f} m以内の店舗数"
        columns += [
            SheetColumn((top, label), by_area(rows, areas, name), PEOPLE)
            for name, label in names.items()
        ]
        rate = by_area(rows, areas, "people_1_rate")
        columns.append(SheetColumn((top, "1店だけの割合"), rate, RATE))
    notes = [
        "徒歩圏の店舗数: 歩いて行ける店舗の数別の人口（「1店だけ」の人は閉店で徒歩圏の店を失う）",
        "店舗データの網羅率が低い所では、店舗数は実際より少ない。",
    ]
    return Sheet("徒歩圏の店舗数", notes, columns, frozen=3, bold=total_rows(areas))


def closures(ctx: StageContext, table: pd.DataFrame) -> Sheet:
    """Return the stores on which most people depend alone."""
    title = "閉店の影響"
    if table.empty:
        return Sheet(title)
    munis = ctx.get("origins", "municipalities")
    name_of = dict(zip(munis[schema.MUNI_CODE], munis[schema.NAME], strict=True))
    label_of = {s.name: s.label_ja for s in ctx.settings.services.values()}
    first = table[table["of_service"] == ctx.settings.measures.choice.services[0]]
    shown = first.head(_SHOWN)
    people = {"people_total": "全年齢", "people_65plus": "65歳以上", "people_75plus": "75歳以上"}
    top = "徒歩圏の店がここだけの人"
    columns = [
        SheetColumn(("", "店名"), [v or "（名称なし）" for v in shown[schema.NAME]], width=28),
        SheetColumn(("", "種類"), [label_of.get(v, v) for v in shown[schema.SERVICE]]),
        SheetColumn(
            ("", "市区町村"), [name_of.get(v, "県外・不明") for v in shown[schema.MUNI_CODE]]
        ),
        *(
            SheetColumn((top, label), list(shown[name]), PEOPLE)
            for name, label in people.items()
            if name in shown
        ),
        SheetColumn(("平均距離", "今（m）"), list(shown["mean_now_m"]), METRES),
        SheetColumn(("平均距離", "閉店後の次の店（m）"), list(shown["mean_then_m"]), METRES),
        SheetColumn(
            ("平均距離", "どの店にも行けなくなる人"), list(shown["people_then_none"]), PEOPLE
        ),
        SheetColumn(("", "ID"), list(shown[schema.DESTINATION_ID]), width=20),
    ]
    cutoff = float(shown[schema.CUTOFF].iloc[0])
    notes = [
        (
            f"閉店の影響: その店だけが{cutoff:,.0f} m以内にある人の多い順に{len(shown)}店"
            f"（該当{len(first):,}店。全部はstore_closures.csv）"
        ),
        "1店ずつ閉まるとした場合。データにない店が近くにあれば影響は小さい。",
    ]
    return Sheet(title, notes, columns, frozen=1)
