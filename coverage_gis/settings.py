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
    """A named definition of 交通空白 with its source; distances in metres."""

    name: str
    label_ja: str
    source: str
    rail_m: float
    bus_m: float


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
        network=_network(top.sub("network")),
        run=_run(top.sub("run")),
    )
    top.only("themes", "services", "coverage", "vacuum", "network", "run")
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
    r.only("label_ja", "source", "rail_m", "bus_m")
    return VacuumPreset(
        name, r.text("label_ja"), r.text("source"), r.number("rail_m"), r.number("bus_m")
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
