"""Whether what arrived is what was asked for, before it is kept.

Servers answer with a web page and status 200 where a file is gone; proxies cut files short. What
is looked at is bounded: a few bytes of most files, every member of a zip up to a limit.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

from coverage_gis.errors import DownloadError, InputError
from coverage_gis.fetch.outlines import parse_poly
from coverage_gis.sources import archive

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("zip", "csv", "geojson", "json", "osm.pbf", "poly", "gz", "tif", "any")
HEAD_BYTES = 64 * 1024
MAX_UNPACKED_BYTES = 16 * 1024**3
_MAX_SMALL_BYTES = 64 * 1024**2  # outlines and JSON are read whole
_MAX_BLOB_BYTES = 32 * 1024**2  # OSM PBF, "The BlobHeader should be less than 64 KiB; blob 32 MiB"
_WEB_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,4096}?-->\s*)*<(?:!doctype\s+html|html|head|body|script)",
    re.IGNORECASE | re.DOTALL,
)
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MAX_MEMBERS = 2_000


def check_file(path: Path, file_format: str, expects: str = "") -> None:
    """Check a file's content.

    Parameters
    ----------
    path
        The file, under any name.
    file_format
        One of ``FORMATS``.
    expects
        A word that the first 64 KB of a text must have.

    Raises
    ------
    DownloadError
        If it is not of that format, cut short or a web page; the message is the end of a
        sentence that begins with the URL.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise DownloadError("is empty")
    if is_web_page(head):
        raise DownloadError(f"is a web page, not a {file_format} file: {_title(head)}")
    if file_format == "zip":
        _check_zip(path, head)
    elif file_format == "osm.pbf":
        _check_pbf(path)
    elif file_format in ("csv", "geojson", "json", "poly"):
        _check_text(path, head, file_format)
    elif file_format == "gz":
        _check_gz(path, head)
    elif file_format == "tif" and not head.startswith(_TIFF):
        raise DownloadError("is not a TIFF file")
    if expects and expects not in _decoded(head):
        raise DownloadError(f"does not hold the word '{expects}' where it should be")


def is_web_page(head: bytes) -> bool:
    """Tell whether a file begins as HTML."""
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if head.startswith(mark):
            head = head.removeprefix(mark).replace(b"\0", b"")
    return bool(_WEB_PAGE.match(head[:HEAD_BYTES]))


def _title(head: bytes) -> str:
    """Return what a web page calls itself, for the message."""
    match = re.search(rb"<title[^>]*>(.{1,300}?)</title>", head, re.IGNORECASE | re.DOTALL)
    text = " ".join(_decoded(match[1]).split()) if match else ""
    return f"“{''.join(c for c in text if c.isprintable())[:80]}”" if text else "it has no title"


def _decoded(data: bytes) -> str:
    """Return text in whatever encoding publishers use, a cut-off last character dropped."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data)
    except UnicodeDecodeError:
        return data.decode("cp932", "replace")


def _check_zip(path: Path, head: bytes) -> None:
    """Unpack every member into nothing: damage shows in their checksums."""
    if not head.startswith(b"PK\x03\x04"):
        raise DownloadError("is not a zip, or an empty one")
    counted = _Counter()
    try:
        with archive.open_zip(path) as opened:
            members = archive.member_names(opened)
            if not 0 < len(members) <= _MAX_MEMBERS:
                raise DownloadError(f"is a zip with {len(members)} files, which none of these has")
            for name in members:
                archive.copy_member(opened, name, counted, "member")
                if counted.size > MAX_UNPACKED_BYTES:
                    raise DownloadError("unpacks to more than any published file does")
    except InputError as error:
        raise DownloadError(f"is a damaged or truncated zip ({error})") from error


class _Counter(io.BytesIO):
    """Counts what is written to it and keeps nothing."""

    size = 0

    def write(self, data: Any, /) -> int:
        self.size += len(data)
        return len(data)


def _check_text(path: Path, head: bytes, file_format: str) -> None:
    if b"\0" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DownloadError(f"is not a {file_format} file but binary")
    text = _decoded(head)
    if file_format == "csv":
        first = text.lstrip().split("\n", 1)[0]
        if not any(mark in first for mark in ",\t;"):
            raise DownloadError("is not a CSV: its first line has no columns")
        return
    if path.stat().st_size > _MAX_SMALL_BYTES and file_format != "geojson":
        raise DownloadError(f"is far too large for a {file_format} file")
    if file_format == "poly":
        parse_poly(_decoded(path.read_bytes()))
        return
    if file_format == "json" or path.stat().st_size <= _MAX_SMALL_BYTES:
        parse_json(path.read_bytes())
    elif not text.lstrip().startswith("{"):
        raise DownloadError("is not a GeoJSON file")


def parse_json(data: bytes) -> object:
    """Return the value of a JSON text.

    Raises
    ------
    DownloadError
        If it is none.
    """
    try:
        value: object = json.loads(_decoded(data))
    except (ValueError, RecursionError) as error:
        raise DownloadError("is not JSON, or cut short") from error
    return value


def _check_gz(path: Path, head: bytes) -> None:
    if not head.startswith(b"\x1f\x8b"):
        raise DownloadError("is not a gzip file")
    left = MAX_UNPACKED_BYTES
    try:
        with gzip.open(path) as file:
            while chunk := file.read(1024**2):
                left -= len(chunk)
                if left < 0:
                    raise DownloadError("unpacks to more than any published file does")
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, DownloadError):
            raise
        raise DownloadError("is a damaged or truncated gzip file") from error


def _check_pbf(path: Path) -> None:
    """Walk over the blobs of an OpenStreetMap PBF: the last must end where the file does.

    Format: https://wiki.openstreetmap.org/wiki/PBF_Format (a length, a BlobHeader, a Blob, ...).
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        at, first = 0, True
        while at < size:
            length = file.read(4)
            header_size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
            header = file.read(header_size) if 0 < header_size <= 64 * 1024 else b""
            blob_size = _blob_size(header)
            if len(header) != header_size or blob_size is None:
                raise DownloadError("is not an OpenStreetMap PBF file, or a damaged one")
            if first and b"OSMHeader" not in header:
                raise DownloadError("is not an OpenStreetMap PBF file")
            first = False
            at += 4 + header_size + blob_size
            file.seek(at)
    if at != size:
        raise DownloadError(f"is a truncated PBF file ({at - size:,} bytes are missing)")


def _blob_size(header: bytes) -> int | None:
    """Return ``datasize`` (field 3) of a BlobHeader, None if it has no sensible one."""
    at = 0
    while at < len(header):
        tag, at = _varint(header, at)
        value, at = _varint(header, at)
        if tag & 7 == 2:  # a length, then so many bytes
            at += value
        elif tag == 3 << 3:
            return value if 0 < value <= _MAX_BLOB_BYTES else None
        elif tag & 7 != 0:
            return None
    return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a protobuf variable-length integer and where it ends; 0 past the end."""
    value = 0
    for k, byte in enumerate(data[at : at + 5]):
        value |= (byte & 0x7F) << (7 * k)
        if byte < 0x80:
            return value, at + k + 1
    return 0, len(data)
