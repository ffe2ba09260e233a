"""A city's own list of shelters with capacities, after 自治体標準オープンデータセット."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from coverage_gis.demo.formats.ksj_points import address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage_gis.demo.facilities import Place
    from coverage_gis.demo.municipalities import Municipalities
    from coverage_gis.demo.plan import Site

_HEADER = (
    "全国地方公共団体コード", "ID", "地方公共団体名", "名称", "所在地_連結表記", "緯度", "経度",
    "指定避難所", "想定収容人数", "床面積（㎡）", "備考",
)  # fmt: skip
_PEOPLE = {"小学校": (320, 41), "体育館": (420, 53), "公民館": (90, 17), "集会所": (30, 7)}
"""Of the smallest shelter of a kind, and by how much each next one is larger."""
_STEPS = 11
_M2_PER_PERSON = 2.0
"""Published capacities rest on less floor than the Sphere standards ask for."""


def write_shelter_list(
    path: Path, places: Sequence[Place], areas: Municipalities, muni: int, site: Site
) -> None:
    """Write one municipality's shelters: some without capacity, some with a floor area alone."""
    area = areas.items[muni]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for k, p in enumerate(places):
        if p.muni != muni or p.kind == "3":
            continue
        least, step = next(v for kind, v in _PEOPLE.items() if kind in p.name)
        people = least + step * (k % _STEPS)
        floor = f"{people * _M2_PER_PERSON:,.1f}㎡" if k % 3 else ""
        capacity = "" if k % 5 == 0 else f"約{people:,}人" if k % 7 == 0 else str(people)
        writer.writerow(
            [
                area.code, str(k + 1), area.full_name, p.name, address(p, areas, k),
                f"{float(site.lat(p.y)):.6f}", f"{float(site.lon(p.x)):.6f}",
                "○", capacity, floor, "架空のデータ",
            ]
        )  # fmt: skip
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
