"""Files inside zips, and plain files, opened the same way.

Publishers' zips hold nested zips, names in CP932 that zip tools show as gibberish, and
back-slashes between folders. Names are repaired here; what is extracted goes to a temporary
folder under a name of our own, so that no member can write anywhere else, and sizes are
limited, so that a forged zip cannot fill the disk.
"""

from __future__ import annotations

import io
import lzma
import struct
import tempfile
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coverage_gis.sources.inventory import Found

NESTED = "!/"
"""Between the name of a nested zip and the name inside it."""

MAX_MEMBER_BYTES = 8 * 1024**3
"""A member may be this large; the largest published one (N03, whole country) is about 1 GB."""
MAX_WHOLE_BYTES = 1024**3
"""A list that is read as a whole may be this large; the largest published ones are below 100 MB."""
_MAX_RATIO = 300
_RATIO_FREE_BYTES = 50 * 1024**2
# A DBF pads every field with blanks, which deflate a thousandfold: P11-22 has 70 fields of up to
# 254 bytes, 2 GB for the country's 243,000 stops.
_DBF_RATIO_FREE_BYTES = 4 * 1024**3
_SPOOL_BYTES = 64 * 1024**2
_CHUNK = 1024**2
# What zipfile raises on damaged, truncated or forged files, found by feeding it such.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
)
SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
"""What belongs to a shapefile beside its ``.shp``."""


_LONGEST_NAME = 255
"""Characters of a member's name, folders and all; a damaged directory of a zip gives any."""


def is_zip(name: str) -> bool:
    """Tell whether a file name is a zip's."""
    return name.lower().endswith(".zip")


def member_names(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files of a zip by repaired name, folders and unsafe names left out."""
    names: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = _repaired(info)
        parts = PurePosixPath(name).parts
        if name.endswith("/") or not parts or ".." in parts or name.startswith("/"):
            continue
        # Names are shown in messages and on terminals; nothing published has one like these.
        if len(name) > _LONGEST_NAME or any(c < " " or c == "\x7f" for c in name):
            continue
        names.setdefault(name, info)
    return names


@contextmanager
def open_zip(path: Path, inner: str | None = None) -> Iterator[zipfile.ZipFile]:
    """Open a zip on disk, or the zip ``inner`` nested in it (at any depth).

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            for name in inner.split(NESTED) if inner else ():
                spool = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES))
                copy_member(archive, name, spool, path.name)
                spool.seek(0)
                archive = stack.enter_context(zipfile.ZipFile(spool))
        except InputError:
            raise
        except _BROKEN as error:
            raise _unreadable(path.name, error) from error
        yield archive


def open_member(found: Found) -> bytes:
    """Return the whole content of a data set's file.

    Raises
    ------
    InputError
        If the file or the zip cannot be read, the member is not in it, or it is larger than
        ``MAX_WHOLE_BYTES``.
    """
    if found.member is None:
        try:
            size = found.path.stat().st_size
            if size > MAX_WHOLE_BYTES:
                raise _too_large(found.label, MAX_WHOLE_BYTES)
            return found.path.read_bytes()
        except InputError:
            raise
        except OSError as error:
            raise _unreadable(found.label, error) from error
    inner, name = split_member(found.member)
    with open_zip(found.path, inner) as archive:
        target = io.BytesIO()
        copy_member(archive, name, target, found.label, most=MAX_WHOLE_BYTES)
        return target.getvalue()


@contextmanager
def vector_source(found: Found) -> Iterator[str]:
    """Give a path that GDAL (pyogrio) can open; a zip's member is extracted for the while.

    A shapefile's ``.dbf``, ``.shx``, ``.prj`` and ``.cpg`` come with it under the same stem.

    Raises
    ------
    InputError
        As :func:`open_member`.
    """
    if found.member is None:
        yield str(found.path)
        return
    inner, name = split_member(found.member)
    stem, suffix = _split_suffix(name)
    with tempfile.TemporaryDirectory(prefix="coverage_gis_") as folder:
        target = Path(folder) / f"layer{suffix.lower()}"
        with open_zip(found.path, inner) as archive:
            for other in member_names(archive):
                other_stem, other_suffix = _split_suffix(other)
                beside = other_stem.lower() == stem.lower() and other_suffix.lower() in SIDECARS
                if other == name or (beside and suffix.lower() == ".shp"):
                    with target.with_suffix(other_suffix.lower()).open("wb") as out:
                        copy_member(archive, other, out, found.label)
        yield str(target)


def read_folder(found: Found) -> dict[str, bytes]:
    """Return the ``.txt`` files of a GTFS feed by lower-case name, wherever the feed lies.

    The feed may be a zip, a zip in a zip, a folder inside either (``detail["folder"]``), or a
    plain folder on disk.

    Raises
    ------
    InputError
        As :func:`open_member`.
    """
    if found.path.is_dir():
        return {
            p.name.lower(): p.read_bytes()
            for p in sorted(found.path.iterdir())
            if p.is_file() and p.suffix.lower() == ".txt"
        }
    folder = found.detail.get("folder", "")
    inner = found.member
    out: dict[str, bytes] = {}
    with open_zip(found.path, inner) as archive:
        for name in member_names(archive):
            base = name.removeprefix(folder)
            if not name.startswith(folder) or "/" in base or not base.lower().endswith(".txt"):
                continue
            target = io.BytesIO()
            copy_member(archive, name, target, f"{found.label}/{base}")
            out[base.lower()] = target.getvalue()
    return out


def files_of(found: Found) -> tuple[Path, ...]:
    """Return the files on disk that a data set consists of, sorted: what a checksum covers."""
    if found.path.is_dir():
        return tuple(sorted(p for p in found.path.iterdir() if p.suffix.lower() == ".txt"))
    if found.member is None and found.path.suffix.lower() == ".shp":
        stem = found.path.stem.lower()
        return tuple(
            sorted(
                p
                for p in found.path.parent.iterdir()
                if p.stem.lower() == stem and p.suffix.lower() in (".shp", *SIDECARS)
            )
        )
    return (found.path,)


def split_member(member: str) -> tuple[str | None, str]:
    """Return the nested zip's name, or None, and the name in the innermost zip."""
    inner, separator, name = member.rpartition(NESTED)
    return (inner, name) if separator else (None, member)


def copy_member(
    archive: zipfile.ZipFile,
    name: str,
    target: IO[bytes],
    label: str,
    *,
    most: int = MAX_MEMBER_BYTES,
) -> None:
    """Copy a member's content, of at most ``most`` bytes, into ``target``.

    Raises
    ------
    InputError
        If it is missing, broken, encrypted or grows beyond what is plausible.
    """
    info = member_names(archive).get(name)
    if info is None:
        raise InputError(f"{label}: '{name}' is not in the zip.")
    free = _DBF_RATIO_FREE_BYTES if name.lower().endswith(".dbf") else _RATIO_FREE_BYTES
    limit = min(most, max(free, _MAX_RATIO * info.compress_size))
    size = 0
    try:
        with archive.open(info) as source:
            while size <= limit and (chunk := source.read(_CHUNK)):
                size += len(chunk)
                target.write(chunk)
    except _BROKEN as error:
        raise _unreadable(label, error) from error
    if size > limit:
        raise InputError(
            f"{label}: '{name}' unpacks to more than {limit // 1024**2} MB, which no published "
            "file does; get the file again."
        )


def _too_large(label: str, limit: int) -> InputError:
    return InputError(
        f"{label} is larger than {limit // 1024**2} MB, which no published list is; "
        "get the file again, or take it away."
    )


def read_head(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> bytes:
    """Return the first ``size`` bytes of a member.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        with archive.open(info) as source:
            return source.read(size)
    except _BROKEN as error:
        raise _unreadable(info.filename, error) from error


def _repaired(info: zipfile.ZipInfo) -> str:
    """Return a member's name in its real encoding, with ``/`` between folders.

    Without the UTF-8 flag, zipfile takes names for cp437; Japanese tools wrote CP932, others
    UTF-8. The second byte of a CP932 character can be a back-slash, so decoding comes first.
    """
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "cp932"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/").removeprefix("./")


def _split_suffix(name: str) -> tuple[str, str]:
    """Return a member's name without its suffix, and the suffix."""
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix), suffix


def _unreadable(label: str, error: Exception) -> InputError:
    if isinstance(error, NotImplementedError):
        why = "its compression method is unknown"
    elif isinstance(error, RuntimeError):
        why = "it is protected by a password"
    elif isinstance(error, OSError) and error.strerror:
        why = error.strerror
    else:
        why = "it is damaged"
    return InputError(f"{label} cannot be read ({why}); get the file again.")
