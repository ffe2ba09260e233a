"""Daily services, food access, choice of stores, comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.errors import SettingsError
from coverage_gis.settings.model import (
    ChoiceSettings,
    Comparison,
    DailyPart,
    DailyPreset,
    DailyReach,
    FoodAccess,
    FoodKind,
    Measures,
)

if TYPE_CHECKING:
    from coverage_gis.settings.reader import Reader

MEASURES = ("daily_services", "food_access", "choice", "comparison")


def measures(top: Reader) -> Measures:
    """Return the tables of the stage ``measures``, by ``MEASURES``."""
    daily = top.sub("daily_services")
    choice, comparison = top.sub("choice"), top.sub("comparison")
    choice.only("label_ja", "source", "services", "cutoffs_m")
    comparison.only("peers", "rates", "few_people")
    rates = comparison.numbers("rates")
    if list(rates) != sorted(rates) or rates[-1] > 1:
        raise SettingsError("Settings: comparison.rates must rise and be at most 1.")
    return Measures(
        {name: _daily_preset(name, daily.sub(name)) for name in daily},
        _food_access(top.sub("food_access")),
        ChoiceSettings(
            choice.text("label_ja"),
            choice.text("source"),
            choice.texts("services"),
            choice.numbers("cutoffs_m"),
        ),
        Comparison(int(comparison.number("peers")), rates, comparison.number("few_people")),
    )


def _daily_preset(name: str, r: Reader) -> DailyPreset:
    r.only("label_ja", "label_en", "source", "confidence", "parts")
    parts = []
    for part in r.subs("parts"):
        part.only("name", "label_ja", "label_en", "any_of")
        reaches = []
        for reach in part.subs("any_of"):
            reach.only("service", "cutoff_m", "min_trips_per_day")
            reaches.append(
                DailyReach(
                    reach.text("service"),
                    reach.number("cutoff_m"),
                    reach.optional("min_trips_per_day"),
                )
            )
        part_name = part.text("name")
        label_en = part.text("label_en", part_name)
        parts.append(DailyPart(part_name, part.text("label_ja"), tuple(reaches), label_en))
    return DailyPreset(
        name,
        r.text("label_ja"),
        r.text("source"),
        r.choice("confidence", ("A", "B", "C")),
        tuple(parts),
        r.text("label_en", name),
    )


def _food_access(r: Reader) -> FoodAccess:
    r.only(
        "label_ja", "source", "radius_m", "car_use_65to74", "car_use_75plus", "car_use_source",
        "kinds",
    )  # fmt: skip
    kinds = []
    for kind in r.subs("kinds"):
        kind.only("name", "label_ja", "services", "weight")
        kinds.append(
            FoodKind(
                kind.text("name"),
                kind.text("label_ja"),
                kind.texts("services"),
                kind.number("weight"),
            )
        )
    if abs(sum(k.weight for k in kinds) - 1) > 1e-9:
        raise SettingsError("Settings: the weights of food_access.kinds must add up to 1.")
    use = {key: r.number(key, above=-1) for key in ("car_use_65to74", "car_use_75plus")}
    if not all(0 <= share <= 1 for share in use.values()):
        raise SettingsError("Settings: food_access.car_use_* are shares from 0 to 1.")
    return FoodAccess(
        r.text("label_ja"),
        r.text("source"),
        r.number("radius_m"),
        use["car_use_65to74"],
        use["car_use_75plus"],
        r.text("car_use_source"),
        tuple(kinds),
    )
