"""What lies in a raw-data folder: every file recognised by its official name and content."""

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
        Key of the catalogue: "estat-mesh", "mesh-csv", "n03", "osm", "gsi-shelter",
        "gsi-evacuation-site", "p04", "n02", "p11", "gtfs".
    edition
        Best knowledge of the edition ("2020", "N03-2021"), "" if unknown.
    detail
        What else the name and the content tell, such as ``level``, ``table``, ``pref``.
    """

    path: Path
    member: str | None
    kind: str
    edition: str
    detail: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """File name, with the member's, for messages."""
        return f"{self.path.name}/{self.member}" if self.member else self.path.name
