"""The files of candidate 無医地区, and what they say about themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import crs
from coverage_gis.export.vacuum import DOCTORLESS, VacuumLayer, write_package

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.export.about import About
    from pipelines.stage import StageContext

FOLDER = "medical"


def write_doctorless(ctx: StageContext, folder: Path, about: About) -> None:
    """Write the candidate districts in every format a planner may ask for; none without data."""
    try:
        found = ctx.get("medical", "districts")
    except KeyError:  # left out for want of institutions
        return
    folder.mkdir(exist_ok=True)
    pref = ctx.options.pref
    frame = found.assign(over_border=np.where(found["over_border"], "yes", "no"))
    name = f"doctorless_{pref.code}"
    write_package(
        [VacuumLayer(name, DOCTORLESS, frame)],
        folder,
        name,
        about=replace(
            about,
            title=f"{pref.name_ja} {ctx.settings.medical.doctorless.label_ja}",
            definitions=tuple(doctorless_ja(ctx)),
        ),
        encoding=ctx.options.encoding,
        to_crs=crs.plane_crs(pref.code) if ctx.options.plane else None,
    )


def doctorless_ja(ctx: StageContext) -> list[str]:
    """Return the definition, and what of the official rule is not modelled."""
    rules = ctx.settings.medical.doctorless
    names = "・".join(ctx.settings.services[s].label_ja for s in rules.services)
    return [
        (
            f"{rules.label_ja}: {names}まで直線{rules.radius_m / 1000:g} kmを超えるメッシュのうち、"
            f"半径{rules.radius_m / 1000:g} km内に同じ市区町村のそのようなメッシュの人口が"
            f"{rules.min_people:g}人以上となるもの。人口が最も多い円から順に1地区とする。"
            f"出典: {rules.source}"
        ),
        (
            f"定期交通機関は中心から直線{rules.stop_m:,.0f} m以内の駅・停留所の1日の本数による"
            f"（本数の多い方向。{rules.max_round_trips:g}本以下なら「few」）。バス停の全数調査（P11）が"
            "ないときは「なし」とは言えないため「不明」とする。"
        ),
        (
            "公式の無医地区ではない。医療機関までの所要1時間の条件、タクシー・自家用車の普及、巡回診療、"
            "診療日数、集落の区切りは考慮していない。施設内の診療所・医務室も医療機関に数えている。"
        ),
    ]
