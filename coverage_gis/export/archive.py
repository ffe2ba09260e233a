"""Several files as one zip to mail, the same bytes each time."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Final

from coverage_gis.export.ogr import written
from coverage_gis.store.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_STAMP: Final = (2020, 1, 1, 0, 0, 0)
_MODE: Final = 0o644 << 16


def write_zip(files: Sequence[Path], path: Path, *, folder: str) -> None:
    """Write ``files``, by name, into ``folder`` of a zip; names are ASCII or UTF-8.

    Raises
    ------
    OutputError
        If the zip cannot be written.
    """
    with replacing(path) as temp, written(path), zipfile.ZipFile(temp, "w") as archive:
        for file in sorted(files, key=lambda f: f.name):
            entry = zipfile.ZipInfo(f"{folder}/{file.name}", date_time=_STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _MODE
            archive.writestr(entry, file.read_bytes())
