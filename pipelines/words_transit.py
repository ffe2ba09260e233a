"""Sentences on public transport: who lives in 交通空白, counted how, and what limits the figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_gis import schema
from coverage_gis.maps.model import Said

if TYPE_CHECKING:
    from coverage_gis.settings import Settings
    from pipelines.figures import Headline
    from pipelines.stage import StageContext

WAY_JA: Final = {schema.ROAD: "徒歩の道のり", schema.STRAIGHT: "直線距離"}
_WAY_EN: Final = {schema.ROAD: "on foot along roads", schema.STRAIGHT: "in a straight line"}
_NO_STOP_SURVEY_EN = (
    "There is no complete survey of bus stops (KSJ P11): only stops in the data at hand count. "
    "Where an operator is missing, the transit vacuum comes out larger than it is."
)


def vacuum_ja(figures: Headline, settings: Settings) -> list[str]:
    """Return how many live in 交通空白 by the default definition."""
    if figures.vacuum_people is None:
        return []
    base = figures.population - figures.population_no_road
    share = figures.vacuum_people / base if base else None
    rate = "" if share is None else f"（{share:.1%}）"
    other = (
        f"。直線距離では{figures.vacuum_people_straight:,.0f}人"
        if figures.metric == schema.ROAD and figures.vacuum_people_straight is not None
        else ""
    )
    preset = settings.vacuum_presets[figures.vacuum_preset]
    return [
        Said(
            f"交通空白（駅もバス停も遠い所）に住む人は{figures.vacuum_people:,.0f}人{rate}です"
            f"（{WAY_JA[figures.metric]}。{figures.vacuum_label}{other}）。",
            _vacuum_en(figures, share, preset.label_en),
        )
    ]


def both_counts_ja(figures: Headline) -> list[str]:
    """Return the people in 交通空白 by whole cells and by shares of cells, side by side.

    By whole cells is what the headline, the map and the polygons have; by shares is finer, and
    is what the sheet of public transport and ``transit_people.csv`` have.
    """
    base = figures.population - figures.population_no_road
    ways = {
        figures.metric: (figures.vacuum_people, figures.vacuum_by_share),
        schema.STRAIGHT: (figures.vacuum_people_straight, figures.vacuum_by_share_straight),
    }
    told = {m: (c, s) for m, (c, s) in ways.items() if c is not None and s is not None and base}
    by_cell = "、".join(f"{WAY_JA[m]}で{n:,.0f}人（{n / base:.1%}）" for m, (n, _) in told.items())
    by_share = "、".join(f"{WAY_JA[m]}で{n:,.0f}人（{n / base:.1%}）" for m, (_, n) in told.items())
    if not told:
        return []
    return [
        (
            f"セル単位: {by_cell}。地点の過半が空白のセルの全員を数えたもの"
            "（上の文・地図・vacuum/の区域の人数）。"
        ),
        (
            f"按分: {by_share}。セル内の地点ごとに数えたもの"
            "（シート「交通空白」の割合、transit_people.csvのpopulation）。"
        ),
    ]


def limits_ja(ctx: StageContext) -> list[str]:
    """Return why stops may be missing: no survey of stops, or feeds that have run out."""
    out: list[str] = []
    used = ctx.get("destinations", "selection")["used"].get("bus_stop", [])
    if used and "p11" not in used:
        out.append(
            Said(
                "バス停の全数調査（国土数値情報P11）がなく、手元のデータにあるバス停だけで判定しています。"
                "含まれない事業者があると、交通空白は実際より広く出ます。",
                _NO_STOP_SURVEY_EN,
            )
        )
    service = ctx.get("departures", "service")
    if stopped := len(service.get("not_running") or ()):
        out.append(
            Said(
                f"基準日（{service['date']}）に運行のないGTFSが{stopped}件あります。"
                "有効期間外のものの停留所は、運行本数不明の停留所として扱います。",
                _not_running_en(service["date"], stopped),
            )
        )
    return out


def _vacuum_en(figures: Headline, share: float | None, definition: str) -> str:
    of_all = "" if share is None else f" ({share:.1%})"
    other = (
        f"; {figures.vacuum_people_straight:,.0f} in a straight line"
        if figures.metric == schema.ROAD and figures.vacuum_people_straight is not None
        else ""
    )
    return (
        f"{figures.vacuum_people:,.0f} people{of_all} live in transit vacuum, far from "
        f"any station and bus stop ({_WAY_EN[figures.metric]}{other}; definition: {definition})."
    )


def _not_running_en(date: str, feeds: int) -> str:
    return (
        f"{feeds} GTFS feed(s) have no service on {date}. Stops of feeds outside their validity "
        "count as stops of unknown frequency."
    )
