"""``japan.xlsx``: the country, its prefectures and its municipalities side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_gis import schema
from coverage_gis.codes.prefecture import PREFECTURES
from coverage_gis.coverage.nation import PREFECTURES_N, rate_column
from coverage_gis.export.xlsx import NUMBER, PEOPLE, RATE, Sheet, SheetColumn, write_workbook
from coverage_gis.vacuum.by_area import BY_CELL, DEFINITION
from coverage_gis.vacuum.nation import (
    BY_SHARE,
    EVERYBODY,
    UNKNOWN_PEOPLE,
    VACUUM_SHARE,
    vacuum_by_prefecture,
)
from pipelines.workbook_parts import AGES, METRICS, MODES, UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from coverage_gis.settings import Settings
    from pipelines.japan.gather import Gathered
    from pipelines.japan.tasks import Failure

_TITLE = "全国 生活サービスの到達圏 都道府県・市区町村別集計表"


def write_japan(
    path: Path,
    nation: Gathered,
    areas: pd.DataFrame,
    totals: pd.DataFrame,
    *,
    settings: Settings,
    failures: Sequence[Failure],
) -> None:
    """Write the workbook: a summary, the country, prefectures, municipalities."""
    everybody = totals[totals[schema.AGE_GROUP] == "total"]
    ranked = everybody[[f"{rate_column(row)}_rank" in areas for _, row in everybody.iterrows()]]
    cases = ranked.drop_duplicates(
        [schema.SERVICE, schema.MODE, schema.METRIC, schema.CUTOFF, schema.CUTOFF_UNIT]
    )
    sheets = [
        _summary(nation, failures),
        _national(totals, settings),
        _areas("都道府県", areas[areas[schema.AREA_LEVEL] == schema.PREFECTURE], cases, settings),
        _areas("市区町村", areas[areas[schema.AREA_LEVEL] == schema.MUNICIPALITY], cases, settings),
    ]
    if len(nation.vacuum):
        sheets.append(_vacuum(nation.vacuum, settings))
    write_workbook(path, sheets, title=_TITLE)


def _summary(nation: Gathered, failures: Sequence[Failure]) -> Sheet:
    notes = [
        _TITLE,
        f"集計した都道府県: {len(nation.codes)} ({'、'.join(nation.codes)})",
        "全国の値は、集計した都道府県の合計です。47都道府県がそろわない場合は全国値ではありません。",
    ]
    notes += [
        f"・集計できなかった都道府県: {f.pref.name_ja} ({f.where}): {f.sentence}" for f in failures
    ]
    notes += [
        "",
        "■ 読むときの注意",
        (
            "・カバー率＝圏内人口÷（人口－道路データなし）。"
            "順位は値の大きい順（1位が最も高い）、同率は同順位。"
        ),
        "・区は市の内訳なので、この表には載せていません。区と、年齢別の率は areas.csv にあります。",
        "・店舗などの網羅率は都道府県で異なります。各都道府県の completeness.csv を見てください。",
        "",
        "■ データの出典",
    ]
    sources = {
        (s["title"], s["licence"], s["attribution"])
        for record in nation.records.values()
        for s in record["sources"]
    }
    notes += [f"・{title} ({licence}) {by}" for title, licence, by in sorted(sources)]
    return Sheet("概要", notes)


def _national(totals: pd.DataFrame, settings: Settings) -> Sheet:
    presets = {p.name: p.label_ja for p in settings.coverage_presets.values()}
    columns = [
        SheetColumn(("サービス",), [_label(s, settings) for s in totals[schema.SERVICE]], width=28),
        SheetColumn(("手段",), totals[schema.MODE].map(MODES).tolist()),
        SheetColumn(("距離",), totals[schema.METRIC].map(METRICS).tolist()),
        SheetColumn(("基準",), totals[schema.PRESET].map(presets).tolist(), width=34),
        SheetColumn(("上限",), totals[schema.CUTOFF].tolist(), NUMBER),
        SheetColumn(("単位",), totals[schema.CUTOFF_UNIT].map(UNITS).tolist()),
        SheetColumn(("年齢",), [AGES.get(g, g) for g in totals[schema.AGE_GROUP]]),
        SheetColumn(("都道府県の数",), totals[PREFECTURES_N].tolist(), NUMBER),
        SheetColumn(("人口",), totals[schema.POPULATION].tolist(), PEOPLE),
        SheetColumn(("圏内人口",), totals[schema.COVERED_POPULATION].tolist(), PEOPLE),
        SheetColumn(("道路データなし",), totals[schema.POPULATION_NO_ROAD].tolist(), PEOPLE),
        SheetColumn(("カバー率",), totals[schema.COVERAGE_RATE].tolist(), RATE),
    ]
    notes = [
        "全国: 集計した都道府県の合計",
        "施設データのない都道府県は「都道府県の数」に入りません。",
    ]
    return Sheet("全国", notes, columns, frozen=1)


def _areas(title: str, areas: pd.DataFrame, cases: pd.DataFrame, settings: Settings) -> Sheet:
    def column(heads: tuple[str, str], name: str, form: str) -> SheetColumn:
        values: list[Any] = areas[name].astype(object).where(areas[name].notna(), None).tolist()
        return SheetColumn(heads, values, form)

    homes = [PREFECTURES[code].name_ja for code in areas[schema.PREF_CODE]]
    columns = [
        SheetColumn(("コード", ""), areas[schema.AREA_CODE].tolist(), width=9),
        SheetColumn(("都道府県", ""), homes, width=10),
        SheetColumn(("地域", ""), areas[schema.AREA_NAME].tolist()),
    ]
    for group, name in AGES.items():
        people = schema.AGE_GROUPS[group]
        if areas[people].notna().any():
            columns.append(column(("人口", name), people, PEOPLE))
    columns.append(column(("人口", "うち道路データなし"), schema.POPULATION_NO_ROAD, PEOPLE))
    for _, case in cases.iterrows():
        head = (
            f"{_label(case[schema.SERVICE], settings)} {MODES[case[schema.MODE]]} "
            f"{METRICS[case[schema.METRIC]]} {case[schema.CUTOFF]:,.0f}"
            f"{UNITS[case[schema.CUTOFF_UNIT]]}"
        )
        name = rate_column(case)
        columns.append(column((head, "カバー率"), name, RATE))
        columns.append(column((head, "順位"), f"{name}_rank", NUMBER))
    return Sheet(title, [f"{title}別のカバー率と順位"], columns, frozen=3)


def _vacuum(people: pd.DataFrame, settings: Settings) -> Sheet:
    """Return who lives in 交通空白 by definition: all prefectures together, then each."""
    presets = {p.name: p.label_ja for p in settings.vacuum_presets.values()}
    table = vacuum_by_prefecture(people, list(presets))
    whole = table[schema.PREF_CODE] == EVERYBODY
    names = {code: pref.name_ja for code, pref in PREFECTURES.items()}
    names[EVERYBODY] = "集計した都道府県の計"
    columns = [
        SheetColumn(("定義",), table[DEFINITION].map(presets).tolist(), width=40),
        SheetColumn(("距離",), table[schema.METRIC].map(METRICS).tolist(), width=10),
        SheetColumn(("地域",), table[schema.PREF_CODE].map(names).tolist(), width=20),
        SheetColumn(("空白 人（按分）",), table[BY_SHARE].tolist(), PEOPLE),
        SheetColumn(("空白 人（セル単位）",), table[BY_CELL].tolist(), PEOPLE),
        SheetColumn(("空白 割合",), table[VACUUM_SHARE].tolist(), RATE),
        SheetColumn(("本数不明 人（按分）",), table[UNKNOWN_PEOPLE].tolist(), PEOPLE),
        SheetColumn(("道路データなし 人",), table[schema.POPULATION_NO_ROAD].tolist(), PEOPLE),
    ]
    notes = [
        "交通空白の人口: 定義ごと、都道府県ごと",
        "割合＝空白の人口（按分）÷（人口－道路データなし）。定義の出典は各都道府県の集計表にあります。",
        "時刻表データ（GTFS）の有無は都道府県で異なります。ない事業者の地域は空白が過大になります。",
    ]
    return Sheet(
        "交通空白", notes, columns, frozen=3, bold=frozenset(np.flatnonzero(whole).tolist())
    )


def _label(service: str, settings: Settings) -> str:
    return settings.services[service].label_ja
