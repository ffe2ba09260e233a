"""Sentences on shelters: for whom nobody knows if there is room, and how it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.facilities.hazards import HAZARDS, service_of
from coverage_gis.maps.model import Said

if TYPE_CHECKING:
    from coverage_gis.settings import ShelterSettings
    from pipelines.stage import StageContext


def room_ja(ctx: StageContext) -> list[str]:
    """Return for how many people nobody knows whether a shelter has room."""
    if "shelters" not in ctx.records:
        return []
    table, areas = ctx.get("shelters", "shelters"), ctx.get("shelters", "areas")
    if table.empty:
        return []
    rules = ctx.settings.shelters
    main = table[table["evacuating_share"] == rules.evacuating_shares[0]]
    lacking, every = int(main[schema.CAPACITY].isna().sum()), len(main)
    if not lacking:
        return []
    service = ctx.settings.services[rules.service]
    which = "のすべて" if lacking == every else f"のうち{lacking:,}か所"
    japanese = f"{service.label_ja}{every:,}か所{which}で、収容人数が公表されていません。"
    english = f"{lacking:,} of {every:,} shelters have no published capacity."
    unknown = float(areas["unknown_rate"].iloc[0])
    if not np.isnan(unknown):
        japanese += (
            f"全員が避難したとき、避難所に入れるかどうかが分からない人は{unknown:.1%}です"
            "（不足0人という意味ではありません）。"
            if rules.evacuating_shares[0] == 1
            else f"避難所に入れるかどうかが分からない人は避難者の{unknown:.1%}です"
            "（不足0人という意味ではありません）。"
        )
        english += f" For {unknown:.1%} of the evacuated nobody knows whether there is room."
    return [Said(japanese, english)]


def hazards_ja(ctx: StageContext) -> list[str]:
    """Return what a low rate of sites for one hazard does not mean."""
    used = ctx.get("destinations", "selection")["used"]
    if not any(service_of(hazard) in used for hazard in HAZARDS):
        return []
    return [
        Said(
            "災害の種別ごとの緊急避難場所は、その災害の恐れが小さい市町村では指定されないことがあります。"
            "率が低いことは、不足とは限りません。",
            "Where a hazard is not expected, municipalities designate no evacuation sites for it: "
            "a low rate need not be a want.",
        )
    ]


def shelters_ja(rules: ShelterSettings) -> list[str]:
    """Return how room in shelters is found and what it is measured by, with sources."""
    sphere = rules.sphere
    return [
        Said(
            f"{rules.label_ja}: 徒歩{rules.reach_m:,.0f} m以内の避難所に、どこも収容人数を"
            "超えないように、なるべく多くの人が入り、歩く距離の合計が最小になるよう割り当てます。最寄りの避難所の"
            f"収容人数が不明の人は「不明」とします。出典: {rules.source}",
            f"Room in shelters (estimate): as many people as possible within {rules.reach_m:,.0f} "
            "m on foot, no shelter above its capacity, then the least walking in all. People whose "
            "nearest shelter is of unknown capacity are unknown.",
        ),
        Said(
            f"{sphere.label_ja}: 1人{sphere.area_m2_per_person:g} m²、トイレは発災当初"
            f"{sphere.people_per_toilet_onset:g}人・中期{sphere.people_per_toilet_midterm:g}人に1基。"
            f"出典: {sphere.source}",
            f"Sphere standards: {sphere.area_m2_per_person:g} m² a person, a toilet for "
            f"{sphere.people_per_toilet_onset:g} people at the onset and for "
            f"{sphere.people_per_toilet_midterm:g} later.",
        ),
    ]
