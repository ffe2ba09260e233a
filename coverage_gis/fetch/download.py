"""One file: asked for if changed, resumed where it broke off, checked, then put in its place."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from coverage_gis.errors import DownloadError
from coverage_gis.fetch.answers import PARTIAL, Speed, check_status, length_of, validator_of
from coverage_gis.fetch.check import check_file
from coverage_gis.fetch.record import Kept, Partial
from coverage_gis.fetch.retry import PassingError
from coverage_gis.fetch.transport import Request
from coverage_gis.store.atomic import output_error, replacing, sync_file, sync_folder
from coverage_gis.store.hashing import sha256_file

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath

    from coverage_gis.fetch.session import Download, Session
    from coverage_gis.fetch.transport import Answer
    from coverage_gis.progress import Progress

NEW, UNCHANGED, BY_HAND = "new", "unchanged", "by hand"
_UNCHANGED, _BAD_RANGE = 304, 416
_CHUNK = 256 * 1024
_MOVED_BYTES = 1024**2
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_TOTAL = re.compile(r"bytes \*/(\d+)")


def fetch_file(session: Session, download: Download, progress: Progress) -> str:
    """Bring one file into its place.

    Returns
    -------
    str
        ``NEW``; ``UNCHANGED``: asked, and the one at hand is the publisher's; ``BY_HAND``: a file
        that this program did not bring is there and was left alone.

    Raises
    ------
    DownloadError
        If it could not be had; the message names the URL and why. What was there stays.
    OutputError
        If it could not be written.
    """
    path = session.raw / download.path
    if not session.force and (_by_hand(session, download.path) or _by_hand(session, download.link)):
        return BY_HAND
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        status = session.policy.run(lambda: _Attempt(session, download, progress).run())
        if download.link:
            _share(session, download.path, download.link)
    except OSError as error:
        if isinstance(error, DownloadError) or not error.errno:
            raise
        raise output_error(path, error) from error
    return status


def part_of(path: Path) -> Path:
    """Return where the beginning of a file is kept until all of it is there."""
    return path.with_name(f".{path.name}.part")


def _by_hand(session: Session, place: PurePosixPath | None) -> bool:
    """Tell whether there is a file that this program did not bring, or that was changed since.

    A run that was killed between putting a file in its place and noting it leaves the note on
    the file's beginning, so that such a file is known as our own.
    """
    if place is None or not (session.raw / place).exists():
        return False
    kept = session.records.kept(place)
    ours = kept is not None and kept.size == (session.raw / place).stat().st_size
    return not ours and session.records.partial(place) is None


def _share(session: Session, path: PurePosixPath, link: PurePosixPath) -> None:
    """Give a file a second place: as a hard link, or a copy where the file system has none."""
    source, target = session.raw / path, session.raw / link
    kept = session.records.kept(path)
    if kept is None or (target.exists() and source.samefile(target)):
        return
    before = session.records.kept(link)
    if target.exists() and before and before.sha256 == kept.sha256:
        return
    session.records.begin(link, Partial(kept.url, ""))
    with replacing(target) as temp:
        try:
            temp.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, temp)
    session.records.keep(link, kept)


def fetch_text(session: Session, url: str, name: str, limit: int = 64 * 1024**2) -> bytes:
    """Return a page or an answer, not kept on disk.

    Raises
    ------
    DownloadError
        As :func:`fetch_file`.
    """

    def attempt() -> bytes:
        with session.transport.open(Request(url, {}, name)) as answer:
            check_status(answer, url, session.policy)
            data = b""
            while chunk := answer.read(_CHUNK):
                data += chunk
                if len(data) > limit:
                    raise DownloadError(f"{url} is larger than any page or list.")
            wanted = length_of(answer.headers)
            if wanted is not None and len(data) != wanted:
                raise PassingError(f"{url} broke off after {len(data):,} of {wanted:,} bytes.")
            return data

    return session.policy.run(attempt)


class _Attempt:
    """One request for a file, and what becomes of the answer."""

    def __init__(self, session: Session, download: Download, progress: Progress) -> None:
        self._session = session
        self._download = download
        self._progress = progress
        self._target = session.raw / download.path
        self._part = part_of(self._target)
        self._had = 0
        self._validator = ""

    def run(self) -> str:
        url = self._download.url
        request = Request(url, self._headers(), self._target.name)
        with self._session.transport.open(request) as answer:
            if answer.status == _UNCHANGED and self._target.exists():
                return UNCHANGED
            if answer.status == _BAD_RANGE and self._had:
                self._start_over_unless_whole(answer)
            else:
                self._receive(answer)
        self._check()
        self._put(answer)
        return NEW

    def _headers(self) -> dict[str, str]:
        """Ask for the rest of what is there of the same file; else only for what is newer."""
        records, path, url = self._session.records, self._download.path, self._download.url
        partial = records.partial(path)
        if self._part.exists():
            size = self._part.stat().st_size
            if size and partial and partial.validator and partial.url == url:
                self._had, self._validator = size, partial.validator
                return {"Range": f"bytes={size}-", "If-Range": partial.validator}
            self._part.unlink()
        kept = records.kept(path)
        if self._session.force or kept is None or kept.url != url:
            return {}
        if not self._target.exists() or self._target.stat().st_size != kept.size:
            return {}
        if kept.etag:
            return {"If-None-Match": kept.etag}
        return {"If-Modified-Since": kept.last_modified} if kept.last_modified else {}

    def _start_over_unless_whole(self, answer: Answer) -> None:
        """416: the part is as long as the whole file, or longer than what is there now."""
        match = _TOTAL.fullmatch(answer.headers.get("content-range", "").strip())
        if not (match and int(match[1]) == self._had):
            self._forget()
            raise PassingError(f"{self._download.url} has changed; starting over.", wait_s=0)

    def _receive(self, answer: Answer) -> None:
        url = self._download.url
        check_status(answer, url, self._session.policy)
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise DownloadError(f"{url} was sent compressed, which was not asked for.")
        start = self._start(answer)
        length = length_of(answer.headers)
        total = None if length is None else start + length
        if (total or 0) > self._session.largest_bytes:
            raise DownloadError(
                f"{url} has {total or 0:,} bytes, more than any of these files "
                f"({self._session.largest_bytes:,}, see largest_gb in the settings)."
            )
        validator = validator_of(answer.headers) or (self._validator if start else "")
        if not start:  # before the note: old bytes must not be taken for the new file's
            self._part.unlink(missing_ok=True)
        self._session.records.begin(self._download.path, Partial(url, validator))
        got = self._copy(answer, start, total)
        if total is not None and got != total:
            raise PassingError(
                f"{url} broke off after {got:,} of {total:,} bytes.",
                moved=bool(validator) and got - self._had >= _MOVED_BYTES,
            )

    def _start(self, answer: Answer) -> int:
        """Return where in the file the answer begins."""
        if answer.status != PARTIAL:
            return 0
        match = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
        if not self._had or not match or int(match[1]) != self._had:
            self._forget()
            raise PassingError(f"{self._download.url} sent another part than asked for.", wait_s=0)
        return self._had

    def _copy(self, answer: Answer, start: int, total: int | None) -> int:
        """Write the body to the part, and return how long it is then."""
        got = start
        speed = Speed(self._session.clock, self._session.slowest_bytes_per_s)
        with self._part.open("ab" if start else "wb") as part:
            try:
                while chunk := answer.read(_CHUNK):
                    part.write(chunk)
                    got += len(chunk)
                    self._progress(got, total or 0)
                    if got > self._session.largest_bytes:
                        raise self._endless()
                    speed.check(len(chunk), self._download.url)
            except PassingError as error:
                error.moved = got - self._had >= _MOVED_BYTES
                raise
        return got

    def _endless(self) -> DownloadError:
        self._forget()
        limit = self._session.largest_bytes
        return DownloadError(f"{self._download.url} sends more than {limit:,} bytes.")

    def _check(self) -> None:
        try:
            check_file(self._part, self._download.file_format, self._download.expects)
        except DownloadError as error:
            self._forget()
            sentence = f"{self._download.url} {error}."
            if self._had:  # put together from two answers, which may not have fitted
                raise PassingError(sentence, wait_s=0) from error
            raise DownloadError(sentence) from error

    def _put(self, answer: Answer) -> None:
        kept = Kept(
            entry=self._download.entry,
            url=self._download.url,
            etag=answer.headers.get("etag", ""),
            last_modified=answer.headers.get("last-modified", ""),
            sha256=sha256_file(self._part),
            size=self._part.stat().st_size,
            fetched=self._session.policy.now().isoformat(timespec="seconds"),
            edition=self._download.edition,
            about=dict(self._download.about),
        )
        sync_file(self._part)
        self._part.replace(self._target)
        sync_folder(self._target.parent)
        self._session.records.keep(self._download.path, kept)

    def _forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._session.records.begin(self._download.path, None)
