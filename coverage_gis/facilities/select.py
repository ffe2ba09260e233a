"""Which data set each service is taken from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.departments import of_departments
from coverage_gis.facilities.merge import confirmed, merge_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coverage_gis.settings import Service, Settings


@dataclass(frozen=True)
class Selection:
    """The facilities of a run, and where each service came from.

    Attributes
    ----------
    destinations
        ``DESTINATIONS`` of all services that have any, sorted by service and id.
    used
        Service -> data sets it was taken from.
    missing
        Services, groups included, without a single facility.
    ignored
        (data set, service) -> rows not used: the service is in no settings, or a better data
        set has it.
    joined
        Service -> rows that turned out to be a place another data set has too.
    confirmed
        (data set, service) -> rows of a data set that was not chosen which are places of the
        chosen one: their ids are kept, and their capacity where it was not known.
    departments
        Service made of departments -> facilities whose departments are known, and are not.
    """

    destinations: pd.DataFrame
    used: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    ignored: Mapping[tuple[str, str], int]
    joined: Mapping[str, int]
    confirmed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    departments: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def select(by_source: Mapping[str, pd.DataFrame], settings: Settings) -> Selection:
    """Take each service from the first of its ``sources`` that has any.

    Sources joined by "+" in the settings are read together, the same place once
    (:func:`coverage_gis.facilities.merge.merge_places`, within ``run.same_stop_m``). Data sets
    that come later add no place, but their ids, and a capacity that was not known, go to the
    places they have too (:func:`coverage_gis.facilities.merge.confirmed`).

    Parameters
    ----------
    by_source
        Id of the data set in the catalogue -> its ``DESTINATIONS``, of any services.
    settings
        Services and distances.
    """
    tables = [schema.DESTINATIONS.empty()]
    used: dict[str, tuple[str, ...]] = {}
    joined: dict[str, int] = {}
    also: dict[tuple[str, str], int] = {}
    for name, service in settings.services.items():
        rows = {s: _of_service(by_source, s, name) for group in service.sources for s in group}
        present = {s: r for s, r in rows.items() if len(r)}
        first = next((g for g in service.sources if any(s in present for s in g)), ())
        chosen = [s for s in first if s in present]
        if not chosen:
            continue
        table = merge_places([present[s] for s in chosen], settings.run.same_stop_m)
        used[name] = tuple(chosen)
        joined[name] = sum(len(present[s]) for s in chosen) - len(table)
        for other in (s for s in present if s not in chosen):
            table, found = confirmed(table, present[other], settings.run.same_stop_m)
            if found:
                also[other, name] = found
        tables.append(table)
    made = of_departments(schema.DESTINATIONS.conform(pd.concat(tables)), settings.services)
    for name in made.known:
        if (made.rows[schema.SERVICE] == name).any():  # else missing, as of other services
            sources = (s for m in settings.services[name].within for s in used.get(m, ()))
            used[name] = tuple(dict.fromkeys(sources))
    destinations = pd.concat([*tables, made.rows]).sort_values(
        [schema.SERVICE, schema.DESTINATION_ID]
    )
    return Selection(
        destinations=schema.DESTINATIONS.conform(destinations),
        used=used,
        missing=_missing(settings, used),
        ignored=_ignored(by_source, used, also),
        joined=joined,
        confirmed=also,
        departments={name: (n, made.unknown[name]) for name, n in made.known.items()},
    )


def _of_service(by_source: Mapping[str, pd.DataFrame], source: str, service: str) -> pd.DataFrame:
    frame = by_source.get(source, schema.DESTINATIONS.empty())
    return frame[frame[schema.SERVICE] == service]


def _missing(settings: Settings, used: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(
        name
        for name, service in settings.services.items()
        if not any(member in used for member in _members(service, settings))
    )


def _members(service: Service, settings: Settings) -> tuple[str, ...]:
    """Return the services that have facilities of their own and that this one is made of."""
    base = settings.services[service.nth_of] if service.nth_of else service
    return base.any_of or (base.name,)


def _ignored(
    by_source: Mapping[str, pd.DataFrame],
    used: Mapping[str, tuple[str, ...]],
    also: Mapping[tuple[str, str], int],
) -> dict[tuple[str, str], int]:
    out: dict[tuple[str, str], int] = {}
    for source, frame in sorted(by_source.items()):
        for service, count in frame[schema.SERVICE].value_counts().sort_index().items():
            if source not in used.get(str(service), ()):
                rest = int(count) - also.get((source, str(service)), 0)
                out |= {(source, str(service)): rest} if rest else {}
    return out
