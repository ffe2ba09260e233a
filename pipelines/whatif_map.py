"""The map of a what-if: the change of each cell, and its class before and after, as one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.access.wide import largest_share
from coverage_gis.codes import prefecture
from coverage_gis.maps import classes
from coverage_gis.maps.model import METRES_FIELD, PEOPLE_FIELD, TEXT_FIELD, Field, MapContent
from coverage_gis.vacuum.supply import BUS_STOP, STATION
from coverage_gis.vacuum.whatif import change_of
from pipelines.words import attribution_notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.maps.model import Indicator
    from pipelines.stage import StageContext

MAP = "map.html"
METRICS_JA = {schema.ROAD: "徒歩の道のり", schema.STRAIGHT: "直線距離"}
_VACUUM_FIELDS = (
    Field("area_id", "空白地域番号（変更前）", TEXT_FIELD, "Area number (before)"),
    Field("muni_name", "市区町村", TEXT_FIELD, "Municipality"),
    Field(schema.PLACE_NAME, "集落・地区", TEXT_FIELD, "Settlement"),
    Field(schema.POPULATION, "人口", PEOPLE_FIELD, "Population"),
    Field("nearest_stop_name", "最寄りのバス停", TEXT_FIELD, "Nearest bus stop"),
    Field("nearest_stop_m", "バス停までの距離", METRES_FIELD, "Distance to the stop"),
)


def whatif_content(
    ctx: StageContext,
    after: pd.DataFrame,
    stops: tuple[pd.DataFrame, NDArray[np.float64]],
    sentences: Sequence[str],
) -> MapContent:
    """Return what the map of a change shows, by the default definition and each metric.

    Parameters
    ----------
    ctx
        Of the run that is compared.
    after
        ``TRANSIT`` after the change.
    stops
        ``DESTINATIONS`` and their trips per day after the change.
    sentences
        What the change comes to, for the head of the page.
    """
    origins = ctx.get("origins", "origins")
    destinations, trips = stops
    served = destinations[schema.SERVICE].isin((BUS_STOP, STATION)).to_numpy()
    services = ctx.settings.services
    indicators = _indicators(ctx, after)
    return MapContent(
        pref_code=ctx.options.pref.code,
        title_ja=f"{ctx.options.pref.name_ja} 路線・停留所を変えたときの交通空白",
        title_en=f"{ctx.options.pref.name_en}: transit vacuum if lines or stops change",
        synthetic=ctx.options.pref.code == prefecture.DEMO,
        headline_ja=sentences,
        mesh_codes=origins[schema.MESH_CODE].to_numpy(dtype=object),
        population=origins[schema.POPULATION].to_numpy(),
        population_65plus=_known(origins, schema.POPULATION_65PLUS),
        population_75plus=_known(origins, schema.POPULATION_75PLUS),
        muni_codes=largest_share(origins, ctx.get("origins", "origin_areas")),
        indicators=indicators,
        vacuum=ctx.get("vacuum", f"areas_{_metrics(after)[0]}"),
        vacuum_fields=_VACUUM_FIELDS,
        municipalities=ctx.get("origins", "municipalities"),
        facilities=destinations.assign(**{schema.TRIPS_PER_DAY: trips})[served],
        service_labels={name: services[name].label_ja for name in (STATION, BUS_STOP)},
        service_labels_en={name: services[name].label_en for name in (STATION, BUS_STOP)},
        sources=attribution_notes(ctx),
        method_ja=[
            "変更前は集計結果、変更後は路線の廃止・停留所の追加だけを変えて同じ方法で計算したものです。",
            "空白地域の輪郭は変更前のものです。停留所の運行本数は変更後のものです。",
        ],
    )


def _metrics(transit: pd.DataFrame) -> list[str]:
    return [m for m in (schema.ROAD, schema.STRAIGHT) if (transit[schema.METRIC] == m).any()]


def _indicators(ctx: StageContext, after: pd.DataFrame) -> list[Indicator]:
    """Return change, before and after of the default definition, by each metric."""
    before = ctx.get("vacuum", "transit")
    preset = ctx.settings.vacuum_presets[ctx.settings.run.default_vacuum_preset]
    out = []
    for metric in _metrics(after):
        was, now = (
            table.loc[
                (table[schema.PRESET] == preset.name) & (table[schema.METRIC] == metric),
                schema.TRANSIT_CLASS,
            ].to_numpy(dtype=object)
            for table in (before, after)
        )
        way = METRICS_JA[metric]
        note = f"{preset.label_ja}（{preset.name}）。距離は{way}"
        out.append(
            classes.change(
                f"change_{metric}",
                label_ja=f"交通空白の変化（{way}）",
                label_en=f"Change of the transit class ({metric})",
                subject_ja=f"変化（{way}）",
                subject_en=f"Change ({metric})",
                changes=change_of(was, now),
                known=now != schema.NO_ROAD,
                note_ja=note,
            )
        )
        for key, values, when, english in (
            ("before", was, "変更前", "before"),
            ("after", now, "変更後", "after"),
        ):
            out.append(
                classes.transit_class(
                    f"{key}_{metric}",
                    label_ja=f"交通空白の区分・{when}（{way}）",
                    label_en=f"Transit class {english} ({metric})",
                    subject_ja=f"区分（{way}）",
                    subject_en=f"Class ({metric})",
                    view_ja=when,
                    classes=values,
                    note_ja=note,
                )
            )
    return out


def _known(origins: pd.DataFrame, column: str) -> NDArray[np.float64] | None:
    return origins[column].to_numpy(dtype=np.float64) if origins[column].notna().any() else None
