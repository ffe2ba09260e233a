"""Names of a prefecture that is not: every one says so, or could only be made up."""

from __future__ import annotations

from typing import Final

ISLAND_TOWN: Final = "浮島"
_TOWNS = ("架空港", "幻", "夢見", "絵空", "境無", "霞浜")
_HEADS = "幻夢霧雲霞虹朧影泡仮虚想架空"
_TAILS = "原野川里田沢森丘浜台窪坂瀬戸"
_VILLAGE_TAILS = ("谷", "沢", "平", "瀬", "久保", "峠下", "小屋", "畑", "ノ上", "ノ下", "滝", "尾")
_CHAINS = {
    "supermarket": ("架空スーパー", "まぼろしストア", "ゆめみマーケット"),
    "convenience": ("カクウマート", "まぼろしコンビニ", "ドコニモナイ"),
    "chemist": ("架空ドラッグ", "ユメミ薬局ストア"),
    "greengrocer": ("絵空青果",),
    "butcher": ("幻精肉店",),
    "seafood": ("架空鮮魚",),
    "department_store": ("架空百貨店",),
}


def towns(count: int) -> list[str]:
    """Return names of towns, all different, without the suffix of a municipality."""
    made = list(_TOWNS)
    pairs = [h + t for t in _TAILS for h in _HEADS]
    return (made + pairs + [f"架空第{n}" for n in range(count)])[:count]


def villages(count: int) -> list[str]:
    """Return names of villages, all different."""
    base = [h + t for t in _VILLAGE_TAILS for h in _HEADS]
    return [
        base[k % len(base)] + ("" if k < len(base) else f"第{k // len(base) + 1}")
        for k in range(count)
    ]


def fictional(place: str) -> str:
    """Return a place's name led by 架空 (fictional), once."""
    return place if place.startswith("架空") else f"架空{place}"


def shop(kind: str, number: int, place: str) -> str:
    """Return the name of the ``number``-th shop of a kind (an OSM value of ``shop``)."""
    chains = _CHAINS.get(kind, ("架空商店",))
    return f"{chains[number % len(chains)]}{place}{number + 1}号店"
