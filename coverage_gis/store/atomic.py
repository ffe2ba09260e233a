"""Writing one file so that it is either the old one or the new one, whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_gis.errors import CoverageGisError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMP_PREFIX = ".tmp-"
"""Start of the names of temporary folders; those left by killed runs may be removed."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_ROOM_BYTES = 64 * 1024
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, replacing what is there in one step.

    Raises
    ------
    OutputError
        If it cannot be written; what was there stays.
    """
    with replacing(path) as temp:
        temp.write_bytes(data)


def write_text(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Write ``text`` to ``path`` as it is (no newline translation), in one step.

    Raises
    ------
    OutputError
        If it cannot be written; what was there stays.
    """
    write_bytes(path, text.encode(encoding))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; on leaving, put the file in place of ``path``.

    The temporary file has the same name in a hidden folder beside ``path``, so that
    drivers which choose a format by suffix, or write companions, find what they expect. It
    is flushed to the disk before the exchange (``os.replace``), the folder after it.

    Raises
    ------
    OutputError
        If the disk is full, the folder read-only, or the body wrote nothing. The old file
        stays and the temporary one is removed, as after any other error.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=TEMP_PREFIX, dir=path.parent))
        try:
            temp = folder / path.name
            yield temp
            sync_file(temp)
            temp.replace(path)
            sync_folder(path.parent)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary folders that killed runs left in ``folder`` and below.

    Only to be called by who holds the folder's lock.
    """
    for leftover in sorted(folder.rglob(TEMP_PREFIX + "*")):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn any ``OSError`` of the body into one sentence that names ``path``.

    Raises
    ------
    OutputError
        In place of the ``OSError``; its ``errno`` is kept.
    """
    try:
        yield
    except CoverageGisError:
        raise
    except OSError as error:
        raise output_error(path, error) from error


def output_error(path: Path, error: OSError) -> OutputError:
    """Return the sentence for an ``OSError`` met while writing ``path``."""
    where = str(path)
    if error.errno in _FULL or (error.errno is None and _full(path)):
        text = f"The disk is full: {where} could not be written; free space or choose another OUT."
    elif error.errno in _DENIED:
        text = (
            f"{where} cannot be written: the folder or file is read-only, or open in another "
            "program; close it, or choose another OUT."
        )
    elif error.errno in {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY}:
        text = (
            f"{where} cannot be written: there is a file where a folder is needed, or the other "
            "way round; move it away, or choose another OUT."
        )
    elif error.errno == errno.ENAMETOOLONG:
        text = f"{where} is too long a path for this system; choose a shorter OUT."
    else:
        reason = error.strerror or str(error) or type(error).__name__
        text = f"{where} could not be written ({reason}); check the disk or choose another OUT."
    out = OutputError(text)
    out.errno = error.errno
    return out


def _full(path: Path) -> bool:
    """Tell whether the disk of ``path`` has no room; some libraries' errors do not say why."""
    there = next((p for p in (path, *path.parents) if p.exists()), None)
    return there is not None and shutil.disk_usage(there).free < _NO_ROOM_BYTES


def sync_file(path: Path) -> None:
    """Make the system write a file's bytes to the disk."""
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the system write a folder's list of names to the disk (POSIX; elsewhere nothing)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:  # some network file systems cannot; the rename itself was done
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)
