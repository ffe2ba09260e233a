"""Sheets of medical supply per head and of candidate districts without a doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_gis import schema
from coverage_gis.coverage.floating import DECILES, MEAN
from coverage_gis.export.xlsx import METRES, NUMBER, PEOPLE, Sheet, SheetColumn
from coverage_gis.settings import BY_CAPACITY, BY_COUNT
from pipelines.medical_files import doctorless_ja
from pipelines.workbook_parts import METRICS, area_columns, by_area, total_rows

if TYPE_CHECKING:
    import pandas as pd

    from coverage_gis.settings import CatchmentPreset
    from pipelines.stage import StageContext

_SUPPLY: Final = "0.00"
_ONE_DECIMAL: Final = "0.0"
TRANSPORT_JA: Final = {
    "none": "なし",
    "few": "基準の往復数以下",
    "unknown": "不明",
    "enough": "基準を超える（要確認）",
}


def floating(ctx: StageContext, areas: pd.DataFrame) -> Sheet:
    """Return supply per 1,000 people by area, a block of columns per floating catchment."""
    title = "医療の供給（2SFCA）"
    table = ctx.get("catchments", "floating_catchment")
    if table.empty:
        return Sheet(title)
    total = table[table[schema.AGE_GROUP] == "total"]
    columns = area_columns(areas, 2)
    columns.append(SheetColumn(("", "人口"), by_area(total, areas, schema.POPULATION), PEOPLE))
    notes = [
        "医療の供給: 圏内の医療の供給を、そこに行ける人で分け合った1,000人あたりの量（2SFCA）",
        (
            "県外の圏内の人も分母に数え、集計には含めない。10%の人・半数の人は、少ない方から並べた"
            f"ときの値。{METRICS[str(total[schema.METRIC].iloc[0])]}による。"
        ),
    ]
    for preset in ctx.settings.medical.catchments.values():
        mine = total[total[schema.PRESET] == preset.name]
        if mine.empty:
            continue
        by = str(mine["supply"].iloc[0])
        head = f"{preset.label_ja} {unit_of(preset, by)}/1,000人"
        columns += [
            SheetColumn((head, "平均"), by_area(mine, areas, MEAN), _SUPPLY),
            SheetColumn((head, "10%の人はこれ以下"), by_area(mine, areas, DECILES[0]), _SUPPLY),
            SheetColumn((head, "半数の人はこれ以下"), by_area(mine, areas, DECILES[4]), _SUPPLY),
            SheetColumn((head, "圏内に何もない人"), by_area(mine, areas, "people_none"), PEOPLE),
        ]
        notes.append(f"{preset.label_ja}: {_source(preset, by, mine)}")
    return Sheet(title, notes, columns, frozen=3, bold=total_rows(areas))


def unit_of(preset: CatchmentPreset, by: str) -> str:
    """Return what one unit of supply is called: facilities where no capacity is known."""
    return "施設" if by == BY_COUNT and preset.supply == BY_CAPACITY else preset.unit_ja


def districts(ctx: StageContext) -> Sheet:
    """Return the candidate districts, most people first."""
    title = "無医地区の候補（試算）"
    try:
        found = ctx.get("medical", "districts")
    except KeyError:  # left out for want of institutions
        return Sheet(title)
    if found.empty:
        return Sheet(title)
    plan = [
        ("番号", "district_id", "@"),
        ("市区町村", "muni_name", "@"),
        ("集落・地区", schema.PLACE_NAME, "@"),
        ("中心メッシュ", "centre_mesh_code", "@"),
        ("人口", schema.POPULATION, PEOPLE),
        ("65歳以上", schema.POPULATION_65PLUS, PEOPLE),
        ("75歳以上", schema.POPULATION_75PLUS, PEOPLE),
        ("メッシュ数", "cells", NUMBER),
        ("最寄りの医療機関", "institution_name", "@"),
        ("直線距離 m", "institution_m", METRES),
        ("車 分", "institution_drive_min", _ONE_DECIMAL),
    ]
    columns = [SheetColumn((head,), list(found[c]), f) for head, c, f in plan if c in found]
    columns += [
        SheetColumn(("定期交通機関",), [TRANSPORT_JA[v] for v in found["transport"]], width=22),
        SheetColumn(("本数/日",), list(found["transport_trips"]), NUMBER),
        SheetColumn(("県外・海にかかる",), ["はい" if v else "" for v in found["over_border"]]),
    ]
    rules = ctx.settings.medical.doctorless
    notes = [
        (
            f"{rules.label_ja}: 医療機関から{rules.radius_m / 1000:g} kmを超える所に"
            f"{rules.min_people:g}人以上がまとまって住む所"
            f"（{len(found)}地区、{found[schema.POPULATION].sum():,.0f}人）"
        ),
        *doctorless_ja(ctx),
    ]
    return Sheet(title, notes, columns, frozen=2)


def _source(preset: CatchmentPreset, by: str, mine: pd.DataFrame) -> str:
    text = preset.source
    unknown = int(mine["facilities_of_unknown_supply"].iloc[0])
    number = int(mine["facilities"].iloc[0])
    if by == BY_COUNT and preset.supply == BY_CAPACITY:
        text += f"。病床数のデータがないため、{number:,}施設を1施設ずつ数えた"
    elif unknown:
        text += f"。{number:,}施設のうち{unknown:,}施設は数が分からず、その圏内の値は下限"
    return f"{text}。"
