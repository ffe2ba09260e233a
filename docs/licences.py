"""Licences of all that ``requirements.lock`` pins, as the installed packages state them.

``python docs/licences.py`` writes the table at the end of ``docs/dependencies.md``; a test keeps it
true and lets nothing in that would bind those who use the program (GPL, AGPL).
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/dependencies.md"
HEAD = "## All that is locked\n"
FREE = (
    "0BSD", "Apache", "BSD", "CC0", "IPA", "ISC", "LLVM", "MIT", "MPL", "Mozilla", "PSF",
    "Python Software Foundation", "Zlib",
)  # fmt: skip
"""Words of licences that ask for no more than to be named, or to pass on changes to their files."""
BINDING = re.compile(r"\bA?GPL|Affero|General Public", re.IGNORECASE)
STATED = {
    "colorama": "BSD-3-Clause",  # on Windows alone, so seldom installed where this is checked
    "xstatic-leaflet": "MIT AND BSD-2-Clause",  # says "same as Leaflet"
}
"""What a package does not say in a word, from its files."""


def locked() -> list[str]:
    """Return the names in the lock, each once."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE)))


def licence(name: str) -> str | None:
    """Return a package's licence in a few words, "" if it states none, None if not installed."""
    if name in STATED:
        return STATED[name]
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    stated = about.get("License-Expression") or about.get("License") or ""
    if stated and "\n" not in stated and len(stated) < 80:
        return stated
    kinds = [c for c in about.get_all("Classifier") or [] if c.startswith("License")]
    return ", ".join(k.rpartition(" :: ")[2] for k in kinds)


def is_free(words: str) -> bool:
    """Tell whether a licence is one of :data:`FREE`, and no part of it binds."""
    return any(word in words for word in FREE) and not BINDING.search(words)


def table() -> str:
    """Return the table of the page."""
    rows = [f"| {name} | {licence(name) or '?'} |" for name in locked()]
    return "\n".join(["| package | licence |", "|---|---|", *rows, ""])


def main() -> None:
    """Write the table into the page."""
    page = PAGE.read_text(encoding="utf-8").partition(HEAD)[0]
    said = "Written by `python docs/licences.py`, as the packages state it.\n"
    PAGE.write_text(f"{page.rstrip()}\n\n{HEAD}\n{said}\n{table()}", encoding="utf-8")


if __name__ == "__main__":
    main()
