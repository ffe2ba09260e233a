"""e-Stat's text of census mesh statistics: CP932, CRLF, two header rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.demo.census import COLUMNS, PUBLIC, RECEIVER, SUPPRESSED
from coverage_gis.demo.plan import HOME, Site

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.demo.census import Census
    from coverage_gis.demo.people import People

TABLE = "T001141"
"""500 m mesh, 2020 census, JGD2011."""

_BY_SEX = (
    "人口（総数）", "０～１４歳人口", "１５歳以上人口", "１５～６４歳人口", "１８歳以上人口",
    "２０歳以上人口", "６５歳以上人口", "７５歳以上人口", "８５歳以上人口", "９５歳以上人口",
    "外国人人口",
)  # fmt: skip
_HOUSEHOLDS = (
    "１人世帯数", "２人世帯数", "３人世帯数", "４人世帯数", "５人世帯数", "６人世帯数",
    "７人以上世帯数", "親族のみの世帯数", "核家族世帯数", "核家族以外の世帯数",
    "６歳未満世帯員のいる世帯数", "６５歳以上世帯員のいる世帯数",
    "世帯主の年齢が２０～２９歳の１人世帯数", "高齢単身世帯数", "高齢夫婦世帯数",
)  # fmt: skip


def labels() -> list[str]:
    """Return the 50 labels of the second header row, each led by a full-width space."""
    out = []
    for k, name in enumerate(_BY_SEX):
        total = name if k == 0 else f"{name}　総数"
        out += [total, f"{name}　男", f"{name}　女"]
    out += ["世帯総数", "一般世帯数", *(f"{name}　一般世帯数" for name in _HOUSEHOLDS)]
    return [f"　{label}" for label in out]


def write(path: Path, people: People, census: Census, site: Site = HOME) -> None:
    """Write ``tblT001141H00.txt``."""
    columns = [f"{TABLE}{k + 1:03d}" for k in range(COLUMNS)]
    lines = [
        ",".join(["KEY_CODE", "HTKSYORI", "HTKSAKI", "GASSAN", *columns]),
        ",".join(["", "", "", "", *labels()]),
    ]
    codes = [site.mesh_code(str(code)) for code in people.code]
    merged: dict[int, list[str]] = {}
    for source in np.flatnonzero(census.state == SUPPRESSED):
        merged.setdefault(int(census.receiver[source]), []).append(codes[source])
    hidden = [k not in PUBLIC for k in range(COLUMNS)]
    rows = census.published.astype(str).tolist()
    for k, (code, state, row) in enumerate(zip(codes, census.state.tolist(), rows, strict=True)):
        goes_to, holds = "", ""
        if state == SUPPRESSED:
            goes_to = codes[int(census.receiver[k])]
            rows[k] = ["*" if h else v for h, v in zip(hidden, row, strict=True)]
        elif state == RECEIVER:
            holds = ";".join(merged[k])
        lines.append(",".join([code, str(state), goes_to, holds, *rows[k]]))
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp932"))
