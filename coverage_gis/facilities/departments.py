"""Departments (診療科): how they are written, and the services that are made of them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from coverage_gis.settings import Service

SEPARATOR: Final = ";"
"""Between departments in ``DESTINATIONS``."""

_BETWEEN = re.compile(r"[\s、,・;/|]+")
"""In NFKC: the marks that publishers put between them."""
_NOTE = re.compile(r"[(\[【〔].*?[)\]】〕]")


@dataclass(frozen=True)
class OfDepartments:
    """Facilities of services that are made of departments.

    Attributes
    ----------
    rows
        ``DESTINATIONS``: one row per facility and such service, under the facility's own id.
    known, unknown
        Service -> facilities it was chosen from whose departments are known, and are not.
    """

    rows: pd.DataFrame
    known: Mapping[str, int]
    unknown: Mapping[str, int]


def joined_departments(texts: Iterable[str]) -> pd.Series:
    """Return departments as ``DESTINATIONS`` has them, null where none is named.

    Full and half width are made one (NFKC), what stands in brackets goes, repeated names count
    once; any of the marks that publishers put between names separates them.
    """
    series = pd.Series(texts, dtype="str").fillna("")
    known = {text: SEPARATOR.join(_names(text)) for text in series.unique()}
    out = series.map(known).astype("str")
    return out.where(out != "")


def of_departments(destinations: pd.DataFrame, services: Mapping[str, Service]) -> OfDepartments:
    """Return the facilities of each service that is made of departments.

    A department is the one asked for if its whole name is: 消化器内科 is no 内科 unless the
    settings name it too. A facility whose departments are not known is in no such service and
    is counted as unknown.

    Parameters
    ----------
    destinations
        ``DESTINATIONS`` of the services that departments are looked for in.
    services
        All services by name.
    """
    tables = [schema.DESTINATIONS.empty()]
    known: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for name, service in services.items():
        if not service.within:
            continue
        mine = destinations[destinations[schema.SERVICE].isin(list(service.within))]
        mine = mine.drop_duplicates(schema.DESTINATION_ID)
        told = mine[schema.DEPARTMENTS].notna()
        known[name], unknown[name] = int(told.sum()), int((~told).sum())
        wanted = {unicodedata.normalize("NFKC", d) for d in service.departments}
        mine = mine[told]
        has = [not wanted.isdisjoint(text.split(SEPARATOR)) for text in mine[schema.DEPARTMENTS]]
        tables.append(mine[has].assign(**{schema.SERVICE: name}))
    rows = pd.concat(tables).sort_values([schema.SERVICE, schema.DESTINATION_ID])
    return OfDepartments(schema.DESTINATIONS.conform(rows), known, unknown)


def _names(text: str) -> list[str]:
    plain = _NOTE.sub("", unicodedata.normalize("NFKC", text))
    return list(dict.fromkeys(n for n in _BETWEEN.split(plain) if n))
