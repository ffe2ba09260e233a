"""What a file says about itself: definition, date, sources, licences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STAMP: Final = "2020-01-01T00:00:00.000Z"
"""The one time all formats that insist on a time carry.

The same inputs give the same bytes, so no file may hold the clock; when a run was made is
in ``run.json``.
"""

SYNTHETIC: Final = "架空のデータ / synthetic data: not a real place"


@dataclass(frozen=True)
class About:
    """What is printed on, or embedded in, every file that can carry it.

    Attributes
    ----------
    title
        Japanese title.
    definitions
        What the figures mean, one sentence each (preset, its distances, its source).
    date
        What the data are of (census date, service date), free text; empty if unknown.
    sources
        One line per data set as its licence wants it printed: publisher, edition, licence.
    notes
        Warnings a reader must see (network ends inside the prefecture ...).
    synthetic
        True for the demo prefecture.
    """

    title: str
    definitions: tuple[str, ...] = ()
    date: str = ""
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    synthetic: bool = False
    generator: str = field(default="coverage_gis")

    @property
    def attribution(self) -> str:
        """All sources on one line; begins with the warning where the data are synthetic."""
        first = (SYNTHETIC,) if self.synthetic else ()
        return "; ".join((*first, *self.sources))

    @property
    def description(self) -> str:
        """Definitions, date and notes on one line."""
        date = (f"基準日: {self.date}",) if self.date else ()
        return " ".join((*self.definitions, *date, *self.notes))

    def metadata(self) -> Mapping[str, str]:
        """Return key-value pairs for formats with metadata; empty ones are left out."""
        pairs = {
            "title": self.title,
            "description": self.description,
            "date": self.date,
            "attribution": self.attribution,
            "generator": self.generator,
            "synthetic": SYNTHETIC if self.synthetic else "",
        }
        return {key: value for key, value in pairs.items() if value}

    def lines(self) -> list[str]:
        """Return the lines of a metadata text in Japanese."""
        out = [self.title, ""]
        if self.synthetic:
            out += [f"※ {SYNTHETIC}", ""]
        for head, items in (
            ("定義", self.definitions),
            ("時点", (self.date,) if self.date else ()),
            ("出典・ライセンス", self.sources),
            ("注意", self.notes),
        ):
            if items:
                out += [f"■ {head}", *(f"・{item}" for item in items), ""]
        return [*out, f"作成: {self.generator}"]
