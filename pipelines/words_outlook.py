"""Sentences on what the figures depend on: fewer and more stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.coverage.sensitivity import AS_IS, FEWER, MORE
from coverage_gis.maps.model import Said

if TYPE_CHECKING:
    import pandas as pd

    from coverage_gis.settings import Settings
    from pipelines.stage import StageContext


def sensitivity_ja(table: pd.DataFrame, settings: Settings) -> list[str]:
    """Return what the summary's figure would be with fewer and more stores.

    Parameters
    ----------
    table
        Of :func:`coverage_gis.coverage.sensitivity.sensitivity_rows`; may be empty.
    settings
        Of the run.
    """
    if table.empty:
        return []
    whole = table[
        (table[schema.AREA_LEVEL] == schema.PREFECTURE) & (table[schema.AGE_GROUP] == "total")
    ].set_index("change")
    # beyond the cutoff, as the headline says it
    rate = 1 - whole[[schema.COVERAGE_RATE, "coverage_rate_max", "coverage_rate_min"]]
    if rate.isna().to_numpy().any():
        return []
    share = f"{settings.sensitivity.share:.0%}"
    service = settings.services[str(whole[schema.SERVICE].iloc[0])]
    cutoff = f"{whole[schema.CUTOFF].iloc[0]:,.0f}"
    text, text_en = {}, {}
    for change in (FEWER, MORE):
        mean, low, high = rate.loc[change]
        text[change] = f"{mean:.1%}（抽選の範囲{low:.1%}〜{high:.1%}）"
        text_en[change] = f"{mean:.1%} (draws {low:.1%} to {high:.1%})"
    now = f"{float(rate[schema.COVERAGE_RATE].to_dict()[AS_IS]):.1%}"
    return [
        Said(
            f"{service.label_ja}まで{cutoff}\u00a0mを超える人の割合は{now}ですが、店舗が{share}少なければ"
            f"{text[FEWER]}、{share}多ければ{text[MORE]}です（試算）。",
            f"Beyond {cutoff} m from {service.label_en}: {now}; with {share} fewer stores "
            f"{text_en[FEWER]}, with {share} more {text_en[MORE]} (own estimate).",
        )
    ]


def sensitivity_of(ctx: StageContext) -> list[str]:
    """Return the sentence once the stage that draws has run."""
    if "measures" not in ctx.records:
        return []
    return sensitivity_ja(ctx.get("measures", "sensitivity"), ctx.settings)
