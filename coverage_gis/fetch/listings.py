"""Files known only from a list: links on a page, the feeds of the GTFS data repository."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from coverage_gis.errors import DownloadError
from coverage_gis.fetch.check import is_web_page, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_LINKS = 500
_NAME_BYTES = 120


@dataclass(frozen=True)
class Listed:
    """A file that a list names: where it is, the name to keep it under, what is said of it."""

    url: str
    name: str
    edition: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


def links_on(page: bytes, page_url: str, pattern: str) -> list[Listed]:
    """Return the files a page links to whose names match, the newest of each key.

    Parameters
    ----------
    page, page_url
        The page and its address, to which its links are relative.
    pattern
        Regular expression for whole file names. Of names with the same group ``key`` the one with
        the highest group ``edition`` is taken; both groups are optional.

    Raises
    ------
    DownloadError
        If no link matches.
    """
    parser = _Links()
    parser.feed(page.decode("utf-8", "replace"))
    parser.close()
    newest: dict[str, tuple[tuple[int, str], Listed]] = {}
    for href in parser.hrefs:
        try:
            url = urljoin(page_url, href)
            name = unquote(urlsplit(url).path).rpartition("/")[2]
        except ValueError:
            continue
        match = re.fullmatch(pattern, name)
        if match is None:
            continue
        groups = match.groupdict()
        edition = groups.get("edition") or ""
        rank = (len(edition), edition)
        key = groups.get("key") or ""
        if key not in newest or rank > newest[key][0]:
            newest[key] = (rank, Listed(url, safe_name(name), edition))
    if not newest:
        raise DownloadError(
            f"{page_url} has no link to a file such as {pattern}; the publisher may have renamed "
            "its files (change `link` in the settings)."
        )
    return [newest[key][1] for key in sorted(newest)][:MAX_LINKS]


class _Links(HTMLParser):
    """Collects where a page's anchors lead."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.hrefs += [value.strip() for name, value in attrs if name == "href" and value]


def feeds_in(answer: bytes, url: str) -> list[Listed]:
    """Return the GTFS feeds in an answer of the GTFS data repository (``GET /v2/files``).

    Each feed keeps one name over its editions, so that a new one takes the old one's place; if
    several of one feed are listed, the newest has that name and the others their first day in it.

    Raises
    ------
    DownloadError
        If the answer is not what the repository documents.
    """
    if is_web_page(answer):
        raise DownloadError(f"{url} answered with a web page, not a list of feeds.")
    try:
        value = parse_json(answer)
    except DownloadError as error:
        raise DownloadError(f"{url} {error}.") from error
    body = value.get("body") if isinstance(value, dict) else None
    if not isinstance(body, list) or not all(isinstance(feed, dict) for feed in body):
        raise DownloadError(f"{url} did not answer with a list of feeds.")
    out: dict[str, Listed] = {}
    for feed in sorted(body, key=_newest_first):
        listed = _feed(feed, url)
        name = listed.name
        if name in out:
            name = f"{name.removesuffix('.zip')}_{safe_name(_text(feed, 'file_from_date'))}.zip"
        out.setdefault(name, Listed(listed.url, name, listed.edition, listed.about))
    return [out[name] for name in sorted(out)]


def _newest_first(feed: Mapping[str, Any]) -> tuple[str, str, tuple[int, ...], tuple[int, ...]]:
    dates = (_text(feed, "file_from_date"), _text(feed, "file_last_updated_at"))
    first, updated = (tuple(-ord(c) for c in d) for d in dates)
    return (_text(feed, "organization_id"), _text(feed, "feed_id"), first, updated)


def _feed(feed: Mapping[str, Any], url: str) -> Listed:
    file_url, org, feed_id = (_text(feed, k) for k in ("file_url", "organization_id", "feed_id"))
    if not (file_url and org and feed_id):
        raise DownloadError(f"{url} lists a feed without file_url, organization_id or feed_id.")
    about = {
        "operator": _text(feed, "organization_name"),
        "feed": _text(feed, "feed_name"),
        "licence": _text(feed, "feed_license_id"),
        "licence_url": _text(feed, "feed_license_url"),
        "page": _text(feed, "feed_page_url"),
    }
    first, last = _text(feed, "file_from_date"), _text(feed, "file_to_date")
    return Listed(
        url=urljoin(url, file_url),
        name=safe_name(f"{org}_{feed_id}") + ".zip",
        edition=f"{first} to {last}" if first or last else "",
        about={k: v for k, v in about.items() if v},
    )


def _text(feed: Mapping[str, Any], key: str) -> str:
    value = feed.get(key)
    return "".join(c for c in str(value) if c.isprintable()) if value is not None else ""


def safe_name(text: str) -> str:
    """Return a text as a file name that every system takes."""
    kept = (c if c.isalnum() or c in "-_." else "_" for c in unicodedata.normalize("NFC", text))
    name = "".join(kept).lstrip(".")
    while len(name.encode()) > _NAME_BYTES:
        name = name[1:]
    return name or "_"


def editions(listed: Iterable[Listed]) -> str:
    """Return the editions of listed files, as one text."""
    return ", ".join(sorted({one.edition for one in listed if one.edition}))
