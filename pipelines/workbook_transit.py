"""The sheet of public transport: people by class of 交通空白 and by service quality A to F."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.export.xlsx import PEOPLE, RATE, Sheet, SheetColumn
from coverage_gis.maps.classes import TRANSIT_LABELS_JA
from coverage_gis.vacuum.by_area import BY_CELL, CLASS, DEFINITION, SHARE_OF_PEOPLE, people_by_area
from coverage_gis.vacuum.classes import QUALITY, TRANSIT
from pipelines.workbook_parts import AGES, METRICS, area_columns, by_area, total_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.peoples import People
    from pipelines.stage import StageContext

TITLE: Final = "交通空白"
SERVICE_QUALITY: Final = "service_quality"
_CLASSES_JA: Final = {
    **dict(zip(schema.TRANSIT_CLASSES, TRANSIT_LABELS_JA, strict=True)),
    schema.NO_ROAD: "道路データなし",
}
_QUALITIES_JA: Final = {schema.UNKNOWN: "不明（本数）", schema.NO_SERVICE: "なし"}


def transit_people(ctx: StageContext, peoples: Sequence[People]) -> pd.DataFrame:
    """Return people by class in every area: every definition, both metrics, quality, all years."""
    transit, quality = ctx.get("vacuum", "transit"), ctx.get("vacuum", "quality")
    tables = [
        people_by_area(rows, people.areas, TRANSIT, str(preset), people.labels)
        for people in peoples
        for (preset, _), rows in transit.groupby([schema.PRESET, schema.METRIC], sort=False)
    ]
    tables += [
        people_by_area(rows, people.areas, QUALITY, SERVICE_QUALITY, people.labels)
        for people in peoples
        for _, rows in quality.groupby(schema.METRIC, sort=False)
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def sheet(ctx: StageContext, table: pd.DataFrame, areas: pd.DataFrame) -> Sheet:
    """Return one row per area: people and shares by class; empty without stations and stops."""
    if table.empty:
        return Sheet(TITLE)
    preset = ctx.settings.vacuum_presets[ctx.settings.run.default_vacuum_preset]
    quality = ctx.settings.service_quality
    columns = area_columns(areas, 2)
    total = table[table[schema.AGE_GROUP] == "total"]
    for metric in total[schema.METRIC].unique():
        mine = total[(total[DEFINITION] == preset.name) & (total[schema.METRIC] == metric)]
        head = f"{preset.label_ja}（{METRICS[metric]}）"
        for name, label in _CLASSES_JA.items():
            people = mine[mine[CLASS] == name]
            if people[schema.POPULATION].any():
                values = by_area(people, areas, schema.POPULATION)
                columns.append(SheetColumn((head, f"{label} 人（按分）"), values, PEOPLE))
            if name == schema.VACUUM:
                values = by_area(people, areas, BY_CELL)
                columns.append(SheetColumn((head, f"{label} 人（セル単位）"), values, PEOPLE))
        for group in table[schema.AGE_GROUP].unique():
            rows = table[
                (table[DEFINITION] == preset.name)
                & (table[schema.METRIC] == metric)
                & (table[schema.AGE_GROUP] == group)
                & (table[CLASS] == schema.VACUUM)
            ]
            values = by_area(rows, areas, SHARE_OF_PEOPLE)
            columns.append(SheetColumn((head, f"空白の割合 {AGES[group]}"), values, RATE))
    for metric in total[schema.METRIC].unique():
        mine = total[(total[DEFINITION] == SERVICE_QUALITY) & (total[schema.METRIC] == metric)]
        head = f"{quality.label_ja}（{METRICS[metric]}）の人口割合"
        for name in schema.QUALITIES:
            values = by_area(mine[mine[CLASS] == name], areas, SHARE_OF_PEOPLE)
            columns.append(SheetColumn((head, _QUALITIES_JA.get(name, name)), values, RATE))
    notes = [
        "交通空白: 区分ごとの人口と割合、公共交通サービス水準 A〜F（試案）の人口割合",
        (
            f"定義は{preset.label_ja}（{preset.name}。{preset.source}）。按分はセル内の地点ごとの区分による人口、セル単位は"
            "区分が空白であるセル（地図・vacuum/の区域と同じ）の全員。割合は按分により、道路データの"
            "ある人に対するもの。道路データのある人のいない地域の区分は不明（空欄）。"
            f"他の定義と将来の年は transit_people.csv。{quality.source}。"
        ),
    ]
    return Sheet(TITLE, notes, columns, frozen=3, bold=total_rows(areas))
