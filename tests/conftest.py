"""No test reads or fills the user's cache; every test speaks Russian unless it says otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kbreport import words


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    before = os.environ.get("KB_CACHE")
    os.environ["KB_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        os.environ.pop("KB_CACHE")
    else:
        os.environ["KB_CACHE"] = before


@pytest.fixture(autouse=True)
def _russian():
    with words.speaking("ru"):
        yield


@pytest.fixture(autouse=True)
def _no_places_left_over():
    """What a notebook process is told by its environment must not reach the next test."""
    yield
    for name in ("KB_RESULTS", "KB_BUNDLE"):
        os.environ.pop(name, None)


@pytest.fixture
def real() -> Path:
    """The folder of real data sets (KBREPORT_REAL_DATA); tests on it skip, saying so, without it."""
    place = os.environ.get("KBREPORT_REAL_DATA")
    if not place or not Path(place).is_dir():
        pytest.skip("KBREPORT_REAL_DATA does not name a folder of real data sets")
    return Path(place)


@pytest.fixture(scope="session")
def training():
    """The 12-client training base of METHODS, year 2024 against 2023."""
    import kbreport as kb
    from kbreport import words

    with words.speaking("ru"):
        return kb.open("training", period="2024")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where the browser is required (CI), a browser test that is skipped is a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and item.get_closest_marker("browser") and os.environ.get("KBREPORT_BROWSER_REQUIRED"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: a browser test was skipped, but KBREPORT_BROWSER_REQUIRED is set"
