"""Sentences for people, in Japanese: headline, warnings, method, attributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.codes import prefecture
from coverage_gis.maps.model import SourceNote
from coverage_gis.sources.catalogue import SYNTHETIC as SYNTHETIC_KIND
from coverage_gis.sources.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from pipelines.figures import Headline
    from pipelines.stage import StageContext

SYNTHETIC = "架空のデータです（synthetic）。実在の地域・施設・人口ではありません。"
_WAY_EN = {schema.ROAD: "on foot along roads", schema.STRAIGHT: "in a straight line"}
_FEW = 0.01
"""Share of people without road data that needs no explanation: islets, mountain huts."""
_MANY = 0.05
"""Share of people without road data from which no figure stands for the whole prefecture."""
_WAY = {schema.ROAD: "徒歩の道のり", schema.STRAIGHT: "直線距離"}


def headline_ja(figures: Headline, name_ja: str) -> list[str]:
    """Return what a planner is told first."""
    lines = [f"{name_ja}の集計対象人口は{figures.population:,.0f}人です。"]
    without = figures.population_no_road / figures.population if figures.population else 0.0
    if without > _MANY:
        lines.append(
            f"道路データは人口の{1 - without:.1%}にしか届いていません。"
            f"以下の率はその範囲だけのもので、{name_ja}全体を表しません。"
        )
    if figures.beyond_shop is not None and figures.beyond_shop_rate is not None:
        unit = {"m": "m", "min": "分"}[figures.shop_unit]
        lines.append(
            f"{figures.shop_label}まで{_WAY[figures.metric]}で"
            f"{figures.shop_cutoff:,.0f} {unit}を超える人は"
            f"{figures.beyond_shop:,.0f}人（{figures.beyond_shop_rate:.1%}）です"
            f"（セル内の地点ごとに計算{_lacks_ja(figures)}）。"
        )
    if figures.vacuum_people is not None:
        other = (
            f"、直線距離では{figures.vacuum_people_straight:,.0f}人"
            if figures.metric == schema.ROAD and figures.vacuum_people_straight is not None
            else ""
        )
        lines.append(
            f"交通空白のセルに住む人は{figures.vacuum_people:,.0f}人"
            f"（{_WAY[figures.metric]}。定義は{figures.vacuum_label}{other}）です。"
        )
    if figures.population_no_road:
        lines.append(
            f"道路データのない所に住む{figures.population_no_road:,.0f}人は、"
            "どの率にも含めていません。"
        )
    return lines


def _lacks_ja(figures: Headline) -> str:
    if not figures.shop_lacks:
        return ""
    return f"。{'・'.join(figures.shop_lacks)}はデータがなく、実際より多く出ています"


def headline_en(figures: Headline, name_en: str, shop_en: str) -> list[str]:
    """Return :func:`headline_ja` in English, line by line."""
    lines = [f"{name_en}: {figures.population:,.0f} people are counted."]
    way = _WAY_EN[figures.metric]
    if figures.beyond_shop is not None and figures.beyond_shop_rate is not None:
        lines.append(
            f"{figures.beyond_shop:,.0f} people ({figures.beyond_shop_rate:.1%}) live more than "
            f"{figures.shop_cutoff:,.0f} {figures.shop_unit} {way} from: {shop_en}."
        )
    if figures.vacuum_people is not None:
        other = (
            f"; {figures.vacuum_people_straight:,.0f} in a straight line"
            if figures.metric == schema.ROAD and figures.vacuum_people_straight is not None
            else ""
        )
        lines.append(
            f"{figures.vacuum_people:,.0f} people live in cells of transit vacuum "
            f"({way}, definition {figures.vacuum_preset}{other})."
        )
    if figures.population_no_road:
        lines.append(
            f"{figures.population_no_road:,.0f} people without road data nearby are in no rate."
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
    out += _completeness(ctx)
    missing = [
        services[s].label_ja
        for s in selection["missing"]
        # what is a part of something missing goes without saying
        if (services[s].sources or services[s].within)
        and services[s].part_of not in selection["missing"]
    ]
    if missing:
        out.append(f"データがないため計算していないもの: {'、'.join(missing)}。")
    out += _departments(ctx)
    for group in services.values():
        have = [m for m in group.any_of if m not in selection["missing"]]
        lack = [m for m in group.any_of if m in selection["missing"]]
        if have and lack:
            out.append(
                f"「{group.label_ja}」は、データのある{_names(ctx, have)}だけで測っています"
                f"（{_names(ctx, lack)}のデータがありません）。"
            )
    if figures.population_no_road:
        out.append(
            f"道路データが届かない所（{figures.population_no_road:,.0f}人）は「データなし」とし、"
            "交通空白とは呼びません。"
        )
    out += _transit_limits(ctx) + _where_data_end(ctx)
    if not ctx.options.by_road:
        out.append("直線距離だけの結果です。道のりによる結果とは大きく異なることがあります。")
    out.append(
        "人はセルの中に一様に住むものとして、セル内の点ごとに測っています（海や山の部分も区別しません）。"
    )
    return out


def _departments(ctx: StageContext) -> list[str]:
    """Return of how many institutions nobody knows the departments."""
    told = ctx.get("destinations", "selection")["departments"]
    out = []
    for counts in dict.fromkeys(map(tuple, told.values())):
        known, unknown = counts
        if known and unknown:
            names = _names(ctx, [s for s, n in told.items() if tuple(n) == counts])
            out.append(
                f"{names}: 医療機関{known + unknown:,}件のうち{unknown:,}件は診療科が分からず、"
                "数えていません（近さは実際より悪く出ることがあります）。"
            )
    return out


def _transit_limits(ctx: StageContext) -> list[str]:
    """Return why stops may be missing: no survey of stops, or feeds that have run out."""
    out = []
    used = ctx.get("destinations", "selection")["used"].get("bus_stop", [])
    if used and "p11" not in used:
        out.append(
            "バス停の全数調査（国土数値情報P11）がなく、手元のデータにあるバス停だけで判定しています。"
            "含まれない事業者があると、交通空白は実際より広く出ます。"
        )
    service = ctx.get("departures", "service")
    if service.get("not_running"):
        out.append(
            f"基準日（{service['date']}）に運行のないGTFSが{len(service['not_running'])}件あります。"
            "有効期間外のものの停留所は、運行本数不明の停留所として扱います。"
        )
    return out


def _where_data_end(ctx: StageContext) -> list[str]:
    """Return where facilities or people are missing because a file ends there."""
    out = []
    off_road = ctx.records["access"].counts.get("facilities_without_road", {})
    if count := off_road.get(schema.WALK, 0):
        out.append(
            f"近くに道路データのない施設が{count:,}件あり、徒歩では誰も届かないものとしています。"
            "道路や店舗のデータが終わる所の近くでは、率は実際より低く出ます。"
        )
    coverage = ctx.get("coverage", "coverage")
    people = coverage[
        (coverage[schema.AREA_LEVEL] == schema.MUNICIPALITY)
        & (coverage[schema.AGE_GROUP] == "total")
    ].drop_duplicates(schema.AREA_CODE)
    nobody = people.loc[people[schema.POPULATION] == 0, schema.AREA_NAME].tolist()
    if nobody:
        out.append(f"人口データが範囲外のため人口が0となっている市区町村: {'、'.join(nobody)}。")
    return out


def _names(ctx: StageContext, services: Sequence[str]) -> str:
    return "・".join(ctx.settings.services[s].label_ja for s in services)


def completeness_ja(table: pd.DataFrame) -> list[str]:
    """Return how many of the official number of stores the run knows, and why it may be so few.

    Parameters
    ----------
    table
        Of :func:`coverage_gis.coverage.completeness.completeness`; empty where nothing is known.
    """
    if table.empty:
        return []
    kinds = "、".join(
        f"{row.label_ja}{row.stores_in_run:,}店（公的統計{row.official_stores:,}店の"
        f"{row.completeness:.0%}）"
        for row in table.itertuples()
    )
    out = f"店舗データの網羅率: {kinds}。"
    covered = float(table["area_with_people"].iloc[0])
    no_road = float(table["people_without_road"].iloc[0])
    if covered < 1 or no_road > _FEW:
        out += (
            f"入力データが県の一部に限られる（人口のある市町村は{covered:.0%}、"
            f"人口の{no_road:.0%}に道路データがない）ため、県全体の統計に対して低く出ています。"
        )
    else:
        out += "店舗に関する数値は、この割合だけの店舗によるものです。"
    return [out]


def _completeness(ctx: StageContext) -> list[str]:
    """Return the sentence once the stage that counts has run; its own workbook adds it itself."""
    if "measures" not in ctx.records:
        return []
    return completeness_ja(ctx.get("measures", "completeness"))


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
