"""What scanning a raw-data folder gives: the data sets, and what was no data set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Found:
    """One data set in one file: what a reader is given.

    Attributes
    ----------
    path
        The file on disk, plain or a zip; the folder of an unzipped GTFS feed.
    member
        Path inside the zip, with ``/``; ``inner.zip!/name`` inside a nested zip; None when the
        file itself is the data set (a GTFS zip included).
    kind
        Key of the catalogue: "estat-mesh", "n03", "gtfs", "municipal" ...; docs/formats.md has all.
    edition
        Best knowledge of the edition ("2020", "N03-2021"), "" if unknown.
    detail
        What else name and content tell: ``level``, ``table``, ``datum``, ``year``; ``pref``, the
        prefecture in the file's name; ``extent`` of a population file ("prefecture",
        "primary-mesh", "unknown"); ``folder`` of a GTFS feed inside its zip; ``class`` of
        institution and care ``code`` of MHLW lists; ``subject`` of a municipal list.
    kept
        Folder in which it was decoded once for many prefectures (:mod:`.kept`), or None: readers
        then take it from there. What they return is the same.
    """

    path: Path
    member: str | None
    kind: str
    edition: str
    detail: Mapping[str, str] = field(default_factory=dict)
    kept: Path | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """File name, with the member's, for messages."""
        return f"{self.path.name}/{self.member}" if self.member else self.path.name

    @property
    def sort_key(self) -> tuple[str, str, str, str]:
        """A key that orders data sets the same way on every run."""
        return (self.kind, str(self.path), self.member or "", self.detail.get("folder", ""))


@dataclass(frozen=True)
class Inventory:
    """All that a raw-data folder holds for a prefecture.

    Attributes
    ----------
    found
        Data sets, sorted.
    unknown
        Files that are none this program knows, sorted.
    problems
        A sentence for each file that is damaged or incomplete.
    aside
        A sentence for each data set left aside because the same is there in a better form.
    """

    found: tuple[Found, ...] = ()
    unknown: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
