"""Which data set each service is taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.merge import merge_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coverage_gis.settings import Settings


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
    """

    destinations: pd.DataFrame
    used: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    ignored: Mapping[tuple[str, str], int]
    joined: Mapping[str, int]


def select(by_source: Mapping[str, pd.DataFrame], settings: Settings) -> Selection:
    """Take each service from the first of its ``sources`` that has any.

    Sources joined by "+" in the settings are read together, the same place once
    (:func:`coverage_gis.facilities.merge.merge_places`, within ``run.same_stop_m``).

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
    for name, service in settings.services.items():
        for together in service.sources:
            rows = {s: _of_service(by_source, s, name) for s in together}
            present = {s: r for s, r in rows.items() if len(r)}
            if present:
                tables.append(merge_places(list(present.values()), settings.run.same_stop_m))
                used[name] = tuple(present)
                joined[name] = sum(map(len, present.values())) - len(tables[-1])
                break
    destinations = pd.concat(tables).sort_values([schema.SERVICE, schema.DESTINATION_ID])
    return Selection(
        destinations=schema.DESTINATIONS.conform(destinations),
        used=used,
        missing=_missing(settings, used),
        ignored=_ignored(by_source, used),
        joined=joined,
    )


def _of_service(by_source: Mapping[str, pd.DataFrame], source: str, service: str) -> pd.DataFrame:
    frame = by_source.get(source, schema.DESTINATIONS.empty())
    return frame[frame[schema.SERVICE] == service]


def _missing(settings: Settings, used: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(
        name
        for name, service in settings.services.items()
        if not any(member in used for member in (service.any_of or (name,)))
    )


def _ignored(
    by_source: Mapping[str, pd.DataFrame], used: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str], int]:
    out: dict[tuple[str, str], int] = {}
    for source, frame in sorted(by_source.items()):
        for service, count in frame[schema.SERVICE].value_counts().sort_index().items():
            if source not in used.get(str(service), ()):
                out[source, str(service)] = int(count)
    return out
