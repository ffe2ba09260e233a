"""How many shops each cell has within reach: where the last one is all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis import schema
from coverage_gis.maps.classes import BEYOND, WITHIN
from coverage_gis.maps.model import CLASS, STATUS_CODES, Indicator, Said

if TYPE_CHECKING:
    from pipelines.stage import StageContext

_CLASSES: Final = (
    (Said("3店以上", "Three or more"), WITHIN[0]),
    (Said("2店", "Two"), WITHIN[1]),
    (Said("1店だけ（閉店すると徒歩圏になくなる）", "One: the last in reach"), BEYOND[1]),
    (Said("なし", "None"), BEYOND[3]),
)
_MOST: Final = len(_CLASSES) - 1


def choice(ctx: StageContext) -> list[Indicator]:
    """Return the shops within the first cutoff of each cell's centre, most first."""
    rules, cells = ctx.settings.measures.choice, ctx.get("measures", "cells")
    cutoff = rules.cutoffs_m[0]
    way = Said("徒歩の道のり", "on foot") if ctx.options.by_road else Said("直線距離", "straight")
    out = []
    for name in rules.services:
        column = f"{name}_within_{cutoff:.0f}m_n"
        if column not in cells:
            continue
        service = ctx.settings.services[name]
        count = cells[column].to_numpy(dtype=np.float64, na_value=np.nan)
        number = _MOST - np.minimum(count, _MOST)
        status = np.where(np.isnan(count), STATUS_CODES[schema.NO_ROAD], STATUS_CODES[schema.OK])
        out.append(
            Indicator(
                key=column,
                label_ja=f"{service.label_ja} {cutoff:,.0f} m以内の店舗数（{way}）",
                label_en=f"Number within {cutoff:,.0f} m ({way.en}): {service.label_en}",
                group=ctx.settings.themes[service.theme],
                subject_ja=service.label_ja,
                subject_en=service.label_en,
                view_ja=Said("店舗数", "Number in reach"),
                kind=CLASS,
                values=number,
                status=status.astype(np.uint8),
                breaks=(),
                colours=tuple(colour for _, colour in _CLASSES),
                class_labels_ja=tuple(label for label, _ in _CLASSES),
                note_ja=Said(
                    f"セルの中心から{cutoff:,.0f} m以内の異なる店舗の数。データにない店は数えない。"
                    "店ごとの影響はstore_closures.csvと表の「閉店の影響」。",
                    f"Different shops within {cutoff:,.0f} m of the cell's centre, among those in "
                    "the data. What each closing would do: store_closures.csv.",
                ),
            )
        )
    return out
