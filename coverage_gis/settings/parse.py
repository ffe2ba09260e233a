"""From nested mappings (TOML) to checked settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coverage_gis.settings.check import check_references
from coverage_gis.settings.margin import check_margin
from coverage_gis.settings.measures import MEASURES, measures
from coverage_gis.settings.medical import MEDICAL, check_medical, medical
from coverage_gis.settings.model import Settings
from coverage_gis.settings.outlook import outlook, sensitivity, support
from coverage_gis.settings.profiles import network, run
from coverage_gis.settings.reader import Reader
from coverage_gis.settings.services import coverage_preset, service, vacuum_preset
from coverage_gis.settings.shelters import shelter_settings
from coverage_gis.settings.transit import place_names, priority, service_quality

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse(data: Mapping[str, Any]) -> Settings:
    """Return the settings in ``data`` (TOML as nested mappings), checked.

    Raises
    ------
    SettingsError
        Naming the key that is missing, unknown or impossible.
    """
    top = Reader(data, "")
    themes = top.sub("themes")
    settings = Settings(
        themes={n: themes.text(n) for n in themes},
        themes_en=_themes_en(top, themes),
        services={n: service(n, top.sub("services").sub(n)) for n in top.sub("services")},
        coverage_presets={
            n: coverage_preset(n, top.sub("coverage").sub(n)) for n in top.sub("coverage")
        },
        vacuum_presets={n: vacuum_preset(n, top.sub("vacuum").sub(n)) for n in top.sub("vacuum")},
        service_quality=service_quality(top.sub("service_quality")),
        priority=priority(top.sub("priority")),
        place_names=place_names(top.sub("place_names")),
        measures=measures(top),
        shelters=shelter_settings(top.sub("shelters")),
        medical=medical(top),
        outlook=outlook(top.sub("outlook")),
        support=support(top.sub("support")),
        sensitivity=sensitivity(top.sub("sensitivity")),
        network=network(top.sub("network")),
        run=run(top.sub("run")),
    )
    top.only(
        "themes", "themes_en", "services", "coverage", "vacuum", "service_quality", "priority",
        "place_names", "network", "run", "shelters", "outlook", "support", "sensitivity",
        *MEASURES, *MEDICAL,
    )  # fmt: skip
    check_references(settings)
    check_margin(settings)
    check_medical(settings.medical, settings.services)
    return settings


def _themes_en(top: Reader, themes: Reader) -> dict[str, str]:
    """Return the themes' English labels; a theme without one keeps its name."""
    if "themes_en" not in top:
        return {name: name for name in themes}
    english = top.sub("themes_en")
    english.only(*themes)
    return {name: english.text(name, name) for name in themes}


def overlay(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the values of ``top`` put over it, table by table."""
    out = dict(base)
    for key, value in top.items():
        below = out.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        out[key] = overlay(below, value) if both and isinstance(below, dict) else value
    return out
