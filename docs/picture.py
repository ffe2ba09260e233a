"""Take the README's picture of the demo prefecture's map: ``python docs/picture.py``.

Needs ``make coverage`` to have run, and Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "maps" / "00" / "index.html"
PICTURE = ROOT / "docs" / "demo-map.png"


def main() -> None:
    """Write ``docs/demo-map.png``."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None or not PAGE.is_file():
        sys.exit("Needs Chromium and maps/00/index.html: run make coverage first.")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(  # noqa: S603 - a browser found on the PATH, opening our own page
            [
                browser,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
                *(
                    "--no-first-run",
                    "--hide-scrollbars",
                    "--window-size=1280,900",
                    "--virtual-time-budget=4000",
                ),
                f"--user-data-dir={profile}",
                f"--screenshot={PICTURE}",
                PAGE.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )


if __name__ == "__main__":
    main()
