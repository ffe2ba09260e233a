"""Keys: a stage is run again only when its inputs, its settings or its code have changed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coverage_gis
from coverage_gis.store.hashing import canonical_json, sha256_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.stage import Stage

_PACKAGE = Path(coverage_gis.__file__).parent
_PIPELINES = Path(__file__).parent
LIBRARIES = (
    "folium", "geopandas", "matplotlib", "numba", "numpy", "openpyxl", "osmium", "pandas",
    "pyarrow", "pyogrio", "pyproj", "rasterio", "scipy", "shapely",
)  # fmt: skip


def plain(value: Any) -> Any:
    """Return ``value`` as JSON gives it back: dataclasses as mappings, sets sorted."""
    return json.loads(canonical_json(value))


def stage_key(
    stage: Stage,
    settings: Any,
    inputs: Sequence[tuple[str, str]],
    upstream: Mapping[str, str],
) -> str:
    """Return the sha256 of all that a stage's result depends on.

    Parameters
    ----------
    stage
        The stage.
    settings
        What ``stage.uses`` returned.
    inputs
        Path and sha256 of each input file it reads.
    upstream
        Name and digest of each stage it needs.
    """
    parts = {
        "stage": stage.name,
        "code": code_hash(),
        "libraries": versions(),
        "settings": settings,
        "inputs": sorted(inputs),
        "upstream": dict(upstream),
    }
    return sha256_json(parts)


@cache
def code_hash() -> str:
    """Return the sha256 over this program: code, shipped settings and templates.

    Of all of it, for every stage: which modules a result goes through is more than anybody keeps
    listed, and a result that is older than its code is worse than one that is computed again.
    """
    total = hashlib.sha256()
    for top in (_PACKAGE, _PIPELINES):
        for path in sorted(p for p in top.rglob("*") if p.is_file()):
            if "__pycache__" not in path.parts:
                name = path.relative_to(top.parent).as_posix()
                total.update(name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries results depend on."""
    found = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), "coverage_gis": coverage_gis.__version__, **found}
