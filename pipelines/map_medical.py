"""Indicators of the map on medical supply: per head, and candidate districts without a doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coverage_gis import schema
from coverage_gis.coverage.floating import MEAN
from coverage_gis.maps.classes import BEYOND, WITHIN
from coverage_gis.maps.model import CLASS, STATUS_NO_ROAD, STATUS_OK, Indicator, Said
from coverage_gis.vacuum.doctorless import ENOUGH, FEW, NEAR, NO_TRANSPORT, SPARSE, UNKNOWN
from pipelines.stages.catchments import column_of
from pipelines.workbook_medical import unit_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.settings import CatchmentPreset
    from pipelines.stage import StageContext

_OF_MEAN: Final = (0.5, 1.0, 1.5)
"""Limits of the classes as multiples of the prefecture's mean."""
_COLOURS: Final = (WITHIN[0], WITHIN[1], BEYOND[0], BEYOND[1], BEYOND[3])
_DISTRICT_COLOURS: Final = (WITHIN[2], BEYOND[0], BEYOND[1], "#b9a6d3", BEYOND[3])
_FATES: Final = (
    (NEAR, Said("半径内に医療機関がある", "An institution is within the radius")),
    (SPARSE, Said("ないが、周りの人口が少ない", "None, but few people around")),
    (
        ENOUGH,
        Said("候補: 交通の本数は基準を超える（要確認）", "Candidate: trips above the rule (check)"),
    ),
    (UNKNOWN, Said("候補: 交通の本数・有無が不明", "Candidate: transport not known")),
    (
        NO_TRANSPORT,
        Said("候補: 交通がないか、基準の往復数以下", "Candidate: no transport, or too few trips"),
    ),
)


def medical(ctx: StageContext) -> list[Indicator]:
    """Return supply per 1,000 people by each floating catchment, then the districts."""
    cells = ctx.get("catchments", "cells")
    table = ctx.get("catchments", "floating_catchment")
    out = []
    for preset in ctx.settings.medical.catchments.values():
        if column_of(preset) in cells:
            mine = table[table[schema.PRESET] == preset.name].iloc[0]
            values = cells[column_of(preset)].to_numpy(dtype=np.float64)
            out.append(_supply(ctx, preset, values, mine))
    return out + _districts(ctx, ctx.get("medical", "cells"))


def _supply(
    ctx: StageContext, preset: CatchmentPreset, values: NDArray[np.float64], mine: Any
) -> Indicator:
    """Return supply in classes about the prefecture's mean, most first, none last."""
    mean = float(mine[MEAN])
    limits = [f * mean for f in _OF_MEAN]
    number = np.full(len(values), np.nan)
    known = ~np.isnan(values)
    number[known] = len(limits) - np.searchsorted(limits, values[known], side="right")
    number[known & (values == 0)] = len(limits) + 1
    unit = unit_of(preset, str(mine["supply"]))
    unknown = int(mine["facilities_of_unknown_supply"])
    least_ja = f"{unknown:,}施設は数が分からず、その圏内の値は下限。" if unknown else ""
    least_en = f"{unknown:,} facilities of unknown supply: values near them are lower bounds. "
    text = [f"{x:.2g}" if x < 1 else f"{x:,.1f}" for x in limits]
    labels = (
        Said(f"{text[2]}以上（平均の1.5倍以上）", f"{text[2]} or more (1.5 times the mean)"),
        Said(f"{text[1]}–{text[2]}（平均以上）", f"{text[1]}–{text[2]} (the mean or more)"),
        Said(f"{text[0]}–{text[1]}（平均未満）", f"{text[0]}–{text[1]} (less than the mean)"),
        Said(f"{text[0]}未満（平均の半分未満）", f"below {text[0]} (less than half the mean)"),
        Said("圏内になし（0）", "None in reach (0)"),
    )
    return Indicator(
        key=column_of(preset),
        label_ja=f"{preset.label_ja}: 1,000人あたり（{unit}）",
        label_en=f"{preset.label_en}, per 1,000 people",
        group=ctx.settings.themes[ctx.settings.services[preset.service].theme],
        subject_ja=f"人口あたりの供給: {ctx.settings.services[preset.service].label_ja}",
        view_ja=preset.label_ja,
        kind=CLASS,
        values=number,
        status=np.where(known, STATUS_OK, STATUS_NO_ROAD).astype(np.uint8),
        breaks=(),
        colours=_COLOURS,
        class_labels_ja=labels,
        note_ja=Said(
            f"1,000人あたりの{unit}。県の平均は{mean:.2g}。{least_ja}{preset.name}。{preset.source}",
            f"Per 1,000 people; the prefecture's mean is {mean:.2g}. "
            f"{least_en if unknown else ''}{preset.name}",
        ),
        subject_en=f"Supply per head: {ctx.settings.services[preset.service].label_en}",
        view_en=preset.label_en,
    )


def _districts(ctx: StageContext, cells: Any) -> list[Indicator]:
    """Return what becomes of each cell in the search for 無医地区."""
    if "doctorless" not in cells:
        return []
    found = ctx.get("medical", "districts")
    kinds = dict(
        zip(found["district_id"], found["transport"].replace(FEW, NO_TRANSPORT), strict=True)
    )
    fate = cells["doctorless"].map(lambda f: kinds.get(f, f))
    order = {name: i for i, (name, _) in enumerate(_FATES)}
    rules = ctx.settings.medical.doctorless
    radius_km = f"{rules.radius_m / 1000:g} km"
    near = Said(f"{radius_km}以内に医療機関がある", f"An institution within {radius_km}")
    values = fate.map(order).to_numpy(dtype=np.float64)
    return [
        Indicator(
            key="doctorless",
            label_ja=rules.label_ja,
            label_en=rules.label_en,
            group=ctx.settings.themes[ctx.settings.services[rules.services[0]].theme],
            subject_ja=rules.label_ja,
            view_ja="区分",
            view_en="Class",
            kind=CLASS,
            values=values,
            status=np.full(len(values), STATUS_OK, dtype=np.uint8),
            breaks=(),
            colours=_DISTRICT_COLOURS,
            class_labels_ja=(near, *(label for _, label in _FATES[1:])),
            note_ja=Said(
                f"公式の無医地区ではない。{rules.source}",
                "Not the official districts without a doctor (無医地区).",
            ),
            subject_en=rules.label_en,
        )
    ]
