"""The columns of the layer of candidate 無医地区."""

from __future__ import annotations

from typing import Final

from coverage_gis import schema
from coverage_gis.export.vacuum_fields import INTEGER, REAL, TEXT, Field

_TRANSPORT = "none 圏内になし / few 基準の往復数以下 / unknown 不明 / enough それを超える"
_CENTRE = "地区の中心メッシュから"
_BORDER = "半径の円が県外か海にかかる: yes なら県境の先の医療機関を確かめること"

DOCTORLESS_FIELDS: Final = (
    Field("district_id", "DIST_ID", "候補番号", TEXT, 12, 0, "都道府県コードと通し番号"),
    Field(schema.RANK, "RANK", "順位", INTEGER, 6, 0, "人口の多い順"),
    Field(schema.PREF_CODE, "PREF_CODE", "都道府県コード", TEXT, 2, 0, "JIS X 0401"),
    Field(schema.MUNI_CODE, "MUNI_CODE", "市区町村コード", TEXT, 5, 0, "JIS X 0402（5桁）"),
    Field("muni_name", "MUNI_NAME", "市区町村名", TEXT, 40, 0, "区は市名から"),
    Field(schema.PLACE_NAME, "PLACE_NAME", "集落・地区", TEXT, 40, 0, "最も多くの人の住む所"),
    Field(
        "centre_mesh_code", "CENTRE", "中心メッシュ", TEXT, 11, 0, "半径内の人口が最も多いメッシュ"
    ),
    Field("cells", "CELLS", "メッシュ数", INTEGER, 6, 0, "人の住む地域メッシュの数"),
    Field(schema.POPULATION, "POP", "人口", REAL, 12, 2, "候補内の居住人口", "人"),
    Field(schema.POPULATION_65PLUS, "POP65", "65歳以上人口", REAL, 12, 2, "不明は空欄", "人"),
    Field(schema.POPULATION_75PLUS, "POP75", "75歳以上人口", REAL, 12, 2, "不明は空欄", "人"),
    Field("institution_name", "INST_NAME", "最寄りの医療機関", TEXT, 60, 0, "病院・一般診療所"),
    Field("institution_m", "INST_M", "医療機関までの直線距離", REAL, 10, 2, _CENTRE, "m"),
    Field("institution_drive_min", "DRIVE_MIN", "車の所要時間", REAL, 8, 2, _CENTRE, "分"),
    Field("transport", "TRANSPORT", "定期交通機関", TEXT, 8, 0, _TRANSPORT),
    Field(
        "transport_trips", "TRIPS", "運行本数", REAL, 8, 1, "本数の分かる駅・停留所の最大", "本/日"
    ),
    Field("over_border", "OVER_EDGE", "県外・海にかかる", TEXT, 3, 0, _BORDER),
    Field("area_km2", "AREA_KM2", "面積", REAL, 10, 4, "候補メッシュの面積", "km²"),
)
"""In the order in which they are written."""
