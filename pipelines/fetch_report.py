"""What ``fetch`` and ``sources`` print."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from coverage_gis.fetch.survey import IN_USE, INCOMPLETE, MISSING, PRESENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage_gis.fetch.batch import Outcome
    from coverage_gis.fetch.entries import Downloads
    from coverage_gis.fetch.plan import Wanted
    from coverage_gis.fetch.survey import Row

_INDENT = " " * 16
_ACTIONS = {PRESENT: "ask if changed", INCOMPLETE: "continue", MISSING: "fetch", IN_USE: "fetch"}
_MAX_OTHERS = 3


def table_lines(rows: Sequence[Row], wanted: Wanted, raw: Path, *, dry_run: bool) -> list[str]:
    """Return the table of data sets: status, edition, size, licence, address, place."""
    pref = wanted.pref
    what = "what fetch would do" if dry_run else "data sets"
    day = wanted.day.isoformat()
    title = f"{pref.name_ja} ({pref.code}): {what}; mesh level {wanted.level}, service date {day}"
    lines = [title, ""]
    name_width = max((len(r.entry.name) for r in rows), default=0)
    edition_width = max((_width(_edition(r)) for r in rows), default=0)
    for row in rows:
        status = _ACTIONS[row.status] if dry_run else row.status
        edition = _padded(_edition(row), edition_width)
        lines.append(
            f"{status:<14}  {row.entry.name:<{name_width}}  {edition}  "
            f"{_size(row):>22}  {row.entry.licence}"
        )
        lines.append(f"{_INDENT}{row.entry.title}: {row.entry.needed}")
        lines.append(f"{_INDENT}{(raw / row.place).as_posix()}")
        lines.append(f"{_INDENT}{row.url}{'' if row.entry.verified else '  [not verified]'}")
        if row.others:
            which = "in use instead" if row.status == IN_USE else "also there"
            brings = f"; fetch brings {row.edition}" if row.status == IN_USE and row.edition else ""
            lines.append(f"{_INDENT}{which}: {_others(row.others)}{brings}")
    statuses = (PRESENT, IN_USE, INCOMPLETE, MISSING)
    counts = {s: sum(r.status == s for r in rows) for s in statuses}
    words = {IN_USE: "in use under another name"}
    said = ", ".join(f"{n} {words.get(status, status)}" for status, n in counts.items() if n)
    return [*lines, "", f"{said or 'nothing'}.", *_unverified(rows)]


def _unverified(rows: Sequence[Row]) -> list[str]:
    if all(row.entry.verified for row in rows):
        return []
    return ["[not verified]: this program has not been tried there yet; settings can change it."]


def _edition(row: Row) -> str:
    """Return the edition that is there or would be: of a file of another name nobody knows."""
    return "?" if row.status == IN_USE else row.edition


def _size(row: Row) -> str:
    if row.of is None:
        return f"{row.files} files {size_text(row.size)}" if row.files else "listed when fetched"
    if row.of > 1:
        return f"{row.files} of {row.of} files {size_text(row.size) if row.size else ''}".rstrip()
    return size_text(row.size) if row.size else "-"


def _others(others: Sequence[str]) -> str:
    more = len(others) - _MAX_OTHERS
    return ", ".join(others[:_MAX_OTHERS]) + (f" and {more} more" if more > 0 else "")


def failure_lines(failed: Sequence[Outcome], downloads: Downloads, raw: Path) -> list[str]:
    """Return what failed, why, and where to put it by hand."""
    if not failed:
        return []
    lines = ["", "Not fetched:"]
    for outcome in failed:
        entry = downloads.entries[outcome.entry]
        lines.append(f"  {entry.title} ({outcome.entry}, {entry.edition})")
        lines.append(f"    why:     {outcome.why}")
        source = f" from {entry.home}" if entry.home else ""
        place = raw / outcome.place
        if "*" in place.name:
            hand = f"get them{source} and put them, as they are, into {place.parent.as_posix()}/"
        else:
            hand = f"get it{source} and put it, as it is, at {place.as_posix()}"
        lines.append(f"    by hand: {hand}")
        if entry.needed:
            lines.append(f"    lacking: {entry.needed}")
    return [*lines, "", "Run it again to try these once more; what is there is not fetched twice."]


def size_text(size: float) -> str:
    """Return a number of bytes as a person reads it."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.2f} GB"


def _width(text: str) -> int:
    """Return how many columns a text takes on a terminal; Japanese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
