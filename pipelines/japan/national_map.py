"""The content of the national map, from what the prefectures' runs left."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from coverage_gis import schema
from coverage_gis.codes import prefecture
from coverage_gis.coverage.nation import national_totals, rate_column, reached_by_roads
from coverage_gis.maps import classes
from coverage_gis.maps.model import SourceNote
from coverage_gis.maps.nation import NationContent, PrefectureCells, Rate
from coverage_gis.store import artifacts
from pipelines.runner import WORK
from pipelines.stages.maps import INDEX

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from coverage_gis.maps.model import Indicator
    from coverage_gis.settings import Service, Settings
    from pipelines.japan.gather import Gathered
    from pipelines.japan.options import JapanOptions

ALL_BUT_EVERYBODY = 0.99
"""Share of people with roads above which nothing is said of the rest."""
_THEMES = ("evacuation", "transit")
"""Themes whose services are shown one by one; of the others, groups alone."""


@dataclass(frozen=True)
class _Shown:
    """A service, and the cutoff on foot (metres) whose rate is shown of it."""

    service: Service
    cutoff_m: float
    column: str


def national_content(
    options: JapanOptions, settings: Settings, nation: Gathered, areas: pd.DataFrame
) -> NationContent:
    """Return the map's content: rates on foot of the main services, and their cells."""
    metric = schema.ROAD if options.one.by_road else schema.STRAIGHT
    shown = _shown(nation.coverage, settings, metric)
    totals = national_totals(nation.coverage)
    totals = totals[totals[schema.AGE_GROUP] == "total"]
    by_column = {rate_column(row): float(row[schema.COVERAGE_RATE]) for _, row in totals.iterrows()}
    municipalities = gpd.GeoDataFrame(areas[areas[schema.AREA_LEVEL] == schema.MUNICIPALITY])
    way = "道のり" if options.one.by_road else "直線距離"
    return NationContent(
        title_ja=f"全国 生活サービスの到達圏（{len(nation.codes)}都道府県）",
        areas=municipalities,
        rates=[
            Rate(
                s.column,
                f"{s.service.label_ja} 徒歩{way} {s.cutoff_m:,.0f} m圏の人口カバー率",
                f"{s.service.label_en}: people within {s.cutoff_m:,.0f} m",
            )
            for s in shown
        ],
        prefectures=[_cells(options, code, shown, metric, way) for code in nation.codes],
        totals={s.column: by_column[s.column] for s in shown},
        lead_ja=_lead(totals),
        few_people=settings.measures.comparison.few_people,
        notes_ja=[
            "カバー率＝圏内人口÷（人口－道路データなし）。全体の値は集計した都道府県の合計。",
            "市区町村の境界は縮尺に合わせて簡略化している。",
        ],
        sources=_sources(nation),
    )


def _lead(totals: pd.DataFrame) -> list[str]:
    """Return what limits every figure of the map: roads that are missing, and shops."""
    out = []
    share = reached_by_roads(totals)
    if share < ALL_BUT_EVERYBODY:
        out.append(
            f"道路データは人口の{100 * share:.1f}%にしか届いていません。"
            "率は届いた人についてのもので、地域全体を表しません。"
        )
    out.append(
        "施設の登録漏れや未収録のデータがあると、率は実際より低くなります。程度は都道府県で異なります。"
        "各都道府県の地図と報告書の注意をお読みください。"
    )
    return out


def _shown(coverage: pd.DataFrame, settings: Settings, metric: str) -> list[_Shown]:
    mine = coverage[
        (coverage[schema.AGE_GROUP] == "total")
        & (coverage[schema.METRIC] == metric)
        & (coverage[schema.MODE] == schema.WALK)
    ]
    out = []
    for service in settings.services.values():
        rows = mine[mine[schema.SERVICE] == service.name]
        if len(rows) and (service.is_group or service.theme in _THEMES):
            first = rows.iloc[0]
            out.append(_Shown(service, float(first[schema.CUTOFF]), rate_column(first)))
    return out


def _cells(
    options: JapanOptions, code: str, shown: Sequence[_Shown], metric: str, way: str
) -> PrefectureCells:
    one = options.of(prefecture.PREFECTURES[code])
    origins = artifacts.load(one.out_dir / WORK / "origins", "origins")
    access = artifacts.load(one.out_dir / WORK / "access", "access")
    mine = access[(access[schema.METRIC] == metric) & (access[schema.MODE] == schema.WALK)]
    tables = {str(service): rows for service, rows in mine.groupby(schema.SERVICE)}
    page = os.path.relpath(one.maps_dir / INDEX, options.maps_dir)
    return PrefectureCells(
        code,
        one.pref.name_ja,
        page.replace(os.sep, "/"),
        origins[schema.MESH_CODE].to_numpy(dtype=object),
        origins[schema.POPULATION].to_numpy(dtype="float64"),
        [_indicator(s, tables.get(s.service.name), way) for s in shown],
    )


def _indicator(shown: _Shown, rows: pd.DataFrame | None, way: str) -> Indicator | None:
    if rows is None:
        return None
    service = shown.service
    return classes.distance(
        f"{service.name}_m",
        label_ja=f"{service.label_ja}までの{way}",
        label_en=f"Distance to the nearest: {service.label_en}",
        group="",
        subject_ja=service.label_ja,
        subject_en=service.label_en,
        view_ja=way,
        values_m=rows[schema.DISTANCE_M],
        status=rows[schema.STATUS],
        cutoff_m=shown.cutoff_m,
    )


def _sources(nation: Gathered) -> list[SourceNote]:
    found: set[tuple[Any, ...]] = {
        (s["title"], s["licence"], s["attribution"])
        for record in nation.records.values()
        for s in record["sources"]
    }
    return [SourceNote(title, "", licence, by) for title, licence, by in sorted(found)]
