"""The columns of the 交通空白 layers: names in every format, sizes, meanings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from coverage_gis import schema
from coverage_gis.vacuum.data_end import DATA_END, DATA_END_PEOPLE

TEXT, INTEGER, REAL = "text", "int", "float"


@dataclass(frozen=True)
class Field:
    """One column of a layer.

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
        Size in the DBF; a column grows beyond the width rather than cut anything. Decimals are
        what the figure carries: people hundredths (a border cell's are shared out), metres
        centimetres, minutes hundredths, km² hectares' hundredths. A REAL has one at least, since
        GDAL reads whole numbers without.
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


_FROM_HEAD = "人口が最も多いメッシュから; 到達できない時は空欄"
_FROM_CENTRE = "メッシュの中心から; 到達できない時は空欄"
_HEAD_SHARE = "距離を測った代表メッシュに住む人の割合（0〜1）。小さいほど、距離は区域の一部のもの"
_AT_END = "yes: 隣に道路データがない、または道路の途切れた先の駅・停留所が近い"
_DATA_END = "DATA_ENDがyesのメッシュ（道路データの端）に住む人。0でなければ人数・距離に注意"
_TRIPS = "本数の多い方向の1日の便数; 時刻表が無い時は空欄"
_PLACE = "同名で近い標柱・全事業者の合計、本数の多い方向; 時刻表が無い時は空欄"
_SERVED = "判定基準を満たす最も近い駅・停留所; 到達できない時は空欄"
_FUTURE = "将来推計人口がある時だけ; 不明は空欄"
_ONLY = "駅・停留所の圏外で、この区域だけがある人口（面積按分）"
_PLACE_AREA = "住民の最も多い集落・地区（町丁・字の境界かOSM）; 不明は空欄"
_PLACE_CELL = "中心の町丁・字、なければ最も近いOSMの地名; 不明は空欄"

VACUUM_FIELDS: Final = (
    Field("area_id", "AREA_ID", "区域番号", TEXT, 12, 0, "都道府県コードと通し番号"),
    Field(schema.RANK, "RANK", "順位", INTEGER, 6, 0, "人口の多い順"),
    Field(schema.PREF_CODE, "PREF_CODE", "都道府県コード", TEXT, 2, 0, "JIS X 0401"),
    Field(schema.MUNI_CODE, "MUNI_CODE", "市区町村コード", TEXT, 5, 0, "JIS X 0402（5桁）"),
    Field("muni_name", "MUNI_NAME", "市区町村名", TEXT, 40, 0, "区は市名から"),
    Field(schema.PLACE_NAME, "PLACE_NAME", "集落・地区", TEXT, 40, 0, _PLACE_AREA),
    Field(schema.PRESET, "PRESET", "判定基準", TEXT, 24, 0, "交通空白の定義の名前"),
    Field(schema.METRIC, "METRIC", "距離の種類", TEXT, 8, 0, "road 道のり / straight 直線距離"),
    Field("cells", "CELLS", "メッシュ数", INTEGER, 6, 0, "人の住む地域メッシュの数"),
    Field(schema.POPULATION, "POP", "人口", REAL, 12, 2, "区域内の居住人口", "人"),
    Field(schema.POPULATION_65PLUS, "POP65", "65歳以上人口", REAL, 12, 2, "不明は空欄", "人"),
    Field(schema.POPULATION_75PLUS, "POP75", "75歳以上人口", REAL, 12, 2, "不明は空欄", "人"),
    Field("nearest_stop_name", "STOP_NAME", "最寄りバス停", TEXT, 40, 0, "最も近いバス停の名称"),
    Field(
        "nearest_stop_m",
        "STOP_M",
        "バス停までの距離",
        REAL,
        10,
        2,
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
        2,
        "人口が最も多いメッシュから; 到達できない時は空欄",
        "m",
    ),
    Field("population_2050", "POP2050", "2050年の人口", REAL, 12, 2, _FUTURE, "人"),
    Field("population_65plus_2050", "P65_2050", "2050年の65歳以上", REAL, 12, 2, _FUTURE, "人"),
    Field("population_75plus_2050", "P75_2050", "2050年の75歳以上", REAL, 12, 2, _FUTURE, "人"),
    Field("nearest_station_trips", "STN_TRIPS", "駅の運行本数", REAL, 8, 1, _TRIPS, "本/日"),
    Field("served_m", "SERVED_M", "運行のある駅・停留所まで", REAL, 10, 2, _SERVED, "m"),
    Field("nearest_shop_name", "SHOP_NAME", "最寄りの食料品店", TEXT, 40, 0, "名称のない店は空欄"),
    Field("nearest_shop_m", "SHOP_M", "食料品店までの距離", REAL, 10, 2, _FROM_HEAD, "m"),
    Field("nearest_hospital_name", "HOSP_NAME", "最寄りの病院", TEXT, 40, 0, "最も近い病院の名称"),
    Field("nearest_hospital_m", "HOSP_M", "病院までの距離", REAL, 10, 2, _FROM_HEAD, "m"),
    Field("priority_score", "PRIORITY", "優先度（試案）", REAL, 6, 2, "0〜100。計算式は説明文"),
    Field("priority_rank", "PRIO_RANK", "優先順位（試案）", INTEGER, 6, 0, "少人数の区域は空欄"),
    Field("area_km2", "AREA_KM2", "面積", REAL, 10, 4, "区域の面積", "km²"),
    Field("head_mesh_code", "HEAD_MESH", "代表メッシュ", TEXT, 11, 0, "人口が最も多いメッシュ"),
    Field("head_share", "HEAD_SHARE", "代表メッシュの人口割合", REAL, 6, 4, _HEAD_SHARE),
    Field(DATA_END_PEOPLE, "DATA_END", "データの端の人口", REAL, 12, 2, _DATA_END, "人"),
)
"""Of the polygons, in the order in which they are written."""

_CLASSES = "convenient 便利 / inconvenient 不便 / on_demand 予約制のみ / unknown 不明 / vacuum 空白"
_QUALITY = "A〜F（試案）、unknown 本数不明の停留所だけ、none なし"

CELL_FIELDS: Final = (
    Field(schema.MESH_CODE, "MESH_CODE", "メッシュコード", TEXT, 11, 0, "JIS X 0410"),
    Field(schema.PREF_CODE, "PREF_CODE", "都道府県コード", TEXT, 2, 0, "JIS X 0401"),
    Field(schema.MUNI_CODE, "MUNI_CODE", "市区町村コード", TEXT, 5, 0, "人口の最も多くが属する所"),
    Field("muni_name", "MUNI_NAME", "市区町村名", TEXT, 40, 0, "区は市名から"),
    Field(schema.PLACE_NAME, "PLACE_NAME", "集落・地区", TEXT, 40, 0, _PLACE_CELL),
    Field(schema.POPULATION, "POP", "人口", REAL, 12, 2, "メッシュの居住人口", "人"),
    Field(schema.POPULATION_65PLUS, "POP65", "65歳以上人口", REAL, 12, 2, "不明は空欄", "人"),
    Field(schema.POPULATION_75PLUS, "POP75", "75歳以上人口", REAL, 12, 2, "不明は空欄", "人"),
    Field(schema.PRESET, "PRESET", "判定基準", TEXT, 24, 0, "交通空白の定義の名前"),
    Field(schema.METRIC, "METRIC", "距離の種類", TEXT, 8, 0, "road 道のり / straight 直線距離"),
    Field(schema.TRANSIT_CLASS, "CLASS", "交通空白の区分", TEXT, 12, 0, _CLASSES),
    Field("area_id", "AREA_ID", "区域番号", TEXT, 12, 0, "空白のメッシュだけ"),
    Field(schema.QUALITY, "QUALITY", "サービス水準（試案）", TEXT, 8, 0, _QUALITY),
    Field("served_m", "SERVED_M", "運行のある駅・停留所まで", REAL, 10, 2, _SERVED, "m"),
    Field("nearest_stop_name", "STOP_NAME", "最寄りバス停", TEXT, 40, 0, "最も近いバス停の名称"),
    Field("nearest_stop_m", "STOP_M", "バス停までの距離", REAL, 10, 2, _FROM_CENTRE, "m"),
    Field("nearest_stop_trips", "STOP_TRIPS", "バス停の運行本数", REAL, 8, 1, _TRIPS, "本/日"),
    Field("nearest_station_name", "STN_NAME", "最寄り駅", TEXT, 40, 0, "最も近い駅の名称"),
    Field("nearest_station_m", "STN_M", "駅までの距離", REAL, 10, 2, _FROM_CENTRE, "m"),
    Field("nearest_shop_m", "SHOP_M", "食料品店までの距離", REAL, 10, 2, _FROM_CENTRE, "m"),
    Field("nearest_hospital_m", "HOSP_M", "病院までの距離", REAL, 10, 2, _FROM_CENTRE, "m"),
    Field(DATA_END, "DATA_END", "データの端", TEXT, 3, 0, _AT_END),
)

STOP_FIELDS: Final = (
    Field(schema.DESTINATION_ID, "STOP_ID", "停留所番号", TEXT, 40, 0, "元データ名と元の番号"),
    Field(schema.NAME, "NAME", "名称", TEXT, 40, 0, "停留所・駅の名称"),
    Field("kind_ja", "KIND", "種別", TEXT, 12, 0, "バス停 / 駅"),
    Field("band_ja", "BAND", "運行本数の区分", TEXT, 18, 0, "同じ停留所の全事業者の合計による"),
    Field(schema.TRIPS_PER_DAY, "TRIPS", "運行本数（片道）", REAL, 8, 1, _TRIPS, "本/日"),
    Field(schema.PLACE_TRIPS, "PLACE_TRIP", "運行本数（停留所計）", REAL, 8, 1, _PLACE, "本/日"),
    Field("trips_both_directions", "TRIPS_2WAY", "運行本数（往復）", REAL, 8, 1, "両方向", "本/日"),
    Field("trips_saturday", "TRIPS_SAT", "土曜の本数（片道）", REAL, 8, 1, "代表的な土曜", "本/日"),
    Field("trips_sunday", "TRIPS_SUN", "日曜の本数（片道）", REAL, 8, 1, "代表的な日曜", "本/日"),
    Field("first_departure", "FIRST", "始発", TEXT, 5, 0, "乗車できる最初の便（24時以降あり）"),
    Field("last_departure", "LAST", "終発", TEXT, 5, 0, "乗車できる最後の便（24時以降あり）"),
    Field("longest_gap_min", "GAP_MIN", "最長の間隔", REAL, 8, 2, "本数の多い方向の便の間", "分"),
    Field("passengers_per_day", "PASSENGERS", "駅の乗降客数", REAL, 10, 1, "S12最新年度", "人/日"),
    Field(schema.PLACE_ID, "PLACE_ID", "停留所のまとまり", TEXT, 40, 0, "同名で近い標柱は同じ番号"),
    Field(schema.SERVICE_DATE, "DATE", "基準日", TEXT, 10, 0, "本数を数えた日"),
    Field(schema.SOURCE, "SOURCE", "出典", TEXT, 12, 0, "データの種類"),
)

ZONE_FIELDS: Final = (
    Field("zone_id", "ZONE_ID", "区域番号", TEXT, 24, 0, "ファイル名と行"),
    Field("zone_name", "NAME", "名称", TEXT, 40, 0, "運行区域の名称"),
    Field("days", "DAYS", "曜日", TEXT, 24, 0, "運行する曜日"),
    Field("hours", "HOURS", "時間", TEXT, 24, 0, "運行する時間"),
    Field(schema.POPULATION, "POP", "人口", REAL, 12, 2, "区域内（面積按分）", "人"),
    Field("population_only_road", "ONLY_ROAD", "他にない人口（道のり）", REAL, 12, 2, _ONLY, "人"),
    Field("population_only_straight", "ONLY_STR", "他にない人口（直線）", REAL, 12, 2, _ONLY, "人"),
)

CHANGE_FIELDS: Final = (
    Field(schema.MESH_CODE, "MESH_CODE", "メッシュコード", TEXT, 11, 0, "JIS X 0410"),
    Field(schema.MUNI_CODE, "MUNI_CODE", "市区町村コード", TEXT, 5, 0, "人口の最も多くが属する所"),
    Field("muni_name", "MUNI_NAME", "市区町村名", TEXT, 40, 0, "区は市名から"),
    Field(schema.PLACE_NAME, "PLACE_NAME", "集落・地区", TEXT, 40, 0, _PLACE_CELL),
    Field(schema.POPULATION, "POP", "人口", REAL, 12, 2, "メッシュの居住人口", "人"),
    Field(schema.POPULATION_65PLUS, "POP65", "65歳以上人口", REAL, 12, 2, "不明は空欄", "人"),
    Field(schema.POPULATION_75PLUS, "POP75", "75歳以上人口", REAL, 12, 2, "不明は空欄", "人"),
    Field(schema.PRESET, "PRESET", "判定基準", TEXT, 24, 0, "交通空白の定義の名前"),
    Field(schema.METRIC, "METRIC", "距離の種類", TEXT, 8, 0, "road 道のり / straight 直線距離"),
    Field("class_before", "BEFORE", "変更前の区分", TEXT, 12, 0, _CLASSES),
    Field("class_after", "AFTER", "変更後の区分", TEXT, 12, 0, _CLASSES),
    Field("change", "CHANGE", "変化", TEXT, 8, 0, "falls 空白になる / leaves 空白でなくなる 等"),
    Field("served_before_m", "M_BEFORE", "変更前の距離", REAL, 10, 2, _SERVED, "m"),
    Field("served_after_m", "M_AFTER", "変更後の距離", REAL, 10, 2, _SERVED, "m"),
)
