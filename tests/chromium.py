"""Chromium for tests: found on PATH, headless, one per module; a test that finds none is skipped (and fails where CI requires it)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome", "chrome") if (path := shutil.which(name))), None)


def running() -> Iterator:
    """For a fixture: `yield from chromium.running()`."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
