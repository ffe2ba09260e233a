"""Every locked package is listed with its licence, and none binds those who use the program."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = runpy.run_path(str(ROOT / "docs/licences.py"))
PAGE = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")


def test_every_licence_is_known_and_free() -> None:
    licences = {name: SCRIPT["licence"](name) for name in SCRIPT["locked"]()}
    assert len(licences) > 50
    assert {n: w for n, w in licences.items() if w is not None and not SCRIPT["is_free"](w)} == {}


def test_licences_that_bind_are_told_from_those_that_do_not() -> None:
    for words in ("GPL-3.0-or-later", "GNU Affero General Public License v3", "AGPL", "", "own"):
        assert not SCRIPT["is_free"](words)
    for words in ("MIT", "BSD-3-Clause AND Zlib", "MPL-2.0 AND MIT"):
        assert SCRIPT["is_free"](words)
    assert not SCRIPT["is_free"]("MIT AND GPL-2.0")


def test_the_page_lists_the_lock() -> None:
    listed = PAGE.partition(SCRIPT["HEAD"])[2]
    names = [line.split("|")[1].strip() for line in listed.splitlines() if line.startswith("| ")]
    assert names[1:] == SCRIPT["locked"]()
    assert "| ? |" not in listed


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    reasons = PAGE.partition(SCRIPT["HEAD"])[0]
    extras = project["optional-dependencies"]
    for wanted in (*project["dependencies"], *extras["dev"], *extras["s3"], *extras["gcs"]):
        assert wanted.partition(">=")[0] in reasons
