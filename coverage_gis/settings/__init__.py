"""Settings: services, presets and network profiles as checked, frozen values.

The numbers live in TOML files with their sources (``coverage_gis/data/*.toml``), which a user's
own file overlays key by key; this package only knows their shape. Files hold minutes and
kilometres per hour where people think in them; the values here are SI.
"""

from __future__ import annotations

from coverage_gis.settings.medical import (
    BY_CAPACITY,
    BY_COUNT,
    CatchmentPreset,
    Doctorless,
    MedicalSettings,
)
from coverage_gis.settings.model import (
    PRIORITY_PARTS,
    UNIT_M,
    UNIT_MIN,
    ChoiceSettings,
    Comparison,
    CoveragePreset,
    CoverageRule,
    DailyPart,
    DailyPreset,
    DailyReach,
    DriveProfile,
    FoodAccess,
    FoodKind,
    MapGaps,
    Measures,
    NetworkSettings,
    Outlook,
    PlaceNames,
    Priority,
    PriorityPart,
    RunSettings,
    Sensitivity,
    Service,
    ServiceQuality,
    Settings,
    Support,
    VacuumPreset,
    WalkProfile,
)
from coverage_gis.settings.parse import overlay, parse
from coverage_gis.settings.shelters import ShelterSettings, Sphere

__all__ = [
    "BY_CAPACITY",
    "BY_COUNT",
    "PRIORITY_PARTS",
    "UNIT_M",
    "UNIT_MIN",
    "CatchmentPreset",
    "ChoiceSettings",
    "Comparison",
    "CoveragePreset",
    "CoverageRule",
    "DailyPart",
    "DailyPreset",
    "DailyReach",
    "Doctorless",
    "DriveProfile",
    "FoodAccess",
    "FoodKind",
    "MapGaps",
    "Measures",
    "MedicalSettings",
    "NetworkSettings",
    "Outlook",
    "PlaceNames",
    "Priority",
    "PriorityPart",
    "RunSettings",
    "Sensitivity",
    "Service",
    "ServiceQuality",
    "Settings",
    "ShelterSettings",
    "Sphere",
    "Support",
    "VacuumPreset",
    "WalkProfile",
    "overlay",
    "parse",
]
