"""Sending published results to object storage (``s3://``, ``gs://``, anything fsspec knows)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import fsspec

from coverage_gis.errors import InputError, OutputError
from coverage_gis.store.hashing import sha256_file
from coverage_gis.store.publish import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST: Final = "published.json"
"""Object that lists what was sent, with its sha256; written last."""
_EXTRAS: Final = {"s3": "s3", "gs": "gcs", "gcs": "gcs"}


def send(url: str, folders: Mapping[str, Path]) -> tuple[int, int]:
    """Make a place in object storage hold what was published into some folders.

    What the manifest there lists with the same hash is not sent again; what it lists and is no
    longer published is removed. The manifest goes last, so that a sending cut short is
    finished by the next.

    Parameters
    ----------
    url
        Such as ``s3://bucket/japan``.
    folders
        Name below ``url`` -> folder that :func:`coverage_gis.store.publish.publishing` filled.

    Returns
    -------
    (int, int)
        Files sent, and files in all.

    Raises
    ------
    InputError
        If the address is no storage's, or the package for it is not installed.
    OutputError
        If the storage refuses.
    """
    system, top = _open(url)
    files = {
        f"{name}/{relative}": folder / relative
        for name, folder in folders.items()
        for relative in _published(folder)
    }
    hashes = {name: sha256_file(path) for name, path in sorted(files.items())}
    try:
        there = _manifest(system, f"{top}/{MANIFEST}")
        sent = 0
        for name, sha256 in hashes.items():
            if there.get(name) != sha256:
                target = f"{top}/{name}"
                system.makedirs(target.rpartition("/")[0], exist_ok=True)
                system.put_file(str(files[name]), target)
                sent += 1
        for name in sorted(set(there) - set(hashes)):
            if system.exists(f"{top}/{name}"):
                system.rm_file(f"{top}/{name}")
        if there != hashes:
            system.pipe_file(f"{top}/{MANIFEST}", json.dumps(hashes, indent=1).encode())
    except Exception as error:
        # Every storage has exceptions of its own: what they share is a sentence.
        raise OutputError(
            f"{url} could not be written ({type(error).__name__}: {error}); the results are whole "
            "in the local folder, and the next run sends them again."
        ) from error
    return sent, len(files)


def _open(url: str) -> tuple[Any, str]:
    scheme = url.partition("://")[0]
    try:
        system, top = fsspec.core.url_to_fs(url)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        how = f"install coverage-gis[{extra}]" if extra else f"install what it asks for ({error})"
        raise InputError(f"OUT={url} needs a package for {scheme}://: {how}.") from error
    except ValueError as error:
        raise InputError(f"OUT={url} is no address of a storage ({error}).") from error
    return system, str(top).rstrip("/")


def _published(folder: Path) -> list[str]:
    listing = folder / PUBLISHED
    if not listing.is_file():
        return []
    return [name for name in listing.read_text(encoding="utf-8").splitlines() if name]


def _manifest(system: Any, path: str) -> dict[str, str]:
    if not system.exists(path):
        return {}
    try:
        found = json.loads(system.cat_file(path))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
