"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import chromium
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]

# Tests share the processors among themselves, and some put a stage of their own in this process;
# those of processes beside each other ask for them.
os.environ.setdefault("COVERAGE_GIS_WORKERS", "1")

# No example is wrong for being slow: on a busy machine any may take a second.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Give a path under ../shared/data, or skip the test, saying which file is absent."""

    def find(relative: str) -> Path:
        path = ROOT.parent / "shared" / "data" / relative
        if not path.exists():
            pytest.skip(f"real test data ../shared/data/{relative} is not on this machine")
        return path

    return find


@pytest.fixture(scope="session")
def on_ci() -> bool:
    """Whether a missing browser is a failure rather than a reason to skip."""
    return os.environ.get("CI", "").lower() == "true"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, *, on_ci: bool) -> Iterator[chromium.Browser]:
    """Give a headless Chromium; without one the test is skipped, or on CI fails."""
    if chromium.find() is None:
        reason = "no Chromium found (Debian: apt-get install chromium)"
        if on_ci:
            pytest.fail(f"CI must run the browser tests: {reason}")
        pytest.skip(reason)
    started = chromium.Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()
