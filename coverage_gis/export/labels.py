"""Japanese names of columns, for the programs that can show them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coverage_gis import schema
from coverage_gis.export.vacuum_fields import VACUUM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from coverage_gis.export.vacuum_fields import Field


@dataclass(frozen=True)
class Label:
    """What a column is called in Japanese, what it means, in which unit."""

    alias_ja: str
    meaning: str = ""
    unit: str = ""


def labels_of(fields: Iterable[Field]) -> dict[str, Label]:
    """Return the labels of a layer's columns."""
    return {f.column: Label(f.alias_ja, f.meaning, f.unit) for f in fields}


VACUUM_LABELS: Final = labels_of(VACUUM_FIELDS)

_CELLS: Final = {
    schema.MESH_CODE: Label("メッシュコード", "地域メッシュコード（JIS X 0410）"),
    schema.PREF_CODE: Label("都道府県コード", "JIS X 0401"),
    schema.MUNI_CODE: Label("市区町村コード", "人口の最も多くが属する市区町村（JIS X 0402）"),
    schema.POPULATION: Label("人口", "メッシュの居住人口", "人"),
    schema.POPULATION_0TO14: Label("0〜14歳人口", "不明は空", "人"),
    schema.POPULATION_15TO64: Label("15〜64歳人口", "不明は空", "人"),
    schema.POPULATION_65PLUS: Label("65歳以上人口", "不明は空", "人"),
    schema.POPULATION_75PLUS: Label("75歳以上人口", "不明は空", "人"),
    "transit_class": Label(
        "交通空白の区分",
        "convenient 便利 / inconvenient 不便 / on_demand 予約制のみ / unknown 不明 / vacuum 空白",
    ),
    "transit_class_straight": Label("交通空白の区分（直線距離）", "直線距離による区分"),
    "services_missing": Label(
        "不足している日常生活サービスの数", "医療・福祉・買い物・公共交通のうち徒歩圏にないもの"
    ),
    "doctorless": Label(
        "無医地区の候補（試算）", "候補番号 / near 半径内に医療機関あり / sparse 周りの人口が少ない"
    ),
    "shelter_outcome": Label(
        "避難所に入れるか（試算）",
        "セルの最も多くの人: with_room 入れる見込み / unknown 収容人数が不明 / "
        "short 入れない見込み / out_of_reach 歩ける範囲になし / no_road 道路データなし",
    ),
    "shelter_with_room_share": Label("避難所に入れる見込みの人の割合", "", "0-1"),
    "shelter_unknown_share": Label("最寄りの避難所の収容人数が不明の人の割合", "", "0-1"),
    "shelter_short_share": Label("避難所に入れない見込みの人の割合", "", "0-1"),
    "shelter_out_of_reach_share": Label("歩ける範囲に避難所のない人の割合", "", "0-1"),
    "snap_walk_m": Label("道路までの距離（徒歩）", "メッシュ中心から歩ける道まで", "m"),
    "snap_drive_m": Label("道路までの距離（車）", "メッシュ中心から車道まで", "m"),
}
_KINDS: Final = {
    "_walk_m": ("徒歩の道のり", "m"),
    "_drive_m": ("車の道のり", "m"),
    "_straight_m": ("直線距離", "m"),
    "_walk_s": ("徒歩の所要時間", "s"),
    "_drive_s": ("車の所要時間", "s"),
    "_drive_status": ("状態（車）", ""),
    "_status": ("状態", ""),
}
PER_1000: Final = "_per_1000"
_ENDING: Final = re.compile(f"^(.+?)({'|'.join(_KINDS)})$")


def cell_labels(columns: Iterable[str], services: Mapping[str, str]) -> dict[str, Label]:
    """Return the labels of the wide table of cells.

    Parameters
    ----------
    columns
        Its columns; those without a known form get no label.
    services
        Service -> Japanese name; of floating catchments too, for their ``_per_1000``.
    """
    out: dict[str, Label] = {}
    for column in columns:
        match = _ENDING.match(column)
        if column in _CELLS:
            out[column] = _CELLS[column]
        elif column.endswith(PER_1000):
            name = services.get(column.removesuffix(PER_1000), column)
            out[column] = Label(f"{name}: 1,000人あたり", "圏内の人と分け合った供給", "1/1000人")
        elif match:
            kind, unit = _KINDS[match[2]]
            service = services.get(match[1], match[1])
            out[column] = Label(f"{service}: {kind}", f"最寄りの{service}までの{kind}", unit)
    return out
