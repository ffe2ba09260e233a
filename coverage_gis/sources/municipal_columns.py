"""Which column of a municipality's list is what, guessed from its header.

Names are those of 自治体標準オープンデータセット (デジタル庁; formerly 推奨データセット) and those
that cities' own lists have been seen to use, in Japanese and English.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from coverage_gis.sources.sheets import Sheet

NAME, LAT, LON, PAIR, ID, ADDRESS = "name", "lat", "lon", "pair", "id", "address"
CAPACITY, FLOOR_AREA, BEDS, KIND, SHELTER, SITE, HAZARD, MEDICAL, CARE, DEPARTMENTS = (
    "capacity",
    "floor_area",
    "beds",
    "kind",
    "shelter",
    "site",
    "hazard",
    "medical",
    "care",
    "departments",
)

_HEADER_WITHIN: Final = 30
"""Titles, notes and units stand above the header, but not a page of them."""
_NOISE = re.compile(r"[\s_\-・.:：#＃*※/]+")
_IN_BRACKETS = re.compile(r"[(\[【〔<].*?[)\]】〕>]")

# Comparable forms (see ``key``), the more telling first: of two columns the first listed counts.
_KNOWN: Mapping[str, str] = {
    NAME: """
        名称 施設名 施設名称 施設場所名 正式名称 医療機関名 医療機関名称 医療機関等名称 病院名
        病院名称 診療所名 薬局名 薬局名称 避難所名 避難所名称 避難場所名 避難場所名称
        避難施設名 避難施設名称
        事業所名 事業所名称 事業所の名称 施設の名称 医療機関の名称 学校名 園名 店舗名 店名
        名前 name namejp nameja facilityname title label 名称日本語
    """,
    LAT: "緯度 latitude lat 北緯 ido y座標 y",
    LON: "経度 longitude lon lng long 東経 keido x座標 x",
    PAIR: "緯度経度 座標 位置情報 latlon latlng location coordinates geopoint",
    ID: """
        id property 施設id 共通id 施設番号 医療機関コード 事業所番号 管理番号 整理番号 通し番号 連番
        番号 no identifier
    """,
    ADDRESS: "所在地連結表記 住所 所在地 施設所在地 address 所在 場所",
    CAPACITY: """
        想定収容人数 収容人数 収容可能人数 収容可能人員 収容人員 最大収容人数 計画収容人数
        避難者収容人数 定員 定員数 入所定員 利用定員 入居定員 capacity
    """,
    FLOOR_AREA: """
        有効面積 収容面積 避難所面積 避難スペース面積 居住スペース面積 床面積 延床面積 延べ床面積
        避難所床面積 避難所延床面積 floorarea
    """,
    BEDS: "病床数 病床数合計 許可病床数 総病床数 ベッド数 numberofbeds beds",
    KIND: """
        医療機関の種類 医療機関種別 医療機関区分 施設種別 施設種類 施設の種類 施設区分 施設分類
        避難所区分 避難所種別 避難施設区分 指定区分 実施サービス サービスの種類 サービス種別
        サービス種類 サービス区分 種別 区分 種類 分類 カテゴリ カテゴリー 大分類 中分類 小分類
        service type category kind class alternativename
    """,
    SHELTER: """
        指定避難所 避難所 収容避難所 指定避難所との重複 指定避難所との住所同一
        evacuationspace shelter designatedshelter
    """,
    SITE: """
        指定緊急避難場所 緊急避難場所 指定緊急避難場所との重複 指定緊急避難場所との住所同一
        evacuationsite emergencyevacuationsite
    """,
    HAZARD: """
        洪水 崖崩れ、土石流及び地滑り 土砂災害 高潮 地震 津波 大規模な火事 大規模火災 大火
        内水氾濫 火山現象 火山 flood inundation tsunami tunami stormsurge sedimentdisaster
        landslide earthquake fire volcano
    """,
    DEPARTMENTS: "診療科目 診療科 標榜科目 標榜診療科 medicalsubjects",
    MEDICAL: "診療日 休診日",
    CARE: "介護保険事業所番号 介護サービス 要介護度 入所対象",
}
# Which hazard the names of HAZARD mean.
_HAZARDS: Mapping[str, str] = {
    "flood": "洪水 flood",
    "landslide": "崖崩れ、土石流及び地滑り 土砂災害 sedimentdisaster landslide",
    "storm_surge": "高潮 stormsurge",
    "earthquake": "地震 earthquake",
    "tsunami": "津波 tsunami tunami",
    "fire": "大規模な火事 大規模火災 大火 fire",
    "inland_flood": "内水氾濫 inundation",
    "volcano": "火山現象 火山 volcano",
}
_HAZARD_BY_KEY = {name: hazard for hazard, names in _HAZARDS.items() for name in names.split()}
_HAZARD_PREFIX = "災害種別"
_BY_KEY: Mapping[str, tuple[str, int]] = {
    name: (role, rank) for role, names in _KNOWN.items() for rank, name in enumerate(names.split())
}


@dataclass(frozen=True)
class Header:
    """A sheet's header: which row it is (0 is the first) and the columns of each role."""

    row: int
    columns: Mapping[str, tuple[int, ...]]

    def first(self, role: str) -> int | None:
        """Return the column that tells most of a role, None if there is none."""
        return next(iter(self.columns.get(role, ())), None)

    @property
    def has_place(self) -> bool:
        """Whether there are coordinates."""
        return PAIR in self.columns or {LAT, LON} <= set(self.columns)


def key(name: str) -> str:
    """Return a header's name in comparable form: NFKC, small letters, without marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", name).casefold())


def find_header(sheet: Sheet) -> Header | None:
    """Return the first row that names a facility and its coordinates, None if there is none."""
    for number, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        header = Header(number, roles(row))
        if NAME in header.columns and header.has_place:
            return header
    return None


def roles(names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the columns of each role, those that tell most first."""
    ranked: dict[str, list[tuple[int, int]]] = {}
    for position, name in enumerate(names):
        if known := _role(name):
            role, rank = known
            ranked.setdefault(role, []).append((rank, position))
    return {role: tuple(p for _, p in sorted(found)) for role, found in ranked.items()}


def hazard_of(name: str) -> str | None:
    """Return the hazard a column of role ``HAZARD`` is about, None where its name says none."""
    full = key(name).removeprefix(_HAZARD_PREFIX)
    return next((_HAZARD_BY_KEY[c] for c in _candidates(full) if c in _HAZARD_BY_KEY), None)


def _role(name: str) -> tuple[str, int] | None:
    full = key(name)
    for candidate in _candidates(full):
        if candidate in _BY_KEY:
            return _BY_KEY[candidate]
    if full.startswith(_HAZARD_PREFIX):
        return HAZARD, 0
    # 緯度(世界測地系), 所在地座標(緯度), 施設緯度 ... ; not 緯度経度出典
    if "出典" not in full and ("緯度" in full) != ("経度" in full):
        return (LAT, 99) if "緯度" in full else (LON, 99)
    return None


def _candidates(full: str) -> Iterable[str]:
    yield full
    without = _IN_BRACKETS.sub("", full)  # flood_L1 and 洪水(L2) are floods; 定員(人) is 定員
    yield without
    yield re.sub(r"(l?\d+|人|床|名|m2|平方メートル)$", "", without)
