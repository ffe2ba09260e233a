"""Sheets of room in shelters: by municipality, and the shelters themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_gis import schema
from coverage_gis.export.xlsx import METRES, PEOPLE, RATE, Sheet, SheetColumn
from coverage_gis.facilities.capacity import BASIS, FROM_AREA, PUBLISHED, UNKNOWN
from pipelines.workbook_parts import METRICS, area_columns, by_area, total_rows

if TYPE_CHECKING:
    import pandas as pd

    from coverage_gis.settings import ShelterSettings
    from pipelines.stage import StageContext

_SHOWN: Final = 200
_DENSITY: Final = "0.00"
_ONE_DECIMAL: Final = "0.0"
_MINUTE_S: Final = 60.0
BASIS_JA: Final = {PUBLISHED: "公表値", FROM_AREA: "面積から換算", UNKNOWN: "不明"}
_OUTCOMES: Final = (
    ("people_with_room", "入れる見込み（人）"),
    ("people_unknown", "不明（人）"),
    ("people_short", "入れない見込み（人）"),
    ("people_out_of_reach", "歩ける範囲に避難所なし（人）"),
)
_CLIMBS: Final = (
    ("people_climbing", "のぼる人（人）"),
    ("people_height_unknown", "標高が不明（人）"),
)
_STOCK: Final = (
    ("shelters", "箇所数"),
    ("shelters_capacity_known", "うち収容人数が分かる"),
    ("capacity_known", "分かる収容人数の計"),
    ("floor_area_known_m2", "分かる床面積の計（m²）"),
)
_NEEDS: Final = (
    ("area_needed_m2", "床面積（m²）"),
    ("toilets_onset", "トイレ 発災当初（基）"),
    ("toilets_midterm", "トイレ 中期（基）"),
    ("baths", "入浴施設"),
)


def areas_sheet(ctx: StageContext, areas: pd.DataFrame) -> Sheet:
    """Return who finds room, by area, for every share of people who are evacuated."""
    title = "避難所の収容力（試算）"
    table = ctx.get("shelters", "areas")
    if table.empty:
        return Sheet(title)
    rules = ctx.settings.shelters
    total = table[table[schema.AGE_GROUP] == "total"]
    main = total[total["evacuating_share"] == rules.evacuating_shares[0]]
    columns = area_columns(areas, 2)
    columns.append(SheetColumn(("", "人口"), by_area(main, areas, schema.POPULATION), PEOPLE))
    no_road = by_area(main, areas, schema.POPULATION_NO_ROAD)
    columns.append(SheetColumn(("", "うち道路データなし"), no_road, PEOPLE))
    columns += [
        SheetColumn(("避難所（区域内）", label), by_area(main, areas, name), PEOPLE)
        for name, label in _STOCK
    ]
    for share in rules.evacuating_shares:
        rows = total[total["evacuating_share"] == share]
        head = f"避難者が人口の{share:.0%}のとき"
        columns += [
            SheetColumn((head, label), by_area(rows, areas, name), PEOPLE)
            for name, label in _OUTCOMES
        ]
        columns += [
            SheetColumn((head, "不明の割合"), by_area(rows, areas, "unknown_rate"), RATE),
            SheetColumn(
                (head, "入れない人 少なくとも"),
                by_area(rows, areas, "people_short_at_least"),
                PEOPLE,
            ),
            SheetColumn(
                (head, "入れない人 多くとも"), by_area(rows, areas, "people_short_at_most"), PEOPLE
            ),
        ]
        if rows["people_climbing"].notna().any():
            columns += [
                SheetColumn((head, label), by_area(rows, areas, name), PEOPLE)
                for name, label in _CLIMBS
            ]
        columns += [
            SheetColumn((f"{head}に必要なもの", label), by_area(rows, areas, name), PEOPLE)
            for name, label in _NEEDS
        ]
    way = METRICS[str(table[schema.METRIC].iloc[0])]
    return Sheet(title, area_notes(rules, way), columns, frozen=3, bold=total_rows(areas))


def area_notes(rules: ShelterSettings, way: str) -> list[str]:
    """Return what the figures mean, in Japanese."""
    sphere = rules.sphere
    return [
        "避難所の収容力（試算）: 歩いて行ける指定避難所に、収容人数の範囲で入れる人と入れない人",
        (
            f"{way}{rules.reach_m:,.0f} m以内の避難所に、どこも収容人数を超えないように、"
            "なるべく多くの人が入り、歩く距離の合計が最小になるよう割り当てた。最寄りの避難所の収容人数が公表されていない人は"
            "「不明」で、0人ではない。「少なくとも」「多くとも」は、不明の避難所に全員が入れる場合と"
            "1人も入れない場合。"
        ),
        (
            f"必要なもの: {sphere.label_ja}。1人{sphere.area_m2_per_person:g} m²、トイレは発災当初"
            f"{sphere.people_per_toilet_onset:g}人・中期{sphere.people_per_toilet_midterm:g}人に1基、"
            f"入浴施設{sphere.people_per_bath:g}人に1つ。道路データのない所の人は含まない。"
        ),
        climb_note(rules),
    ]


def climb_note(rules: ShelterSettings) -> str:
    """Return what climbing to a shelter means, in Japanese."""
    return (
        f"のぼる人: 避難所の標高が住む所より{rules.climb_m:g} mを超えて高い人（本ツール独自の目安。"
        "標高データがあるときだけ）。洪水や津波では高い方が安全なので、良し悪しではない。"
    )


def shelters_sheet(ctx: StageContext) -> Sheet:
    """Return the shelters with most people beyond their capacity, then with most people."""
    title = "避難所ごとの人数（試算）"
    rules = ctx.settings.shelters
    table = ctx.get("shelters", "shelters")
    if "people_nearest" not in table:
        return Sheet(title)
    share = rules.evacuating_shares[0]
    mine = table[(table["evacuating_share"] == share) & table["people_nearest"].notna()]
    order = ["shortfall_nearest", "people_nearest", schema.DESTINATION_ID]
    shown = mine.sort_values(order, ascending=[False, False, True]).head(_SHOWN)
    if shown.empty:
        return Sheet(title)
    nearest, assigned = "最寄りの人が全員来たら", "収容人数の範囲で割り当てたら"
    needs = f"割り当てた人に（{rules.sphere.label_ja}）"
    plan = [
        ("収容人数", "人", schema.CAPACITY, PEOPLE),
        ("収容人数", "床面積（m²）", "floor_area_m2", PEOPLE),
        (nearest, "人", "people_nearest", PEOPLE),
        (nearest, "収容人数の何倍", "load_nearest", _DENSITY),
        (nearest, "あふれる人", "shortfall_nearest", PEOPLE),
        (nearest, "1人あたり m²", "m2_per_person_nearest", _DENSITY),
        (assigned, "人", "people_assigned", PEOPLE),
        (assigned, "空き（人）", "places_free", PEOPLE),
        (assigned, "平均の歩く距離（m）", "mean_walk_m", METRES),
        (assigned, "1人あたり m²", "m2_per_person_assigned", _DENSITY),
        (
            assigned,
            f"{rules.sphere.area_m2_per_person:g} m²を確保できない人",
            "people_beyond_sphere",
            PEOPLE,
        ),
        (needs, "トイレ 発災当初（基）", "toilets_onset", PEOPLE),
        (needs, "トイレ 中期（基）", "toilets_midterm", PEOPLE),
        (needs, "入浴施設", "baths", PEOPLE),
    ]
    climb = "住む所からのぼる高さ"
    if shown["height_m"].notna().any():
        plan += [
            (climb, "避難所の標高（m）", "height_m", METRES),
            (climb, "最寄りの人 平均（m）", "mean_climb_nearest_m", METRES),
            (climb, "最寄りの人 のぼる人", "people_climbing_nearest", PEOPLE),
            (climb, "割り当てた人 平均（m）", "mean_climb_assigned_m", METRES),
            (climb, "割り当てた人 のぼる人", "people_climbing_assigned", PEOPLE),
        ]
    basis = [BASIS_JA[v] for v in shown[BASIS]]
    if "mean_walk_s" in shown:
        shown = shown.assign(mean_walk_min=shown["mean_walk_s"] / _MINUTE_S)
        plan.insert(9, (assigned, "平均の歩く時間（分）", "mean_walk_min", _ONE_DECIMAL))
    columns = [
        SheetColumn(("", "避難所"), list(shown[schema.NAME]), width=28),
        SheetColumn(("", "市区町村"), list(shown["muni_name"].fillna("県外・不明"))),
        SheetColumn(("収容人数", "根拠"), basis),
        *(SheetColumn((a, b), list(shown[c]), f) for a, b, c, f in plan),
        SheetColumn(("", "ID"), list(shown[schema.DESTINATION_ID]), width=20),
    ]
    notes = [
        (
            f"避難所ごとの人数（試算）: 避難者が人口の{share:.0%}のとき、あふれる人の多い順に"
            f"{len(shown):,}か所（全{len(mine):,}か所と他の割合はshelters.csv）"
        ),
        (
            "収容人数が不明の避難所は空欄（0ではない）で、最寄りの人が全員来るものとしている。"
            "公表の床面積は廊下や倉庫を含むことがある。"
        ),
        climb_note(rules),
    ]
    return Sheet(title, notes, columns, frozen=1)
