"""Indicator of the map on shelters: what becomes of most of each cell's people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis.coverage.shelter_areas import OUTCOMES
from coverage_gis.maps.classes import BEYOND, WITHIN
from coverage_gis.maps.model import BY_MOST, CLASS, STATUS_NO_ROAD, STATUS_OK, Indicator, Said
from pipelines.stages.shelters import OUTCOME

if TYPE_CHECKING:
    from pipelines.stage import StageContext

_COLOURS: Final = (WITHIN[0], "#b9a6d3", BEYOND[2], BEYOND[3])
_LABELS_JA: Final = (
    "収容人数の範囲で入れる見込み",
    "不明（最寄りの避難所の収容人数が未公表）",
    "入れない見込み（収容人数を超える）",
    "歩ける範囲に避難所がない",
)
"""Of ``OUTCOMES``, in its order."""


def shelters(ctx: StageContext) -> list[Indicator]:
    """Return the outcome of most of each cell's people, at the main share of evacuees."""
    cells = ctx.get("shelters", "cells")
    if OUTCOME not in cells:
        return []
    rules = ctx.settings.shelters
    service = ctx.settings.services[rules.service]
    share = rules.evacuating_shares[0]
    values = cells[OUTCOME].map({name: i for i, name in enumerate(OUTCOMES)})
    number = values.to_numpy(dtype=np.float64)
    reach = f"{rules.reach_m:,.0f} m"
    return [
        Indicator(
            key=OUTCOME,
            label_ja=f"{rules.label_ja}: {service.label_ja}に入れるか（人口の{share:.0%}が避難）",
            label_en=f"Room in shelters (estimate, {share:.0%} of residents evacuated)",
            group=ctx.settings.themes[service.theme],
            subject_ja=rules.label_ja,
            view_ja="区分",
            kind=CLASS,
            values=number,
            status=np.where(np.isnan(number), STATUS_NO_ROAD, STATUS_OK).astype(np.uint8),
            breaks=(),
            colours=_COLOURS,
            class_labels_ja=_LABELS_JA,
            note_ja=Said(
                f"セルの人のうち最も多い区分。徒歩{reach}以内で、どの避難所も収容人数を超えないように"
                f"割り当てた。不明は「入れる」でも「入れない」でもない。{rules.source}",
                f"What becomes of most people of a cell, assigned on foot within {reach}, no "
                "shelter above its capacity. Unknown is neither room nor want of it.",
            ),
            subject_en="Room in shelters (estimate)",
            view_en="Class",
            counted_ja=BY_MOST,
        )
    ]
