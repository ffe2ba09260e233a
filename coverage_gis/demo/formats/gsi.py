"""国土地理院 designated shelters: mergeFromCity_1.csv (避難所) and _2.csv (緊急避難場所)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from coverage_gis.demo.formats.ksj_points import address
from coverage_gis.demo.plan import HOME, Site

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage_gis.demo.facilities import Place
    from coverage_gis.demo.municipalities import Municipalities

_SHELTER = (
    "NO", "共通ID", "都道府県名及び市町村名", "施設・場所名", "住所",
    "指定緊急避難場所との住所同一", "その他市町村長が必要と認める事項", "受入対象者",
    "緯度", "経度", "備考",
)  # fmt: skip
_SITE = (
    "NO", "共通ID", "都道府県名及び市町村名", "施設・場所名", "住所",
    "洪水", "崖崩れ、土石流及び地滑り", "高潮", "地震", "津波",
    "大規模な火事", "内水氾濫", "火山現象",
    "指定避難所との住所同一", "緯度", "経度", "備考",
)  # fmt: skip
_NOTE = "架空のデータ"


def write_shelters(
    path: Path, places: Sequence[Place], areas: Municipalities, site: Site = HOME
) -> None:
    """Write 指定避難所: some schools as two rows, and one row without coordinates."""
    rows = []
    for k, p in enumerate(places):
        if p.kind == "3":
            continue
        same = "1" if p.kind == "1" else ""
        rows.append([*_head(k, p, areas, "111"), same, "", "", *_degrees(p, site), _NOTE])
        if "小学校" in p.name and k % 5 == 0:
            rows.append([*_head(k, p, areas, "112"), same, "", "", *_degrees(p, site), _NOTE])
    rows[-1][8:10] = ["", ""]
    _write(path, _SHELTER, rows)


def write_sites(
    path: Path, places: Sequence[Place], areas: Municipalities, site: Site = HOME
) -> None:
    """Write 指定緊急避難場所 with the hazards each serves."""
    rows = []
    for k, p in enumerate(places):
        if p.kind == "2":
            continue
        hazards = ["1" if (k * 7 + 3 * h) % 4 else "" for h in range(6)]
        hazards = [*hazards[:3], "1", *hazards[3:], ""]
        same = "1" if p.kind == "1" else ""
        rows.append([*_head(k, p, areas, "201"), *hazards, same, *_degrees(p, site), _NOTE])
    _write(path, _SITE, rows)


def _head(k: int, p: Place, areas: Municipalities, suffix: str) -> list[str]:
    area = areas.items[p.muni]
    number = f"E{area.code}{k + 1:05d}{suffix}"
    return [str(k + 1), number, area.full_name, p.name, address(p, areas, k)]


def _degrees(p: Place, site: Site) -> list[str]:
    return [f"{float(site.lat(p.y)):.6f}", f"{float(site.lon(p.x)):.6f}"]


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
