"""Settings: services, presets and network profiles as checked, frozen values.

The numbers live in TOML files with their sources (``coverage_gis/data/*.toml``), which a user's
own file overlays key by key; this module only knows their shape. Files hold minutes and
kilometres per hour where people think in them; the values here are SI.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coverage_gis import schema
from coverage_gis.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MODES = (schema.WALK, schema.DRIVE)
_METRICS = (schema.ROAD, schema.STRAIGHT)
UNIT_M, UNIT_MIN = "m", "min"
PRIORITY_PARTS = ("people", "elderly_share", "transit_m", "shop_m", "hospital_m")
"""What the priority score of a vacuum area is made of."""


@dataclass(frozen=True)
class Service:
    """A service; see ``services.toml``. ``sources`` are alternatives, each a set read together."""

    name: str
    label_ja: str
    label_en: str
    theme: str
    osm: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, ...], ...]
    any_of: tuple[str, ...]
    modes: tuple[str, ...]

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
    """A named set of coverage rules with its source."""

    name: str
    label_ja: str
    source: str
    rules: tuple[CoverageRule, ...]


@dataclass(frozen=True)
class VacuumPreset:
    """A named definition of 交通空白 with its source; distances in metres.

    The minima are trips per day in the busier direction below which a stop or station does not
    serve; None lets every one serve that is not known to have no trip at all.
    """

    name: str
    label_ja: str
    source: str
    rail_m: float
    bus_m: float
    min_trips_per_day: float | None = None
    min_rail_trips_per_day: float | None = None


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


@dataclass(frozen=True)
class DailyPreset:
    """A named definition of 日常生活サービスの徒歩圏充足率 with its source and confidence."""

    name: str
    label_ja: str
    source: str
    confidence: str
    parts: tuple[DailyPart, ...]


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
    """How many peers a municipality has, and the rates to be reached (0 to 1, ascending)."""

    peers: int
    rates: tuple[float, ...]


@dataclass(frozen=True)
class Measures:
    """Measures over several services; see ``measures.toml``."""

    daily_services: Mapping[str, DailyPreset]
    food_access: FoodAccess
    choice: ChoiceSettings
    comparison: Comparison


@dataclass(frozen=True)
class WalkProfile:
    """Which ways people on foot may use, and their speed in m/s."""

    speed_m_per_s: float
    highway: frozenset[str]
    access_keys: tuple[str, ...]
    closed_if: frozenset[tuple[str, str]]
    forbidden: frozenset[str]


@dataclass(frozen=True)
class DriveProfile:
    """Which ways cars may use, and their speed by class in m/s."""

    speed_m_per_s: Mapping[str, float]
    access_keys: tuple[str, ...]
    closed_if: frozenset[tuple[str, str]]
    forbidden: frozenset[str]


@dataclass(frozen=True)
class NetworkSettings:
    """Profiles of both modes, ferries and snapping."""

    walk: WalkProfile
    drive: DriveProfile
    ferry_speed_m_per_s: float
    snap_beyond_half_diagonal_m: float
    snap_facility_limit_m: float
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
    services: Mapping[str, Service]
    coverage_presets: Mapping[str, CoveragePreset]
    vacuum_presets: Mapping[str, VacuumPreset]
    service_quality: ServiceQuality
    priority: Priority
    measures: Measures
    network: NetworkSettings
    run: RunSettings


def parse(data: Mapping[str, Any]) -> Settings:
    """Return the settings in ``data`` (TOML as nested mappings), checked.

    Raises
    ------
    SettingsError
        Naming the key that is missing, unknown or impossible.
    """
    top = _Reader(data, "")
    themes = top.sub("themes")
    settings = Settings(
        themes={n: themes.text(n) for n in themes},
        services={n: _service(n, top.sub("services").sub(n)) for n in top.sub("services")},
        coverage_presets={
            n: _coverage_preset(n, top.sub("coverage").sub(n)) for n in top.sub("coverage")
        },
        vacuum_presets={n: _vacuum_preset(n, top.sub("vacuum").sub(n)) for n in top.sub("vacuum")},
        service_quality=_service_quality(top.sub("service_quality")),
        priority=_priority(top.sub("priority")),
        measures=_measures(top),
        network=_network(top.sub("network")),
        run=_run(top.sub("run")),
    )
    top.only(
        "themes", "services", "coverage", "vacuum", "service_quality", "priority", "network", "run",
        *_MEASURES,
    )  # fmt: skip
    _check_references(settings)
    return settings


def overlay(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the values of ``top`` put over it, table by table."""
    out = dict(base)
    for key, value in top.items():
        below = out.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        out[key] = overlay(below, value) if both and isinstance(below, dict) else value
    return out


class _Reader:
    """Typed access to a mapping, with errors that say which key."""

    def __init__(self, data: Any, path: str) -> None:
        if not isinstance(data, dict):
            raise SettingsError(f"Settings: [{path}] must be a table.")
        self._data: dict[str, Any] = data
        self._path = path

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def sub(self, key: str) -> _Reader:
        if key not in self._data:
            raise SettingsError(f"Settings: the table [{self._where(key)}] is missing.")
        return _Reader(self._data[key], self._where(key))

    def subs(self, key: str) -> list[_Reader]:
        values = self._data.get(key)
        if not isinstance(values, list):
            raise SettingsError(f"Settings: {self._where(key)} must be a list of tables.")
        return [_Reader(v, f"{self._where(key)}[{i}]") for i, v in enumerate(values)]

    def text(self, key: str, default: str | None = None) -> str:
        value = self._data.get(key, default)
        if not isinstance(value, str):
            raise SettingsError(f"Settings: {self._where(key)} must be a text, got {value!r}.")
        return value

    def number(self, key: str, *, above: float = 0) -> float:
        return self._number(key, self._data.get(key), above)

    def optional(self, key: str) -> float | None:
        return self.number(key) if key in self._data else None

    def numbers(self, key: str) -> tuple[float, ...]:
        values = self._data.get(key)
        if not isinstance(values, list) or not values:
            raise SettingsError(f"Settings: {self._where(key)} must be a list of numbers.")
        return tuple(self._number(key, v, 0) for v in values)

    def _number(self, key: str, value: Any, above: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > above:
            raise SettingsError(
                f"Settings: {self._where(key)} must be a number above {above:g}, got {value!r}."
            )
        return float(value)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        value = self._data.get(key, default)
        if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
            raise SettingsError(f"Settings: {self._where(key)} must be a list of texts.")
        return tuple(value)

    def tags(self, key: str) -> tuple[tuple[str, str], ...]:
        pairs = [t.partition("=") for t in self.texts(key, ())]
        for name, equals, value in pairs:
            if not (name and equals and value):
                raise SettingsError(
                    f"Settings: {self._where(key)} needs tags such as 'shop=supermarket', "
                    f"got '{name}{equals}{value}'."
                )
        return tuple((name, value) for name, _, value in pairs)

    def choice(self, key: str, options: tuple[str, ...]) -> str:
        value = self.text(key)
        if value not in options:
            raise SettingsError(
                f"Settings: {self._where(key)} must be one of {', '.join(options)}, got '{value}'."
            )
        return value

    def choices(
        self, key: str, options: tuple[str, ...], default: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        values = self.texts(key, default)
        bad = [v for v in values if v not in options]
        if bad or not values:
            raise SettingsError(
                f"Settings: {self._where(key)} takes {', '.join(options)}, got {list(values)}."
            )
        return values

    def only(self, *known: str) -> None:
        unknown = sorted(set(self._data) - set(known))
        if unknown:
            raise SettingsError(
                f"Settings: unknown key {self._where(unknown[0])}; "
                f"known here: {', '.join(sorted(known))}."
            )

    def _where(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def _service(name: str, r: _Reader) -> Service:
    r.only("label_ja", "label_en", "theme", "osm", "sources", "any_of", "modes")
    service = Service(
        name=name,
        label_ja=r.text("label_ja"),
        label_en=r.text("label_en", name),
        theme=r.text("theme"),
        osm=r.tags("osm"),
        sources=tuple(tuple(s.split("+")) for s in r.texts("sources", ())),
        any_of=r.texts("any_of", ()),
        modes=r.choices("modes", _MODES, _MODES),
    )
    if service.is_group == bool(service.sources):
        raise SettingsError(
            f"Settings: services.{name} needs either sources (and osm) or any_of, not both."
        )
    return service


def _coverage_preset(name: str, r: _Reader) -> CoveragePreset:
    r.only("label_ja", "source", "rules")
    rules = []
    for rule in r.subs("rules"):
        rule.only("services", "mode", "metrics", "unit", "cutoffs")
        rules.append(
            CoverageRule(
                services=rule.texts("services"),
                mode=rule.choice("mode", _MODES),
                metrics=rule.choices("metrics", _METRICS),
                unit=rule.choice("unit", (UNIT_M, UNIT_MIN)),
                cutoffs=rule.numbers("cutoffs"),
            )
        )
        if rules[-1].unit == UNIT_MIN and schema.STRAIGHT in rules[-1].metrics:
            raise SettingsError(
                f"Settings: coverage.{name}: a straight line has no travel time; "
                "use unit = 'm' with the metric 'straight'."
            )
    return CoveragePreset(name, r.text("label_ja"), r.text("source"), tuple(rules))


def _vacuum_preset(name: str, r: _Reader) -> VacuumPreset:
    r.only("label_ja", "source", "rail_m", "bus_m", "min_trips_per_day", "min_rail_trips_per_day")
    return VacuumPreset(
        name,
        r.text("label_ja"),
        r.text("source"),
        r.number("rail_m"),
        r.number("bus_m"),
        r.optional("min_trips_per_day"),
        r.optional("min_rail_trips_per_day"),
    )


def _service_quality(r: _Reader) -> ServiceQuality:
    r.only("label_ja", "source", "trips_per_day", "distance_m", "rail", "bus", "same_station_m")
    trips, distances = r.numbers("trips_per_day"), r.numbers("distance_m")
    if list(trips) != sorted(trips, reverse=True) or list(distances) != sorted(distances):
        raise SettingsError(
            "Settings: service_quality.trips_per_day must fall and distance_m must rise."
        )
    return ServiceQuality(
        label_ja=r.text("label_ja"),
        source=r.text("source"),
        trips_per_day=trips,
        distance_m=distances,
        rail=_quality_bands(r, "rail", len(trips), len(distances)),
        bus=_quality_bands(r, "bus", len(trips), len(distances)),
        same_station_m=r.number("same_station_m"),
    )


def _quality_bands(r: _Reader, key: str, rows: int, columns: int) -> tuple[str, ...]:
    """Read a table of letters that never get better with fewer trips or a longer walk."""
    bands = r.texts(key)
    order = "".join(schema.QUALITY_LETTERS) + "-"
    if len(bands) != rows or any(len(b) != columns or set(b) - set(order) for b in bands):
        raise SettingsError(
            f"Settings: service_quality.{key} needs {rows} texts of {columns} of the "
            f"characters {order}."
        )
    for line in (*bands, *("".join(column) for column in zip(*bands, strict=True))):
        if list(line) != sorted(line, key=order.index):
            raise SettingsError(
                f"Settings: service_quality.{key} gets better with fewer trips or farther away "
                f"('{line}')."
            )
    return bands


def _priority(r: _Reader) -> Priority:
    r.only("label_ja", "source", "min_people", *PRIORITY_PARTS)
    parts = {}
    for name in PRIORITY_PARTS:
        part = r.sub(name)
        part.only("weight", "full")
        parts[name] = PriorityPart(part.number("weight"), part.number("full"))
    return Priority(r.text("label_ja"), r.text("source"), r.number("min_people", above=-1), parts)


_MEASURES = ("daily_services", "food_access", "choice", "comparison")


def _measures(top: _Reader) -> Measures:
    daily = top.sub("daily_services")
    choice, comparison = top.sub("choice"), top.sub("comparison")
    choice.only("label_ja", "source", "services", "cutoffs_m")
    comparison.only("peers", "rates")
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
        Comparison(int(comparison.number("peers")), rates),
    )


def _daily_preset(name: str, r: _Reader) -> DailyPreset:
    r.only("label_ja", "source", "confidence", "parts")
    parts = []
    for part in r.subs("parts"):
        part.only("name", "label_ja", "any_of")
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
        parts.append(DailyPart(part.text("name"), part.text("label_ja"), tuple(reaches)))
    return DailyPreset(
        name,
        r.text("label_ja"),
        r.text("source"),
        r.choice("confidence", ("A", "B", "C")),
        tuple(parts),
    )


def _food_access(r: _Reader) -> FoodAccess:
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


def _network(r: _Reader) -> NetworkSettings:
    r.only("walk", "drive", "ferry", "snap")
    walk, drive, snap = r.sub("walk"), r.sub("drive"), r.sub("snap")
    walk.only("minimise", "speed_m_per_min", "highway", "access_keys", "closed_if", "forbidden")
    drive.only("minimise", "speed_km_per_h", "access_keys", "closed_if", "forbidden")
    snap.only("beyond_half_diagonal_m", "facility_limit_m", "never")
    # Decisions of the design, written in the file so that they can be read there.
    walk.choice("minimise", ("distance",))
    drive.choice("minimise", ("time",))
    speeds = drive.sub("speed_km_per_h")
    return NetworkSettings(
        walk=WalkProfile(
            speed_m_per_s=walk.number("speed_m_per_min") / 60,
            highway=frozenset(walk.texts("highway")),
            access_keys=walk.texts("access_keys"),
            closed_if=frozenset(walk.tags("closed_if")),
            forbidden=frozenset(walk.texts("forbidden")),
        ),
        drive=DriveProfile(
            speed_m_per_s={k: speeds.number(k) / 3.6 for k in speeds},
            access_keys=drive.texts("access_keys"),
            closed_if=frozenset(drive.tags("closed_if")),
            forbidden=frozenset(drive.texts("forbidden")),
        ),
        ferry_speed_m_per_s=r.sub("ferry").number("speed_km_per_h") / 3.6,
        snap_beyond_half_diagonal_m=snap.number("beyond_half_diagonal_m"),
        snap_facility_limit_m=snap.number("facility_limit_m"),
        snap_never=frozenset(snap.texts("never")),
    )


def _run(r: _Reader) -> RunSettings:
    r.only(
        "margin_km",
        "subpoint_spacing_m",
        "covered_by",
        "default_vacuum_preset",
        "summary_service",
        "summary_preset",
        "same_stop_m",
    )
    return RunSettings(
        margin_m=r.number("margin_km") * 1000,
        subpoint_spacing_m=r.number("subpoint_spacing_m"),
        covered_by=r.choice("covered_by", ("subpoints", "centroid")),
        default_vacuum_preset=r.text("default_vacuum_preset"),
        summary_service=r.text("summary_service"),
        summary_preset=r.text("summary_preset"),
        same_stop_m=r.number("same_stop_m"),
    )


def _check_references(settings: Settings) -> None:
    """Every service and preset that is named somewhere exists."""
    for service in settings.services.values():
        if service.theme not in settings.themes:
            raise SettingsError(
                f"Settings: services.{service.name}.theme '{service.theme}' is none of "
                f"{', '.join(settings.themes)}; add it under [themes] with its Japanese label."
            )
        for member in service.any_of:
            if member not in settings.services or settings.services[member].is_group:
                raise SettingsError(
                    f"Settings: services.{service.name}.any_of names '{member}', "
                    "which is not a service of its own."
                )
    for preset in settings.coverage_presets.values():
        for rule in preset.rules:
            for name in rule.services:
                if name not in settings.services:
                    raise SettingsError(
                        f"Settings: coverage.{preset.name} names the unknown service '{name}'."
                    )
                if rule.mode not in settings.services[name].modes:
                    raise SettingsError(
                        f"Settings: coverage.{preset.name} wants {name} by {rule.mode}, "
                        f"which services.{name}.modes leaves out."
                    )
    _check_measures(settings)
    summary = settings.coverage_presets.get(settings.run.summary_preset)
    if summary is None or not any(
        settings.run.summary_service in rule.services for rule in summary.rules
    ):
        raise SettingsError(
            f"Settings: run.summary_preset '{settings.run.summary_preset}' must be a coverage "
            f"preset with a rule for run.summary_service '{settings.run.summary_service}'."
        )
    if settings.run.default_vacuum_preset not in settings.vacuum_presets:
        raise SettingsError(
            f"Settings: run.default_vacuum_preset '{settings.run.default_vacuum_preset}' "
            f"is none of {', '.join(settings.vacuum_presets)}."
        )


def _check_measures(settings: Settings) -> None:
    """Check that the services which measures name are there to be counted."""
    measures = settings.measures
    named = [
        (f"daily_services.{preset.name}", reach.service, True)
        for preset in measures.daily_services.values()
        for part in preset.parts
        for reach in part.any_of
    ]
    named += [
        (f"food_access.kinds.{kind.name}", service, False)
        for kind in measures.food_access.kinds
        for service in kind.services
    ]
    named += [("choice.services", service, True) for service in measures.choice.services]
    for where, name, group_too in named:
        service = settings.services.get(name)
        if service is None or (service.is_group and not group_too):
            raise SettingsError(
                f"Settings: {where} names '{name}', which is no service that it can count."
            )
