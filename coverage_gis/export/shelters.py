"""Shelters as a layer of points for QGIS: who comes, what they hold, what is short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd

from coverage_gis import crs, schema
from coverage_gis.export import qml
from coverage_gis.export.geopackage import Layer, write_gpkg
from coverage_gis.export.labels import Label
from coverage_gis.facilities.sphere import ENOUGH, OVER, ROOM

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from coverage_gis.export.about import About

LABELS: Final = {
    "evacuating_share": Label("避難者の割合", "住民のうち避難所に来る人の割合", "0-1"),
    schema.MUNI_CODE: Label("市区町村コード", "JIS X 0402（5桁）。県外は空欄"),
    "muni_name": Label("市区町村名"),
    schema.DESTINATION_ID: Label("避難所ID"),
    schema.NAME: Label("名称"),
    schema.SOURCE: Label("データの種類"),
    schema.SOURCE_IDS: Label("各データのID"),
    schema.CAPACITY: Label(
        "収容人数", "公表値。なければ床面積から換算。どちらもなければ空欄", "人"
    ),
    "capacity_basis": Label(
        "収容人数の根拠", "published 公表値 / floor_area 面積から / unknown 不明"
    ),
    "capacity_source": Label("収容人数の出典"),
    "floor_area_m2": Label("床面積", "公表値。廊下や倉庫を含むことがある", "m²"),
    "capacity_sphere": Label("スフィア基準で入れる人数", "床面積÷1人の面積", "人"),
    schema.STATUS: Label("状態", "ok / no_road 道路データが届かない（人数は不明）"),
    ROOM: Label(
        "最寄りの人が入れるか",
        "enough 入れる / over あふれる / unknown 収容人数が不明 / no_road 道路データなし",
    ),
    "people_nearest": Label("最寄りの人数", "ここが最寄りの避難者。遠くても満員でも数える", "人"),
    "load_nearest": Label("最寄りの人数÷収容人数"),
    "shortfall_nearest": Label("あふれる人数", "最寄りの人数のうち収容人数を超える分", "人"),
    "people_assigned": Label("割り当てた人数", "収容人数の範囲で割り当てた避難者", "人"),
    "places_free": Label("空き", "割り当て後に残る収容人数", "人"),
    "mean_walk_m": Label("平均の歩く距離", "割り当てた人の平均", "m"),
    "mean_walk_s": Label("平均の歩く時間", "割り当てた人の平均。標高データがあれば坂を含む", "s"),
    "height_m": Label("標高", "標高データ（DEM）から。なければ空欄", "m"),
    "mean_home_height_nearest_m": Label("住む所の標高（最寄り）", "最寄りの人の平均", "m"),
    "mean_climb_nearest_m": Label("のぼる高さ（最寄り）", "平均。下る人は0", "m"),
    "people_climbing_nearest": Label(
        "のぼる人数（最寄り）", "住む所より一定以上高い（本ツール独自）", "人"
    ),
    "people_height_unknown_nearest": Label("標高が不明の人数（最寄り）", "", "人"),
    "mean_home_height_assigned_m": Label("住む所の標高（割り当て）", "割り当てた人の平均", "m"),
    "mean_climb_assigned_m": Label("のぼる高さ（割り当て）", "平均。下る人は0", "m"),
    "people_climbing_assigned": Label(
        "のぼる人数（割り当て）", "住む所より一定以上高い（本ツール独自）", "人"
    ),
    "people_height_unknown_assigned": Label("標高が不明の人数（割り当て）", "", "人"),
    "m2_per_person_nearest": Label("1人あたり面積（最寄り）", "", "m²/人"),
    "m2_per_person_assigned": Label("1人あたり面積（割り当て）", "", "m²/人"),
    "people_beyond_sphere": Label("面積基準を満たせない人数", "割り当てた人のうち", "人"),
    "area_needed_m2": Label("必要な床面積", "割り当てた人に", "m²"),
    "toilets_onset": Label("必要なトイレ（発災当初）", "割り当てた人に", "基"),
    "toilets_midterm": Label("必要なトイレ（中期）", "割り当てた人に", "基"),
    "baths": Label("必要な入浴施設", "割り当てた人に"),
}
"""Column -> its Japanese name, meaning and unit."""
CLASSES: Final = (
    (ENOUGH, "最寄りの人が入れる", "33,102,172,255"),
    (OVER, "あふれる", "178,24,43,255"),
    (schema.UNKNOWN, "収容人数が不明", "185,166,211,255"),
    (schema.NO_ROAD, "道路データなし", "160,160,160,255"),
)


def write_shelters(table: pd.DataFrame, path: Path, *, about: About) -> None:
    """Write shelters as a GeoPackage with one layer of points.

    Parameters
    ----------
    table
        Rows of one share of evacuees, of
        :func:`coverage_gis.facilities.sphere.shelter_rows`; EPSG:6668 degrees.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    points = gpd.points_from_xy(table[schema.LON], table[schema.LAT])
    frame = gpd.GeoDataFrame(
        table.drop(columns=[schema.LON, schema.LAT]), geometry=points, crs=crs.JGD2011
    )
    aliases = {name: label.alias_ja for name, label in LABELS.items()}
    style = qml.categorised(ROOM, CLASSES, aliases=aliases, points=True)
    layer = Layer(frame, labels=LABELS, style=style, geometry_type="Point")
    write_gpkg({"shelters": layer}, path, about=about)
