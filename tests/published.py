"""What a run has published, for comparing two runs byte by byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def state(out: Path) -> dict[str, bytes]:
    """Every file a user sees; of the run record all that must be the same, order included."""
    files = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            files[name.as_posix()] = path.read_bytes()
    record = json.loads(files["00/run.json"])
    del record["created"]
    for stage in record["stages"]:
        del stage["duration_s"]
    files["00/run.json"] = json.dumps(record).encode()
    return files
