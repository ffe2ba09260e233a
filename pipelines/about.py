"""What every file says about itself: title, dates, sources, and what limits its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.codes import prefecture
from coverage_gis.export.about import About
from pipelines.figures import headline
from pipelines.words import attribution_notes, warnings_ja

if TYPE_CHECKING:
    from pipelines.stage import StageContext


def about_of(ctx: StageContext) -> About:
    """Return what every file says about itself."""
    pref = ctx.options.pref
    figures = headline(ctx.get, ctx.settings, by_road=ctx.options.by_road)
    population = ctx.get("origins", "population")
    service = ctx.get("departures", "service")
    date = f"人口 {population['edition']}" if population["edition"] else ""
    if service["date"]:
        date += f"{'、' if date else ''}運行本数 {service['date']}"
    return About(
        title=f"{pref.name_ja} 生活サービスの到達圏",
        definitions=(),
        date=date,
        # Files of one publisher and edition (and all of the demo's) are credited in one line.
        sources=tuple(
            dict.fromkeys(
                " ".join(part for part in (n.attribution, n.edition, f"({n.licence})") if part)
                for n in attribution_notes(ctx)
            )
        ),
        notes=tuple(warnings_ja(ctx, figures)),
        synthetic=pref.code == prefecture.DEMO,
    )
