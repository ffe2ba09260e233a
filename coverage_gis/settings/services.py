"""Services and the presets of coverage and 交通空白."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.errors import SettingsError
from coverage_gis.settings.model import (
    METRICS,
    MODES,
    UNIT_M,
    UNIT_MIN,
    CoveragePreset,
    CoverageRule,
    Service,
    VacuumPreset,
)

if TYPE_CHECKING:
    from coverage_gis.settings.reader import Reader


def service(name: str, r: Reader) -> Service:
    """Return the service of ``[services.<name>]``."""
    r.only(
        "label_ja", "label_en", "theme", "osm", "sources", "any_of", "modes", "within",
        "departments", "nth_of", "rank", "part_of",
    )  # fmt: skip
    service = Service(
        name=name,
        label_ja=r.text("label_ja"),
        label_en=r.text("label_en", name),
        theme=r.text("theme"),
        osm=r.tags("osm"),
        sources=tuple(tuple(s.split("+")) for s in r.texts("sources", ())),
        any_of=r.texts("any_of", ()),
        modes=r.choices("modes", MODES, MODES),
        part_of=r.text("part_of", ""),
        within=r.texts("within", ()),
        departments=r.texts("departments", ()),
        nth_of=r.text("nth_of", ""),
        rank=int(r.optional("rank") or 1),
    )
    made_of = (service.sources, service.any_of, service.within, service.nth_of)
    if sum(map(bool, made_of)) != 1:
        raise SettingsError(
            f"Settings: services.{name} needs either sources (and osm), any_of, within and "
            "departments, or nth_of and rank, and not two of them."
        )
    if bool(service.within) != bool(service.departments):
        raise SettingsError(f"Settings: services.{name}: within and departments go together.")
    if bool(service.nth_of) != (service.rank > 1):
        raise SettingsError(
            f"Settings: services.{name}: nth_of needs a rank of 2 or more, and rank needs nth_of."
        )
    return service


def coverage_preset(name: str, r: Reader) -> CoveragePreset:
    """Return the preset of ``[coverage.<name>]``."""
    r.only("label_ja", "label_en", "source", "source_en", "rules", "walkers")
    walkers = r.text("walkers", "") or None
    rules = []
    for rule in r.subs("rules"):
        rule.only("services", "mode", "metrics", "unit", "cutoffs")
        rules.append(
            CoverageRule(
                services=rule.texts("services"),
                mode=rule.choice("mode", MODES),
                metrics=rule.choices("metrics", METRICS),
                unit=rule.choice("unit", (UNIT_M, UNIT_MIN)),
                cutoffs=rule.numbers("cutoffs"),
            )
        )
        if rules[-1].unit == UNIT_MIN and schema.STRAIGHT in rules[-1].metrics:
            raise SettingsError(
                f"Settings: coverage.{name}: a straight line has no travel time; "
                "use unit = 'm' with the metric 'straight'."
            )
        if walkers and (rules[-1].unit != UNIT_MIN or rules[-1].mode != schema.WALK):
            raise SettingsError(
                f"Settings: coverage.{name}: walkers = '{walkers}' means a speed, so its rules "
                "need mode = 'walk' and unit = 'min'."
            )
    return CoveragePreset(
        name,
        r.text("label_ja"),
        r.text("source"),
        tuple(rules),
        r.text("label_en", name),
        r.text("source_en", ""),
        walkers,
    )


def vacuum_preset(name: str, r: Reader) -> VacuumPreset:
    """Return the definition of ``[vacuum.<name>]``."""
    r.only(
        "label_ja", "label_en", "source", "source_en", "rail_m", "bus_m",
        "min_trips_per_day", "min_rail_trips_per_day", "walkers",
    )  # fmt: skip
    return VacuumPreset(
        name,
        r.text("label_ja"),
        r.text("source"),
        r.number("rail_m"),
        r.number("bus_m"),
        r.optional("min_trips_per_day"),
        r.optional("min_rail_trips_per_day"),
        r.text("label_en", name),
        r.text("source_en", ""),
        r.text("walkers", "") or None,
    )
