"""What one stage hands to the next, as files: tables as Parquet, arrays as .npy, records as JSON.

Arrays are opened memory-mapped, so that a warm run reads a network of two million nodes
without copying it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

TABLE, GEO, ARRAYS, RECORD = ".parquet", ".geo.parquet", ".arrays", ".json"


def save(directory: Path, name: str, value: Any) -> None:
    """Write ``value`` into ``directory`` under ``name``.

    Parameters
    ----------
    directory
        Existing directory.
    name
        Without suffix; the kind of value decides that.
    value
        A DataFrame, a GeoDataFrame, a mapping of names to arrays, or anything JSON can hold.
    """
    if isinstance(value, gpd.GeoDataFrame):
        value.to_parquet(directory / f"{name}{GEO}", compression="zstd")
    elif isinstance(value, pd.DataFrame):
        value.to_parquet(directory / f"{name}{TABLE}", compression="zstd", index=False)
    elif _is_arrays(value):
        folder = directory / f"{name}{ARRAYS}"
        folder.mkdir()
        for key, array in value.items():
            np.save(folder / f"{key}.npy", array, allow_pickle=False)
    else:
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        (directory / f"{name}{RECORD}").write_text(text, encoding="utf-8")


def load(directory: Path, name: str) -> Any:
    """Return what :func:`save` wrote; arrays are read-only memory maps.

    Raises
    ------
    KeyError
        If the directory holds nothing of that name.
    """
    if (path := directory / f"{name}{GEO}").exists():
        return gpd.read_parquet(path)
    if (path := directory / f"{name}{TABLE}").exists():
        return pd.read_parquet(path)
    if (path := directory / f"{name}{ARRAYS}").exists():
        files = sorted(path.glob("*.npy"))
        return {f.stem: np.load(f, mmap_mode=_mmap_mode(f), allow_pickle=False) for f in files}
    if (path := directory / f"{name}{RECORD}").exists():
        return json.loads(path.read_text(encoding="utf-8"))
    raise KeyError(name)


def digest(directory: Path) -> str:
    """Return the sha256 over names and bytes of all files below ``directory``."""
    total = hashlib.sha256()
    for path in sorted(p for p in directory.rglob("*") if p.is_file()):
        total.update(path.relative_to(directory).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _is_arrays(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(v, (np.ndarray, np.generic)) for v in value.values())
    )


def _mmap_mode(path: Path) -> Any:
    # An empty array cannot be mapped: its file is only a header of at most 128 bytes.
    return "r" if path.stat().st_size > 128 else None
