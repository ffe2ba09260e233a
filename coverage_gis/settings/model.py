"""The settings of a run as frozen values in SI units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from coverage_gis.settings.medical import MedicalSettings
    from coverage_gis.settings.shelters import ShelterSettings

MODES = (schema.WALK, schema.DRIVE)
METRICS = (schema.ROAD, schema.STRAIGHT)
UNIT_M, UNIT_MIN = "m", "min"
PRIORITY_PARTS = ("people", "elderly_share", "transit_m", "shop_m", "hospital_m")
"""What the priority score of a vacuum area is made of."""


@dataclass(frozen=True)
class Service:
    """A service; see ``services.toml``.

    Attributes
    ----------
    sources
        Alternatives, each a set of data sets read together.
    any_of
        A group: the nearest of any of these services.
    within, departments
        Those facilities of some services that have any of the departments (診療科).
    part_of
        A service whose facilities these are a part of.
    nth_of, rank
        The second, third ... nearest of another service; 1 is the nearest.
    """

    name: str
    label_ja: str
    label_en: str
    theme: str
    osm: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, ...], ...]
    any_of: tuple[str, ...]
    modes: tuple[str, ...]
    part_of: str = ""
    within: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    nth_of: str = ""
    rank: int = 1

    @property
    def is_group(self) -> bool:
        """Whether it is the nearest of several services."""
        return bool(self.any_of)


@dataclass(frozen=True)
class CoverageRule:
    """Services to be reached by a mode, measured by metrics, within cutoffs in ``unit``."""

    services: tuple[str, ...]
    mode: str
    metrics: tuple[str, ...]
    unit: str
    cutoffs: tuple[float, ...]


@dataclass(frozen=True)
class CoveragePreset:
    """A named set of coverage rules with its source; English for readers of the map.

    ``walkers`` names whose speed its minutes are by; None for ``speed_m_per_min``.
    """

    name: str
    label_ja: str
    source: str
    rules: tuple[CoverageRule, ...]
    label_en: str = ""
    source_en: str = ""
    walkers: str | None = None


@dataclass(frozen=True)
class VacuumPreset:
    """A named definition of 交通空白 with its source; distances in metres.

    The minima are trips per day in the busier direction below which a stop or station does not
    serve; None lets every one serve that is not known to have no trip at all. With ``walkers``
    the distances are those that ``speed_m_per_min`` covers on the flat in the time these need,
    slopes included where heights are known.
    """

    name: str
    label_ja: str
    source: str
    rail_m: float
    bus_m: float
    min_trips_per_day: float | None = None
    min_rail_trips_per_day: float | None = None
    label_en: str = ""
    source_en: str = ""
    walkers: str | None = None


@dataclass(frozen=True)
class ServiceQuality:
    """Classes A to F by mode, trips per day and distance; see ``presets.toml``.

    Attributes
    ----------
    trips_per_day
        Lower limits (inclusive), most first.
    distance_m
        Upper limits (inclusive), nearest first.
    rail, bus
        A text per band of trips, a letter or "-" (no class) per band of distance in it.
    same_station_m
        A platform of a timetable this near a railway station is that station's.
    """

    label_ja: str
    source: str
    trips_per_day: tuple[float, ...]
    distance_m: tuple[float, ...]
    rail: tuple[str, ...]
    bus: tuple[str, ...]
    same_station_m: float


@dataclass(frozen=True)
class PriorityPart:
    """One part of the priority score: ``weight * min(1, value / full)``."""

    weight: float
    full: float


@dataclass(frozen=True)
class Priority:
    """The priority score of vacuum areas, 0 to 100; areas below ``min_people`` are not ranked."""

    label_ja: str
    source: str
    min_people: float
    parts: Mapping[str, PriorityPart]


@dataclass(frozen=True)
class PlaceNames:
    """Where the names of settlements (集落) come from; see ``presets.toml``.

    Attributes
    ----------
    osm
        Tags of OpenStreetMap's place nodes.
    within_m
        A cell farther from every place has no name.
    """

    label_ja: str
    source: str
    osm: tuple[tuple[str, str], ...]
    within_m: float


@dataclass(frozen=True)
class DailyReach:
    """A service within metres on foot; with a minimum, by stops known to have so many trips."""

    service: str
    cutoff_m: float
    min_trips_per_day: float | None


@dataclass(frozen=True)
class DailyPart:
    """One of the daily services: there if any of its reaches is."""

    name: str
    label_ja: str
    any_of: tuple[DailyReach, ...]
    label_en: str = ""


@dataclass(frozen=True)
class DailyPreset:
    """A named definition of 日常生活サービスの徒歩圏充足率 with its source and confidence."""

    name: str
    label_ja: str
    source: str
    confidence: str
    parts: tuple[DailyPart, ...]
    label_en: str = ""


@dataclass(frozen=True)
class FoodKind:
    """Stores of a kind and the weight of food bought there."""

    name: str
    label_ja: str
    services: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class FoodAccess:
    """How 食料品アクセス困難人口 is estimated; see ``measures.toml``. Car use as shares, 0 to 1."""

    label_ja: str
    source: str
    radius_m: float
    car_use_65to74: float
    car_use_75plus: float
    car_use_source: str
    kinds: tuple[FoodKind, ...]


@dataclass(frozen=True)
class ChoiceSettings:
    """Of which services the facilities within reach on foot are counted, at which metres."""

    label_ja: str
    source: str
    services: tuple[str, ...]
    cutoffs_m: tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """How many peers a municipality has, and the rates to be reached (0 to 1, ascending).

    Rates of fewer than ``few_people`` are marked: one household moves them.
    """

    peers: int
    rates: tuple[float, ...]
    few_people: float


@dataclass(frozen=True)
class Measures:
    """Measures over several services; see ``measures.toml``."""

    daily_services: Mapping[str, DailyPreset]
    food_access: FoodAccess
    choice: ChoiceSettings
    comparison: Comparison


@dataclass(frozen=True)
class Outlook:
    """Which years to come are computed, and shown beside the first; see ``outlook.toml``."""

    label_ja: str
    source: str
    years: tuple[int, ...]
    shown: tuple[int, ...]

    def beside(self, known: Iterable[int]) -> tuple[int, ...]:
        """Return, of the years that are known, the first and then those to show beside it."""
        years = sorted(known)
        return (*years[:1], *(y for y in self.shown if y in years[1:]))


@dataclass(frozen=True)
class Support:
    """People below whom a facility of a service is marked (試算), by service."""

    label_ja: str
    source: str
    people: Mapping[str, float]


@dataclass(frozen=True)
class Sensitivity:
    """By which share there are fewer and more stores, in how many draws from which seed."""

    label_ja: str
    source: str
    share: float
    draws: int
    seed: int


@dataclass(frozen=True)
class WalkProfile:
    """Which ways people on foot may use, and their speed in m/s.

    Attributes
    ----------
    speed_m_per_s
        On the flat; what ``travel_time_s`` is by.
    walkers
        Name of who walks -> their speed on the flat: coverage presets in minutes, and
        definitions of 交通空白, can ask for any of them.
    slope
        Function that gives the speed by gradient where there is a DEM: "tobler", or "none".
    """

    speed_m_per_s: float
    walkers: Mapping[str, float]
    slope: str
    highway: frozenset[str]
    access_keys: tuple[str, ...]
    closed_if: frozenset[tuple[str, str]]
    forbidden: frozenset[str]

    def pace(self, walkers: str | None) -> float:
        """Return how many times longer some walk than everybody; 1 where nobody is named."""
        return 1.0 if walkers is None else self.speed_m_per_s / self.walkers[walkers]


@dataclass(frozen=True)
class DriveProfile:
    """Which ways cars may use, and their speed by class in m/s."""

    speed_m_per_s: Mapping[str, float]
    access_keys: tuple[str, ...]
    closed_if: frozenset[tuple[str, str]]
    forbidden: frozenset[str]


@dataclass(frozen=True)
class MapGaps:
    """Which components are gaps in the map: with less road, and so near to a longer one."""

    below_m: float
    within_m: float


@dataclass(frozen=True)
class NetworkSettings:
    """Profiles of both modes, ferries and snapping."""

    walk: WalkProfile
    drive: DriveProfile
    ferry_speed_m_per_s: float
    snap_beyond_half_diagonal_m: float
    snap_facility_limit_m: float
    gaps: MapGaps
    snap_never: frozenset[str]


@dataclass(frozen=True)
class RunSettings:
    """What a run reads around its border, and how it samples cells."""

    margin_m: float
    subpoint_spacing_m: float
    covered_by: str
    default_vacuum_preset: str
    summary_service: str
    summary_preset: str
    same_stop_m: float


@dataclass(frozen=True)
class Settings:
    """All settings of a run."""

    themes: Mapping[str, str]
    themes_en: Mapping[str, str]
    services: Mapping[str, Service]
    coverage_presets: Mapping[str, CoveragePreset]
    vacuum_presets: Mapping[str, VacuumPreset]
    service_quality: ServiceQuality
    priority: Priority
    place_names: PlaceNames
    measures: Measures
    shelters: ShelterSettings
    medical: MedicalSettings
    outlook: Outlook
    support: Support
    sensitivity: Sensitivity
    network: NetworkSettings
    run: RunSettings

    @property
    def facility_tags(self) -> frozenset[tuple[str, str]]:
        """The OpenStreetMap tags that give a service."""
        return frozenset(tag for service in self.services.values() for tag in service.osm)
