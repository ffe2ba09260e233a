"""Fetching from a copy of the publishers' files instead: a server of the office, or a folder.

``https://host/path?query`` is looked for at ``MIRROR/host/path?query``. A folder is also searched
under names that file systems allow: ``path@query`` (as ``wget`` writes it on Windows), and, in the
same place, the name the file is kept under (``…/statmap-search/tblT001141H16.zip``).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from coverage_gis.errors import DownloadError, MissingInputError
from coverage_gis.fetch.transport import Answer, Request, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

_OK, _UNCHANGED, _NOT_FOUND = 200, 304, 404


class MirrorServer:
    """Asks a server that holds the publishers' files under ``/host/path``.

    Parameters
    ----------
    http
        What asks.
    base
        URL of the mirror.
    """

    def __init__(self, http: Transport, base: str) -> None:
        self._http = http
        self._base = base.rstrip("/")

    @contextmanager
    def open(self, request: Request) -> Iterator[Answer]:
        """Give the mirror's answer."""
        parts = urlsplit(request.url)
        tail = f"?{parts.query}" if parts.query else ""
        url = f"{self._base}/{parts.netloc}{parts.path}{tail}"
        with self._http.open(Request(url, request.headers, request.name)) as answer:
            yield answer


class MirrorFolder:
    """Answers from a folder that holds the publishers' files under ``host/path``.

    Raises
    ------
    MissingInputError
        If there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise MissingInputError(
                f"The mirror {folder} is neither a folder nor an address (http://..., https://...)."
            )
        self._folder = folder

    @contextmanager
    def open(self, request: Request) -> Iterator[Answer]:
        """Give a file as if a server had sent it; 404 if the folder has not got it."""
        path = self._find(request)
        if path is None:
            yield Answer(_NOT_FOUND, {}, lambda _: b"")
            return
        try:
            status = path.stat()
            tag = f'"{status.st_size:x}-{status.st_mtime_ns:x}"'
            headers = {"etag": tag, "content-length": str(status.st_size)}
            if request.headers.get("If-None-Match") == tag:
                yield Answer(_UNCHANGED, headers, lambda _: b"")
                return
            with path.open("rb") as file:
                yield Answer(_OK, headers, file.read)
        except DownloadError:
            raise
        except OSError as error:
            if error.filename != str(path):
                raise
            raise DownloadError(f"{path} cannot be read ({error.strerror}).") from error

    def _find(self, request: Request) -> Path | None:
        parts = urlsplit(request.url)
        place = f"{parts.netloc}{unquote(parts.path)}"
        names = [f"{place}?{parts.query}", f"{place}@{parts.query}"] if parts.query else [place]
        if request.name:
            names.append(f"{place.rpartition('/')[0]}/{request.name}")
        top = os.path.normpath(self._folder.absolute())
        for name in names:
            # Not resolved: links that the mirror's owner made may lead elsewhere, ".." may not.
            path = Path(os.path.normpath(Path(top).joinpath(*name.split("/"))))
            if path.is_relative_to(top) and path.is_file():
                return path
        return None
