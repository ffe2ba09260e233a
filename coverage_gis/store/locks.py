"""One run at a time for one output folder."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from coverage_gis.errors import OutputError
from coverage_gis.store.atomic import explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUSY = frozenset({errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK})
_NO_LOCKS_HERE = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_LOCKED_BYTE = 1 << 30  # far beyond the text, which others may then read on Windows too


@contextmanager
def locked(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold ``folder`` for this process alone while the body runs.

    The lock is on the hidden file ``.<name>.lock`` beside the folder. The system drops it
    when the process ends, however it ends; the file itself stays, since removing it would
    let two runs hold two files of one name. A file system without locks (some network
    drives) is used without one.

    Parameters
    ----------
    folder
        What is to be held; it need not exist.
    wait
        Wait until who holds it lets go, instead of stopping.

    Raises
    ------
    OutputError
        If another run holds it and ``wait`` is false, or the lock file cannot be written.
    """
    folder = folder.resolve()
    path = folder.parent / f".{folder.name}.lock"
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with explained(path):
            _acquire(descriptor, folder, wait=wait)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        os.close(descriptor)  # releases the lock


def _acquire(descriptor: int, folder: Path, *, wait: bool) -> None:
    try:
        _lock(descriptor, wait=wait)
    except OSError as error:
        if error.errno in _BUSY:
            holder = os.pread(descriptor, 20, 0) if hasattr(os, "pread") else b""
            who = holder.decode("ascii", "replace").strip()
            raise OutputError(
                f"Another run{f' (process {who})' if who else ''} is writing {folder}; wait until "
                "it has ended, or choose another OUT."
            ) from None
        if error.errno not in _NO_LOCKS_HERE:
            raise


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, wait: bool) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            # Waiting, Windows itself gives up after ten seconds; the caller's sentence says so.
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
