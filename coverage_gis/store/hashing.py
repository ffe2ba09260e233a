"""SHA-256 of files and of plain values, for the run record."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in lower-case hex.

    Caching it by path, size and modification time is the caller's business.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of ``data``, in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def sha256_json(obj: object) -> str:
    """Return the SHA-256 of an object's canonical JSON (:func:`canonical_json`)."""
    return sha256_bytes(canonical_json(obj).encode("utf-8"))


def canonical_json(obj: object) -> str:
    """Return ``obj`` as JSON that is the same whenever its value is the same.

    Keys are sorted, there is no white space, and text stays Unicode. Mappings, sequences,
    sets (as sorted lists), dataclasses, paths (with forward slashes) and numpy scalars are
    understood.

    Raises
    ------
    TypeError
        For anything else: a ``repr`` that holds an address would change from run to run.
    ValueError
        For NaN and infinity, which JSON has not.
    """
    return json.dumps(
        _plain(obj), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _plain(obj: object) -> Any:
    """Return ``obj`` made of dicts, lists and JSON scalars only."""
    out: Any
    if obj is None or isinstance(obj, (str, bool, int, float)):
        out = obj
    elif dataclasses.is_dataclass(obj) and not isinstance(obj, type):
        out = {f.name: _plain(getattr(obj, f.name)) for f in dataclasses.fields(obj)}
    elif isinstance(obj, Mapping):
        out = _plain_mapping(obj)
    elif isinstance(obj, (list, tuple)):
        out = [_plain(item) for item in obj]
    elif isinstance(obj, AbstractSet):
        out = sorted((_plain(item) for item in obj), key=canonical_json)
    elif isinstance(obj, PurePath):
        out = obj.as_posix()
    elif isinstance(obj, np.generic):
        out = _plain(obj.item())
    else:
        raise TypeError(f"{type(obj).__name__} has no canonical JSON.")
    return out


def _plain_mapping(obj: Mapping[Any, object]) -> dict[str, Any]:
    bad = next((key for key in obj if not isinstance(key, str)), None)
    if bad is not None:
        raise TypeError(f"The key {bad!r} is not text: 1 and '1' would become one key.")
    return {key: _plain(value) for key, value in obj.items()}
