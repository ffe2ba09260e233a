"""What is known of each kind of data set: title, publisher, licence, attribution."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from coverage_gis.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

SYNTHETIC = "synthetic"
"""The kind of what the demo generates; its attribution stands for all demo inputs."""

_FILE = "catalogue.toml"


@dataclass(frozen=True)
class Source:
    """A kind of data set, as ``data/catalogue.toml`` describes it.

    Attributes
    ----------
    kind
        Its key, as in ``Found.kind``.
    attribution
        The line to print on maps and exports (Japanese).
    editions
        Licences of editions whose terms differ.
    """

    kind: str
    title_ja: str
    title_en: str
    publisher: str
    licence: str
    attribution: str
    url: str
    editions: Mapping[str, str] = field(default_factory=dict)

    def licence_of(self, edition: str) -> str:
        """Return the licence of an edition ("P11-10"), the usual one if it has none of its own."""
        return self.editions.get(edition, self.licence)


def catalogue() -> Mapping[str, Source]:
    """Return all kinds of data sets by key.

    Raises
    ------
    SettingsError
        If the file that came with the package was changed to something impossible.
    """
    text = (resources.files("coverage_gis") / "data" / _FILE).read_text(encoding="utf-8")
    try:
        tables = tomllib.loads(text)
        return MappingProxyType({kind: Source(kind, **table) for kind, table in tables.items()})
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise SettingsError(f"{_FILE}: {error}.") from error
