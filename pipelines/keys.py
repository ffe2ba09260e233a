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
_STAGES = Path(__file__).parent / "stages"
# What every result depends on: column names, CRS, mesh codes, how artifacts are kept.
_FOUNDATION = ("errors.py", "crs.py", "schema.py", "settings", "codes", "store")
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
        "code": code_hash((*_FOUNDATION, *stage.code), stage.name),
        "libraries": versions(),
        "settings": settings,
        "inputs": sorted(inputs),
        "upstream": dict(upstream),
    }
    return sha256_json(parts)


def code_hash(names: Sequence[str], stage: str) -> str:
    """Return the sha256 over the code and templates below ``names`` and of the stage's module."""
    total = hashlib.sha256()
    files: set[Path] = {_STAGES / f"{stage}.py"}
    for name in names:
        top = _STAGES.parents[1] if name.startswith("pipelines/") else _PACKAGE
        path = top / name
        files |= {path} if path.is_file() else {p for p in path.rglob("*") if p.is_file()}
    for path in sorted(p for p in files if "__pycache__" not in p.parts):
        total.update(path.name.encode() + b"\0" + _code(path))
    return total.hexdigest()


@cache
def _code(path: Path) -> bytes:
    return path.read_bytes()


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries results depend on."""
    found = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), "coverage_gis": coverage_gis.__version__, **found}
