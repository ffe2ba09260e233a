"""The few figures that the summary, the map's headline and the run record all state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from coverage_gis.settings import Settings


@dataclass(frozen=True)
class Headline:
    """What a planner is told first; None where the data did not allow it.

    Attributes
    ----------
    population, population_no_road
        People of the prefecture in the cells; people without road data, who are in no rate.
    metric
        "road" or "straight": how the figures below were measured.
    shop_label, shop_cutoff, shop_unit, shop_preset
        The service and cutoff of the shopping figure.
    shop_lacks
        Labels of its kinds of shop that the data has none of.
    beyond_shop, beyond_shop_rate
        People beyond that cutoff; their share of the people with road data.
    vacuum_preset, vacuum_label, vacuum_people, vacuum_people_straight
        People in 交通空白 cells by the default definition, by road and by straight line.
    vacuum_by_share, vacuum_by_share_straight
        The same by shares of cells.
    """

    population: float
    population_no_road: float
    metric: str
    shop_label: str
    shop_cutoff: float
    shop_unit: str
    shop_preset: str
    shop_lacks: tuple[str, ...]
    beyond_shop: float | None
    beyond_shop_rate: float | None
    vacuum_preset: str
    vacuum_label: str
    vacuum_people: float | None
    vacuum_people_straight: float | None
    vacuum_by_share: float | None
    vacuum_by_share_straight: float | None


def headline(get: Callable[[str, str], Any], settings: Settings, *, by_road: bool) -> Headline:
    """Return the headline figures of a run from its stages' artifacts."""
    metric = schema.ROAD if by_road else schema.STRAIGHT
    run = settings.run
    preset = settings.coverage_presets[run.summary_preset]
    rule = next(r for r in preset.rules if run.summary_service in r.services)
    coverage: pd.DataFrame = get("coverage", "coverage")
    origins: pd.DataFrame = get("origins", "origins")
    row = coverage[
        (coverage[schema.AREA_LEVEL] == schema.PREFECTURE)
        & (coverage[schema.AGE_GROUP] == "total")
        & (coverage[schema.SERVICE] == run.summary_service)
        & (coverage[schema.PRESET] == preset.name)
        & (coverage[schema.METRIC] == metric)
        & (coverage[schema.MODE] == rule.mode)
        & (coverage[schema.CUTOFF] == rule.cutoffs[0])
    ]
    beyond = rate = None
    if len(row):
        one = row.iloc[0]
        with_road = one[schema.POPULATION] - one[schema.POPULATION_NO_ROAD]
        beyond = float(with_road - one[schema.COVERED_POPULATION])
        rate = beyond / with_road if with_road else None
    classes = _people_by_class(get, run.default_vacuum_preset)
    return Headline(
        population=float(origins[schema.POPULATION].sum()),
        population_no_road=_no_road(get),
        metric=metric,
        shop_label=settings.services[run.summary_service].label_ja,
        shop_cutoff=rule.cutoffs[0],
        shop_unit=rule.unit,
        shop_preset=preset.name,
        shop_lacks=_lacking(get, settings),
        beyond_shop=beyond,
        beyond_shop_rate=rate,
        vacuum_preset=run.default_vacuum_preset,
        vacuum_label=settings.vacuum_presets[run.default_vacuum_preset].label_ja,
        vacuum_people=_vacuum(classes, metric, "by_cell"),
        vacuum_people_straight=_vacuum(classes, schema.STRAIGHT, "by_cell"),
        vacuum_by_share=_vacuum(classes, metric, "by_share"),
        vacuum_by_share_straight=_vacuum(classes, schema.STRAIGHT, "by_share"),
    )


def _lacking(get: Callable[[str, str], Any], settings: Settings) -> tuple[str, ...]:
    missing = get("destinations", "selection")["missing"]
    members = settings.services[settings.run.summary_service].any_of
    return tuple(settings.services[m].label_ja for m in members if m in missing)


def _people_by_class(get: Callable[[str, str], Any], preset: str) -> dict[str, Any]:
    try:
        classes = get("vacuum", "people_by_class")
    except KeyError:  # left out for want of stations or stops
        return {}
    return dict(classes.get(preset, {}))


def _vacuum(classes: dict[str, Any], metric: str, counted: str) -> float | None:
    people = classes.get(metric)
    return None if people is None else float(people[counted][schema.VACUUM])


def _no_road(get: Callable[[str, str], Any]) -> float:
    """Return the people no walking road is near; 0 in a run by straight lines."""
    record = get("access", "no_road")
    return float(record.get(schema.WALK, 0.0))
