"""The English of ``words``: one function per sentence, with the same figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from coverage_gis.settings import CoveragePreset, Service, VacuumPreset
    from pipelines.figures import Headline

SYNTHETIC = "Synthetic data: no real place, facility or person."
_WAY = {schema.ROAD: "on foot along roads", schema.STRAIGHT: "in a straight line"}


def _list(services: Iterable[Service]) -> str:
    return ", ".join(s.label_en for s in services)


def total(figures: Headline, name: str) -> str:
    """Return how many people are counted."""
    out = f"{name}: {figures.population:,.0f} people are counted."
    if figures.population_no_road:
        out += f" {figures.population_no_road:,.0f} of them have no road data and are in no rate."
    return out


def partial(share: float, name: str) -> str:
    """Return that roads reach a part of the people alone."""
    return (
        f"The road data reach {share:.1%} of the people only: the rates are of that part, and do "
        f"not stand for the whole of {name}."
    )


def beyond_shop(figures: Headline, shop: str, lacking: Sequence[Service]) -> str:
    """Return how many live beyond the shopping cutoff."""
    less = f" There are no data of: {_list(lacking)}; the true number is lower." if lacking else ""
    return (
        f"{figures.beyond_shop:,.0f} people ({figures.beyond_shop_rate:.1%}) live more than "
        f"{figures.shop_cutoff:,.0f} {figures.shop_unit} {_WAY[figures.metric]} from: {shop}.{less}"
    )


def from_osm(services: Iterable[Service]) -> str:
    """Return which services are volunteers' data."""
    return (
        f"From OpenStreetMap: {_list(services)}. Some are missing there, so coverage rates may be "
        "lower than the truth."
    )


def unread(count: int, shown: str, more: int) -> str:
    """Return which files could not be read."""
    rest = f" ({more:,} more: unread in run.json)" if more > 0 else ""
    return f"Files that could not be read and are not in these results: {count:,}. {shown}{rest}"


def missing(services: Iterable[Service]) -> str:
    """Return what there are no data of."""
    return f"Not computed for want of data: {_list(services)}."


def partly(group: Service, have: Iterable[Service], lack: Iterable[Service]) -> str:
    """Return which members a group is measured by."""
    return f"“{group.label_en}” is measured by {_list(have)} alone (no data of: {_list(lack)})."


def departments(services: Iterable[Service], known: int, unknown: int) -> str:
    """Return of how many institutions nobody knows the departments."""
    return (
        f"{_list(services)}: of {known + unknown:,} institutions {unknown:,} do not say which "
        "departments they have and do not count (the way may be shorter than shown)."
    )


def no_road(people: float) -> str:
    """Return how people without road data are called."""
    return (
        f"Places the road data do not reach ({people:,.0f} people) are “no data” and not called "
        "transit vacuum."
    )


def off_road(count: int) -> str:
    """Return how many facilities nobody reaches."""
    return (
        f"{count:,} facilities have no road data nearby and are reached by nobody on foot. Near "
        "the edge of the data, rates come out lower than they are."
    )


def nobody(names: str) -> str:
    """Return the municipalities outside the population data."""
    return f"Municipalities with no people in the population data: {names}."


STRAIGHT_ONLY = "Straight lines only: results along roads may differ much."
EVEN = (
    "People are taken to live evenly over a cell and are measured at points inside it (sea and "
    "mountain are not told apart)."
)


def completeness(table: pd.DataFrame, *, partial_data: bool) -> str:
    """Return how many of the official number of stores the run knows."""
    kinds = ", ".join(
        f"{row.service} {row.stores_in_run:,} ({row.completeness:.0%} of {row.official_stores:,} "
        "in official statistics)"
        for row in table.itertuples()
    )
    why = (
        " The input covers a part of the prefecture only."
        if partial_data
        else " Figures on stores are of these stores only."
    )
    return f"Stores in the data: {kinds}.{why}"


def cells(spacing_m: float) -> str:
    """Return what distances are measured from."""
    return (
        "People are counted by mesh cell (census). Distances are from the centre of a cell; shares "
        f"within reach are from points in the cell at most {spacing_m:,.0f} m apart."
    )


def speeds(walk_m_per_min: float) -> str:
    """Return how routes are chosen."""
    return (
        f"On foot: the shortest way, {walk_m_per_min:,.0f} m a minute. By car: the quickest. "
        "The way to the road counts at walking speed in both."
    )


def coverage_preset(preset: CoveragePreset) -> str:
    """Return where a preset's cutoffs come from."""
    source = preset.source_en or preset.source
    return f"Coverage “{preset.name}”: {preset.label_en}. Source: {source}"


def vacuum_preset(preset: VacuumPreset) -> str:
    """Return where a definition of 交通空白 comes from."""
    source = preset.source_en or preset.source
    return (
        f"Transit vacuum “{preset.name}”: station {preset.rail_m:,.0f} m, bus stop "
        f"{preset.bus_m:,.0f} m. Source: {source}"
    )


def service_date(date: str, *, chosen: bool) -> str:
    """Return the date trips are counted on."""
    why = " (chosen: a weekday on which most feeds run)" if chosen else ""
    return f"Trips are counted on {date}{why}."
