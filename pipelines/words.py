"""Sentences for people, in Japanese: headline, warnings, method, attributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.codes import prefecture
from coverage_gis.maps.model import SourceNote
from coverage_gis.sources.catalogue import SYNTHETIC as SYNTHETIC_KIND
from coverage_gis.sources.catalogue import catalogue

if TYPE_CHECKING:
    from pipelines.figures import Headline
    from pipelines.stage import StageContext

SYNTHETIC = "架空のデータです（synthetic）。実在の地域・施設・人口ではありません。"
_WAY = {schema.ROAD: "徒歩の道のり", schema.STRAIGHT: "直線距離"}


def headline_ja(figures: Headline, name_ja: str) -> list[str]:
    """Return what a planner is told first."""
    lines = [f"{name_ja}の集計対象人口は{figures.population:,.0f}人です。"]
    if figures.beyond_shop is not None and figures.beyond_shop_rate is not None:
        unit = {"m": "m", "min": "分"}[figures.shop_unit]
        lines.append(
            f"{figures.shop_label}まで{_WAY[figures.metric]}で"
            f"{figures.shop_cutoff:,.0f} {unit}を超える人は"
            f"{figures.beyond_shop:,.0f}人（{figures.beyond_shop_rate:.1%}）です。"
        )
    if figures.vacuum_people is not None:
        other = (
            f"、直線距離では{figures.vacuum_people_straight:,.0f}人"
            if figures.metric == schema.ROAD and figures.vacuum_people_straight is not None
            else ""
        )
        lines.append(
            f"交通空白のセルに住む人は{figures.vacuum_people:,.0f}人"
            f"（{_WAY[figures.metric]}。{figures.vacuum_preset}{other}）です。"
        )
    if figures.population_no_road:
        lines.append(
            f"道路データのない所に住む{figures.population_no_road:,.0f}人は、"
            "どの率にも含めていません。"
        )
    return lines


def warnings_ja(ctx: StageContext, figures: Headline) -> list[str]:
    """Return what limits the figures."""
    out = []
    if ctx.options.pref.code == prefecture.DEMO:
        out.append(SYNTHETIC)
    selection = ctx.get("destinations", "selection")
    services = ctx.settings.services
    from_osm = [services[s].label_ja for s, used in selection["used"].items() if "osm" in used]
    if from_osm:
        out.append(
            f"{'・'.join(from_osm)}はOpenStreetMapによります。登録漏れがあるため、"
            "カバー率は実際より低く出ることがあります。"
        )
    missing = [services[s].label_ja for s in selection["missing"] if not services[s].is_group]
    if missing:
        out.append(f"データがないため計算していないもの: {'、'.join(missing)}。")
    if figures.population_no_road:
        out.append(
            f"道路データが届かない所（{figures.population_no_road:,.0f}人）は「データなし」とし、"
            "交通空白とは呼びません。"
        )
    if not ctx.options.by_road:
        out.append("直線距離だけの結果です。道のりによる結果とは大きく異なることがあります。")
    out.append(
        "人はセルの中に一様に住むものとして、セル内の点ごとに測っています（海や山の部分も区別しません）。"
    )
    return out


def method_ja(ctx: StageContext) -> list[str]:
    """Return how the figures were made, with the source of every threshold."""
    run, network = ctx.settings.run, ctx.settings.network
    service = ctx.get("departures", "service")
    out = [
        (
            "人口は地域メッシュ（国勢調査など）のセルごと。距離はセルの中心から、圏内の割合は"
            f"セル内に{run.subpoint_spacing_m:,.0f} m以下の間隔で置いた点から測ります。"
        ),
        (
            f"徒歩は道のりが最短、速さは{network.walk.speed_m_per_s * 60:,.0f} m/分。"
            "自動車は所要時間が最短。道路までの移動はどちらも徒歩の速さで数えます。"
        ),
    ]
    out += [
        f"カバー率「{p.name}」: {p.label_ja}。出典: {p.source}"
        for p in ctx.settings.coverage_presets.values()
    ]
    out += [
        f"交通空白「{p.name}」: 駅{p.rail_m:,.0f} m・バス停{p.bus_m:,.0f} m。出典: {p.source}"
        for p in ctx.settings.vacuum_presets.values()
    ]
    if service["date"]:
        chosen = "（多くの路線が動く平日を自動で選択）" if service["chosen"] else ""
        out.append(f"運行本数の基準日: {service['date']}{chosen}。")
    return out


def attribution_notes(ctx: StageContext) -> list[SourceNote]:
    """Return one note per data set and edition that was used, in the order of reading.

    The demo's inputs are formed like the publishers' and are nobody's: they say so.
    """
    known = catalogue()
    synthetic = ctx.options.pref.code == prefecture.DEMO
    notes: dict[tuple[str, str], SourceNote] = {}
    for record in ctx.records.values():
        for use in record.sources:
            about = known[SYNTHETIC_KIND if synthetic else use.kind]
            title = f"{known[use.kind].title_ja}（架空）" if synthetic else about.title_ja
            if use.rows_read and (use.kind, use.edition) not in notes:
                notes[use.kind, use.edition] = SourceNote(
                    title,
                    use.edition,
                    about.licence_of(use.edition),
                    about.attribution,
                    use.path,
                )
    return list(notes.values())
