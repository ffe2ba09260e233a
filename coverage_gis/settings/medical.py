"""Medical supply per head (floating catchments) and districts without a doctor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from coverage_gis.errors import SettingsError
from coverage_gis.settings.model import MODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coverage_gis.settings.model import Service
    from coverage_gis.settings.reader import Reader

MEDICAL: Final = ("floating_catchment", "doctorless")
"""Tables of a settings file that are read here."""
BY_CAPACITY, BY_COUNT = "capacity", "count"
"""What a floating catchment shares out: capacities (beds), or facilities."""


@dataclass(frozen=True)
class CatchmentPreset:
    """A named two-step floating catchment; see ``medical.toml``.

    Attributes
    ----------
    supply
        :data:`BY_CAPACITY` or :data:`BY_COUNT`.
    unit_ja
        What one unit of supply is called.
    limits_s, limits_m
        Upper limits of the zones (inclusive), nearest first: travel time by ``mode``, and straight
        lines for runs without roads.
    weights
        One per zone, not rising.
    """

    name: str
    label_ja: str
    label_en: str
    source: str
    service: str
    supply: str
    unit_ja: str
    mode: str
    limits_s: tuple[float, ...]
    limits_m: tuple[float, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True)
class Doctorless:
    """How candidate 無医地区 are found; see ``medical.toml``. Distances in metres.

    ``registers`` are the data sets that hold every institution of a prefecture.
    """

    label_ja: str
    label_en: str
    source: str
    services: tuple[str, ...]
    registers: tuple[str, ...]
    radius_m: float
    min_people: float
    max_round_trips: float
    stop_m: float


@dataclass(frozen=True)
class MedicalSettings:
    """What the stages ``catchments`` and ``medical`` compute."""

    catchments: Mapping[str, CatchmentPreset]
    doctorless: Doctorless


def medical(top: Reader) -> MedicalSettings:
    """Return the tables of the stages ``catchments`` and ``medical``, by ``MEDICAL``."""
    catchments = top.sub("floating_catchment")
    r = top.sub("doctorless")
    r.only(
        "label_ja", "label_en", "source", "services", "registers", "radius_m", "min_people",
        "max_round_trips", "stop_m",
    )  # fmt: skip
    return MedicalSettings(
        {name: _catchment(name, catchments.sub(name)) for name in catchments},
        Doctorless(
            r.text("label_ja"),
            r.text("label_en"),
            r.text("source"),
            r.texts("services"),
            r.texts("registers"),
            r.number("radius_m"),
            r.number("min_people"),
            r.number("max_round_trips", above=-1),
            r.number("stop_m"),
        ),
    )


def check_medical(settings: MedicalSettings, services: Mapping[str, Service]) -> None:
    """Check that the services it names are there to be counted."""
    named = [(f"floating_catchment.{p.name}.service", p.service) for p in
             settings.catchments.values()]  # fmt: skip
    named += [("doctorless.services", name) for name in settings.doctorless.services]
    for where, name in named:
        service = services.get(name)
        group_too = not where.startswith("doctorless")
        if service is None or service.nth_of or (service.is_group and not group_too):
            raise SettingsError(
                f"Settings: {where} names '{name}', which is no service that it can count."
            )


def _catchment(name: str, r: Reader) -> CatchmentPreset:
    r.only(
        "label_ja", "label_en", "source", "service", "supply", "unit_ja", "mode", "limits_min",
        "limits_m", "weights",
    )  # fmt: skip
    limits_min, limits_m, weights = (r.numbers(k) for k in ("limits_min", "limits_m", "weights"))
    if not len(limits_min) == len(limits_m) == len(weights):
        raise SettingsError(
            f"Settings: floating_catchment.{name} needs as many limits_min and limits_m as weights."
        )
    for key, limits in (("limits_min", limits_min), ("limits_m", limits_m)):
        if any(a >= b for a, b in pairwise(limits)):
            raise SettingsError(f"Settings: floating_catchment.{name}.{key} must rise.")
    if any(a < b for a, b in pairwise(weights)):
        raise SettingsError(f"Settings: floating_catchment.{name}.weights must not rise.")
    return CatchmentPreset(
        name,
        r.text("label_ja"),
        r.text("label_en", name),
        r.text("source"),
        r.text("service"),
        r.choice("supply", (BY_CAPACITY, BY_COUNT)),
        r.text("unit_ja"),
        r.choice("mode", MODES),
        tuple(60 * m for m in limits_min),
        limits_m,
        weights,
    )
