"""The columns of the 交通空白 polygons: names in every format, sizes, meanings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from coverage_gis import schema

TEXT, INTEGER, REAL = "text", "int", "float"


@dataclass(frozen=True)
class Field:
    """One column of the 交通空白 layer.

    Attributes
    ----------
    column
        Name in our tables and in the GeoPackage.
    shp
        Name in the shapefile: ASCII capitals, at most 10.
    alias_ja
        What QGIS shows.
    kind
        "text", "int" or "float".
    width, decimals
        Size in the DBF; a column grows beyond it rather than lose a digit or a character.
    meaning
        Japanese sentence for the field table.
    unit
        Unit, for numbers.
    """

    column: str
    shp: str
    alias_ja: str
    kind: str
    width: int
    decimals: int
    meaning: str
    unit: str = ""


VACUUM_FIELDS: Final = (
    Field("area_id", "AREA_ID", "区域番号", TEXT, 12, 0, "都道府県コードと通し番号"),
    Field(schema.RANK, "RANK", "順位", INTEGER, 6, 0, "人口の多い順"),
    Field(schema.PREF_CODE, "PREF_CODE", "都道府県コード", TEXT, 2, 0, "JIS X 0401"),
    Field(schema.MUNI_CODE, "MUNI_CODE", "市区町村コード", TEXT, 5, 0, "JIS X 0402（5桁）"),
    Field("muni_name", "MUNI_NAME", "市区町村名", TEXT, 40, 0, "区は市名から"),
    Field(schema.PRESET, "PRESET", "判定基準", TEXT, 24, 0, "交通空白の定義の名前"),
    Field(schema.METRIC, "METRIC", "距離の種類", TEXT, 8, 0, "road 道のり / straight 直線距離"),
    Field("cells", "CELLS", "メッシュ数", INTEGER, 6, 0, "人の住む地域メッシュの数"),
    Field(schema.POPULATION, "POP", "人口", REAL, 12, 1, "区域内の居住人口", "人"),
    Field(schema.POPULATION_65PLUS, "POP65", "65歳以上人口", REAL, 12, 1, "不明は空欄", "人"),
    Field(schema.POPULATION_75PLUS, "POP75", "75歳以上人口", REAL, 12, 1, "不明は空欄", "人"),
    Field("nearest_stop_name", "STOP_NAME", "最寄りバス停", TEXT, 40, 0, "最も近いバス停の名称"),
    Field(
        "nearest_stop_m",
        "STOP_M",
        "バス停までの距離",
        REAL,
        10,
        1,
        "人口が最も多いメッシュから; 到達できない時は空欄",
        "m",
    ),
    Field(
        "nearest_stop_trips",
        "STOP_TRIPS",
        "バス停の運行本数",
        REAL,
        8,
        1,
        "本数の多い方向の1日の便数; 時刻表が無い時は空欄",
        "本/日",
    ),
    Field("nearest_station_name", "STN_NAME", "最寄り駅", TEXT, 40, 0, "最も近い駅の名称"),
    Field(
        "nearest_station_m",
        "STN_M",
        "駅までの距離",
        REAL,
        10,
        1,
        "人口が最も多いメッシュから; 到達できない時は空欄",
        "m",
    ),
    Field("area_km2", "AREA_KM2", "面積", REAL, 10, 4, "区域の面積", "km²"),
)
"""In the order in which they are written."""
