"""Sentences for people, in Japanese: headline, warnings, method, attributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.codes import prefecture
from coverage_gis.maps.model import Said, SourceNote
from coverage_gis.sources.catalogue import SYNTHETIC as SYNTHETIC_KIND
from coverage_gis.sources.catalogue import catalogue
from pipelines import words_en
from pipelines.words_outlook import sensitivity_of
from pipelines.words_shelters import hazards_ja, room_ja, shelters_ja
from pipelines.words_transit import WAY_JA, limits_ja, vacuum_ja

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from coverage_gis.codes.prefecture import Prefecture
    from coverage_gis.settings import Service, Settings
    from pipelines.figures import Headline
    from pipelines.stage import StageContext

SYNTHETIC = Said(
    "架空のデータです（synthetic）。実在の地域・施設・人口ではありません。", words_en.SYNTHETIC
)
_SHOWN_FILES = 3
_FEW = 0.01
"""Share of people without road data that needs no explanation: islets, mountain huts."""
_MANY = 0.05
"""Share of people without road data from which no figure stands for the whole prefecture."""


def headline_ja(figures: Headline, settings: Settings, pref: Prefecture) -> list[str]:
    """Return what a planner is told first, what most people ask for foremost."""
    return [
        *_beyond_shop(figures, settings),
        *vacuum_ja(figures, settings),
        *_partial(figures, pref),
        Said(
            f"{pref.name_ja}の集計対象人口は{figures.population:,.0f}人です"
            + (
                f"（うち道路データのない所に住む{figures.population_no_road:,.0f}人は、"
                "どの率にも含めていません）。"
                if figures.population_no_road
                else "。"
            ),
            words_en.total(figures, pref.name_en),
        ),
    ]


def _beyond_shop(figures: Headline, settings: Settings) -> list[str]:
    if figures.beyond_shop is None or figures.beyond_shop_rate is None:
        return []
    lacking = [s for s in settings.services.values() if s.label_ja in figures.shop_lacks]
    names = "・".join(s.label_ja for s in lacking)
    less = f"（{names}はデータがなく、実際より多く出ています）" if lacking else ""
    unit = {"m": "\u00a0m", "min": "分"}[figures.shop_unit]
    shop = settings.services[settings.run.summary_service]
    return [
        Said(
            f"{figures.shop_label}まで{WAY_JA[figures.metric]}で"
            f"{figures.shop_cutoff:,.0f}{unit}を超える人は"
            f"{figures.beyond_shop:,.0f}人（{figures.beyond_shop_rate:.1%}）です{less}。",
            words_en.beyond_shop(figures, shop.label_en, lacking),
        )
    ]


def _partial(figures: Headline, pref: Prefecture) -> list[str]:
    without = figures.population_no_road / figures.population if figures.population else 0.0
    if without <= _MANY:
        return []
    return [
        Said(
            f"道路データは人口の{1 - without:.1%}にしか届いていません。"
            f"率はその範囲だけのもので、{pref.name_ja}全体を表しません。",
            words_en.partial(1 - without, pref.name_en),
        )
    ]


def warnings_ja(ctx: StageContext, figures: Headline) -> list[str]:
    """Return what limits the figures."""
    out: list[str] = []
    if ctx.options.pref.code == prefecture.DEMO:
        out.append(SYNTHETIC)
    out += _unread(ctx)
    selection = ctx.get("destinations", "selection")
    services = ctx.settings.services
    from_osm = [services[s] for s, used in selection["used"].items() if "osm" in used]
    if from_osm:
        out.append(
            Said(
                f"{_labels(from_osm)}はOpenStreetMapによります。登録漏れがあるため、"
                "カバー率は実際より低く出ることがあります。",
                words_en.from_osm(from_osm),
            )
        )
    out += _completeness(ctx) + sensitivity_of(ctx) + room_ja(ctx) + hazards_ja(ctx)
    missing = [
        services[s]
        for s in selection["missing"]
        # what is a part of something missing goes without saying
        if (services[s].sources or services[s].within)
        and services[s].part_of not in selection["missing"]
    ]
    if missing:
        out.append(
            Said(
                f"データがないため計算していないもの: {'、'.join(s.label_ja for s in missing)}。",
                words_en.missing(missing),
            )
        )
    out += _departments(ctx)
    for group in services.values():
        have = [services[m] for m in group.any_of if m not in selection["missing"]]
        lack = [services[m] for m in group.any_of if m in selection["missing"]]
        if have and lack:
            out.append(
                Said(
                    f"「{group.label_ja}」は、データのある{_labels(have)}だけで測っています"
                    f"（{_labels(lack)}のデータがありません）。",
                    words_en.partly(group, have, lack),
                )
            )
    if figures.population_no_road:
        out.append(
            Said(
                f"道路データが届かない所（{figures.population_no_road:,.0f}人）は「データなし」とし、"
                "交通空白とは呼びません。",
                words_en.no_road(figures.population_no_road),
            )
        )
    out += limits_ja(ctx) + _where_data_end(ctx)
    if not ctx.options.by_road:
        out.append(
            Said(
                "直線距離だけの結果です。道のりによる結果とは大きく異なることがあります。",
                words_en.STRAIGHT_ONLY,
            )
        )
    out.append(
        Said(
            "人はセルの中に一様に住むものとして、セル内の点ごとに測っています"
            "（海や山の部分も区別しません）。",
            words_en.EVEN,
        )
    )
    return out


def _unread(ctx: StageContext) -> list[str]:
    """Return which files of the raw folder are in no figure because nobody could read them."""
    files = ctx.options.unread
    if not files:
        return []
    shown, more = " ".join(files[:_SHOWN_FILES]), len(files) - _SHOWN_FILES
    return [
        Said(
            f"読み込めず、この結果に含まれていないファイルが{len(files):,}件あります: {shown}"
            + (f"（ほか{more:,}件は run.json の unread）" if more > 0 else ""),
            words_en.unread(len(files), shown, more),
        )
    ]


def _departments(ctx: StageContext) -> list[str]:
    """Return of how many institutions nobody knows the departments."""
    told = ctx.get("destinations", "selection")["departments"]
    out: list[str] = []
    for counts in dict.fromkeys(map(tuple, told.values())):
        known, unknown = counts
        if known and unknown:
            mine = [ctx.settings.services[s] for s, n in told.items() if tuple(n) == counts]
            out.append(
                Said(
                    f"{_labels(mine)}: 医療機関{known + unknown:,}件のうち{unknown:,}件は診療科が"
                    "分からず、数えていません（近さは実際より悪く出ることがあります）。",
                    words_en.departments(mine, known, unknown),
                )
            )
    return out


def _where_data_end(ctx: StageContext) -> list[str]:
    """Return where facilities or people are missing because a file ends there."""
    out: list[str] = []
    off_road = ctx.records["access"].counts.get("facilities_without_road", {})
    if count := off_road.get(schema.WALK, 0):
        out.append(
            Said(
                f"近くに道路データのない施設が{count:,}件あり、徒歩では誰も届かないものとしています。"
                "道路や店舗のデータが終わる所の近くでは、率は実際より低く出ます。",
                words_en.off_road(count),
            )
        )
    coverage = ctx.get("coverage", "coverage")
    people = coverage[
        (coverage[schema.AREA_LEVEL] == schema.MUNICIPALITY)
        & (coverage[schema.AGE_GROUP] == "total")
    ].drop_duplicates(schema.AREA_CODE)
    nobody = people.loc[people[schema.POPULATION] == 0, schema.AREA_NAME].tolist()
    if nobody:
        names = "、".join(nobody)
        out.append(
            Said(
                f"人口データが範囲外のため人口が0となっている市区町村: {names}。",
                words_en.nobody(names),
            )
        )
    return out


def _labels(services: Sequence[Service]) -> str:
    return "・".join(s.label_ja for s in services)


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
    partial = covered < 1 or no_road > _FEW
    if partial:
        out += (
            f"入力データが県の一部に限られる（人口のある市町村は{covered:.0%}、"
            f"人口の{no_road:.0%}に道路データがない）ため、県全体の統計に対して低く出ています。"
        )
    else:
        out += "店舗に関する数値は、この割合だけの店舗によるものです。"
    return [Said(out, words_en.completeness(table, partial_data=partial))]


def _completeness(ctx: StageContext) -> list[str]:
    """Return the sentence once the stage that counts has run; its own workbook adds it itself."""
    if "measures" not in ctx.records:
        return []
    return completeness_ja(ctx.get("measures", "completeness"))


def method_ja(ctx: StageContext) -> list[str]:
    """Return how the figures were made, with the source of every threshold."""
    run, network = ctx.settings.run, ctx.settings.network
    service = ctx.get("departures", "service")
    walk = network.walk.speed_m_per_s * 60
    out: list[str] = [
        Said(
            "人口は地域メッシュ（国勢調査など）のセルごと。距離はセルの中心から、圏内の割合は"
            f"セル内に{run.subpoint_spacing_m:,.0f} m以下の間隔で置いた点から測ります。",
            words_en.cells(run.subpoint_spacing_m),
        ),
        Said(
            f"徒歩は道のりが最短、速さは{walk:,.0f} m/分。"
            "自動車は所要時間が最短。道路までの移動はどちらも徒歩の速さで数えます。",
            words_en.speeds(walk),
        ),
    ]
    out += [
        Said(f"カバー率「{p.name}」: {p.label_ja}。出典: {p.source}", words_en.coverage_preset(p))
        for p in ctx.settings.coverage_presets.values()
    ]
    out += [
        Said(
            f"交通空白「{p.name}」: 駅{p.rail_m:,.0f} m・バス停{p.bus_m:,.0f} m。出典: {p.source}",
            words_en.vacuum_preset(p),
        )
        for p in ctx.settings.vacuum_presets.values()
    ]
    if service["date"]:
        chosen = "（多くの路線が動く平日を自動で選択）" if service["chosen"] else ""
        out.append(
            Said(
                f"運行本数の基準日: {service['date']}{chosen}。",
                words_en.service_date(service["date"], chosen=bool(service["chosen"])),
            )
        )
    return out + shelters_ja(ctx.settings.shelters)


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
            title = Said(
                f"{known[use.kind].title_ja}（架空）" if synthetic else about.title_ja,
                f"{known[use.kind].title_en} (synthetic)" if synthetic else about.title_en,
            )
            if use.rows_read and (use.kind, use.edition) not in notes:
                notes[use.kind, use.edition] = SourceNote(
                    title,
                    use.edition,
                    about.licence_of(use.edition),
                    about.attribution,
                    use.path,
                )
    return list(notes.values())
