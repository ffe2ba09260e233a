"""What was measured, as pieces of Markdown for docs/performance.md."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import tables

if TYPE_CHECKING:
    from pathlib import Path

PIECES = ("routing", "memory", "reading", "prefecture")


def fill_page(page: Path, kept: dict[str, Any], *, write: bool) -> dict[str, str]:
    """Return the pieces by name, and put each between its two marks if ``write``.

    The marks are ``<!-- bench: NAME -->`` and ``<!-- end -->``; what has not been measured is
    left as it stands.
    """
    pieces = {p: _piece(p, kept[p]) for p in PIECES if p in kept}
    every = [r for part in PIECES if part in kept
             for r in kept[part]["rows"]]  # fmt: skip
    if len(pieces) == len(PIECES):
        pieces["goals"] = tables.goals_table(tables.goals(every))
    if write:
        text = page.read_text(encoding="utf-8")
        for name, piece in pieces.items():
            text = re.sub(
                rf"(<!-- bench: {name} -->\n).*?(<!-- end -->)",
                lambda m, piece=piece: f"{m[1]}\n{piece}\n\n{m[2]}",
                text,
                flags=re.DOTALL,
            )
        page.write_text(text, encoding="utf-8")
    return pieces


def _piece(part: str, measured: dict[str, Any]) -> str:
    machine = measured["machine"]
    versions = ", ".join(f"{n} {v}" for n, v in machine["versions"].items())
    head = (
        f"Measured {measured['date']} on {machine['processors']} processors ({machine['model']}),"
        f" Python {machine['python']}."
    )
    if part == "prefecture":
        return f"{head}\n\n{tables.prefecture_table(measured['rows'][0])}"
    if part == "memory":
        return f"{head}\n\n{tables.memory_table(measured['rows'])}"
    table = tables.routing_table if part == "routing" else tables.reading_table
    parts = [
        table(title, list(rows)) for title, rows in groupby(measured["rows"], lambda r: r["title"])
    ]
    return "\n\n".join([head + (f" {versions}." if part == "routing" else ""), *parts])
