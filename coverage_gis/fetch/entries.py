"""What can be fetched: ``data/downloads.toml`` with the user's settings over it, checked."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from coverage_gis.codes import mesh, prefecture
from coverage_gis.errors import SettingsError
from coverage_gis.fetch.check import FORMATS
from coverage_gis.fetch.entry_checks import (
    check_addresses,
    check_choice,
    check_link,
    check_path,
    typed,
)
from coverage_gis.settings import overlay
from coverage_gis.sources.catalogue import catalogue
from coverage_gis.sources.settings_file import parsed, user_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PREFECTURE, COUNTRY, MESH1, PAGE, GTFS = "prefecture", "country", "mesh1", "page", "gtfs"
REGION, EVERY_REGION = "region", "every-region"
_BY = (PREFECTURE, COUNTRY, MESH1, REGION, EVERY_REGION, PAGE, GTFS)
_FILE = "downloads.toml"


@dataclass(frozen=True)
class Entry:
    """A data set that can be fetched; the keys are explained in ``data/downloads.toml``."""

    name: str
    url: str = ""
    file: str = ""
    kind: str = ""
    title: str = ""
    publisher: str = ""
    licence: str = ""
    attribution: str = ""
    home: str = ""
    edition: str = ""
    by: str = PREFECTURE
    page: str = ""
    link: str = ""
    to: str = "{pref}"
    format: str = "any"
    expects: str = ""
    crs: str = ""
    levels: tuple[str, ...] = ()
    neighbours: bool = False
    optional: bool = False
    verified: bool = False
    known_from: str = ""
    needed: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its URL patterns."""
        return tuple(u for u in (self.url, self.page) if u)


@dataclass(frozen=True)
class FetchSettings:
    """How to fetch; ``[fetch]`` of ``data/downloads.toml``."""

    level: str
    attempts: int
    first_wait_s: float
    longest_wait_s: float
    timeout_s: float
    slowest_bytes_per_s: float
    hosts_at_once: int
    largest_gb: float
    allow_hosts: tuple[str, ...]
    mirror: str

    @property
    def largest_bytes(self) -> int:
        """The size above which a file is refused."""
        return int(self.largest_gb * 1e9)


@dataclass(frozen=True)
class Downloads:
    """All that can be fetched.

    Attributes
    ----------
    entries
        By name, in the order of the file.
    fetch
        How to fetch.
    regions
        Geofabrik's regions and the prefectures in them.
    neighbours
        Each prefecture's neighbours, both ways, sorted.
    by_user
        Names of the entries whose addresses come from the user's settings.
    """

    entries: Mapping[str, Entry]
    fetch: FetchSettings
    regions: Mapping[str, tuple[str, ...]]
    neighbours: Mapping[str, tuple[str, ...]]
    by_user: frozenset[str] = frozenset()


def load_downloads(user_file: Path | None = None) -> Downloads:
    """Return what can be fetched, with the user's settings over what is shipped.

    Raises
    ------
    MissingInputError
        If the user's file does not exist.
    SettingsError
        If a key is unknown or impossible; the message says which.
    """
    shipped = parsed((resources.files("coverage_gis") / "data" / _FILE).read_bytes(), _FILE)
    known = tuple(shipped)
    own = user_tables(user_file) if user_file else {}
    own = {k: v for k, v in own.items() if k in known}
    where = user_file.name if user_file and own else _FILE
    for key, value in own.items():
        if not isinstance(value, dict):
            raise SettingsError(f"{where}: [{key}] must be a table.")
    tables = overlay(shipped, own)
    try:
        entries = {n: _entry(n, t) for n, t in tables["downloads"].items()}
        return Downloads(
            entries=MappingProxyType(entries),
            fetch=_fetch(tables["fetch"]),
            regions=MappingProxyType(
                {k: _codes("regions", k, v) for k, v in tables["regions"].items()}
            ),
            neighbours=MappingProxyType(_both_ways(tables["neighbours"])),
            by_user=frozenset(
                name
                for name, table in own.get("downloads", {}).items()
                if not {"url", "page"}.isdisjoint(table)
            ),
        )
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error


def _entry(name: str, table: Any) -> Entry:
    where = f"downloads.{name}"
    if not isinstance(table, dict):
        raise SettingsError(f"[{where}] must be a table.")
    values = {"name": name, **typed(where, table, Entry)}
    entry = Entry(**_with_source(values))
    check_choice(where, "by", entry.by, _BY)
    check_choice(where, "format", entry.format, FORMATS)
    for level in entry.levels:
        check_choice(where, "levels", level, tuple(v.label for v in mesh.POPULATION_LEVELS))
    if not (entry.page if entry.by in (PAGE, GTFS) else entry.url):
        raise SettingsError(f"{where} has no {'page' if entry.by in (PAGE, GTFS) else 'url'}.")
    check_addresses(where, entry.addresses)
    for key in ("file", "to"):
        check_path(f"{where}.{key}", getattr(entry, key))
    if entry.by == PAGE:
        check_link(where, entry.link)
    return entry


def _with_source(values: dict[str, Any]) -> dict[str, Any]:
    """Return an entry's values with those of its kind in ``catalogue.toml`` where it has none."""
    source = catalogue().get(values.get("kind", ""))
    if source is None:
        return {"title": values["name"], **values}
    return {
        "title": source.title_ja,
        "publisher": source.publisher,
        "licence": source.licence_of(values.get("edition", "")),
        "attribution": source.attribution,
        "home": source.url,
    } | values


def _fetch(table: Mapping[str, Any]) -> FetchSettings:
    settings = FetchSettings(**typed("fetch", table, FetchSettings))
    check_choice("fetch", "level", settings.level, tuple(v.label for v in mesh.POPULATION_LEVELS))
    return settings


def _codes(table: str, key: str, value: Any) -> tuple[str, ...]:
    good = isinstance(value, list) and all(v in prefecture.PREFECTURES for v in value)
    if not good:
        raise SettingsError(f"{table}.{key} must be a list of prefecture codes, got {value!r}.")
    return tuple(value)


def _both_ways(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    out: dict[str, set[str]] = {code: set() for code in prefecture.PREFECTURES}
    for one, others in table.items():
        for other in _codes("neighbours", one, others):
            out.setdefault(one, set()).add(other)
            out[other].add(one)
    return {code: tuple(sorted(others)) for code, others in out.items()}
