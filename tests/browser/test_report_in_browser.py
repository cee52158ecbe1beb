"""The report in a real browser: it asks the network for nothing, fits the page, and its links lead somewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.figures.displayed_study import rendered_report, report_settings

pytestmark = pytest.mark.browser

WIDER_THAN_THE_PAGE = """() => {
    const inScroller = (element) => element.closest('.scroll') && !element.classList.contains('scroll');
    const page = document.documentElement.clientWidth;
    return [...document.body.querySelectorAll('*')]
        .filter((e) => !(e.closest('svg') && e.tagName.toLowerCase() !== 'svg') && !inScroller(e))
        .filter((e) => !e.classList.contains('skip'))
        .filter((e) => e.getBoundingClientRect().right > page + 1 || e.getBoundingClientRect().left < -1)
        .map((e) => e.tagName + '#' + e.id + ' ' + e.className);
}"""
DEAD_LINKS = """() => [...document.querySelectorAll('a[href^="#"]')]
    .filter((a) => !document.getElementById(decodeURIComponent(a.getAttribute('href').slice(1))))
    .map((a) => a.getAttribute('href'))"""
DRAWN = """() => [...document.querySelectorAll('figure.drawing svg')]
    .map((svg) => [svg.getBoundingClientRect().width, svg.getBBox().width])"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (requirements-test.lock)")
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no system browser: none of {', '.join(names)} is on PATH (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(rendered_report(), encoding="utf-8")
    return path


def opened(browser: Any, report: Path, width: int) -> tuple[Any, list[str], list[str]]:
    """The page at a width in pixels, what it asked for besides itself, and what it complained about."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri(), wait_until="load")
    return page, [url for url in asked if url != report.as_uri() and not url.startswith("data:")], said


@pytest.mark.parametrize("width", [1200, 400])
def test_nothing_is_requested_nothing_complains_and_everything_fits(browser, report, width):
    page, asked, said = opened(browser, report, width)
    assert asked == []
    assert said == []
    assert page.evaluate(WIDER_THAN_THE_PAGE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_column_of_overview_or_ladder_has_to_be_scrolled_to_on_a_desktop(browser, report):
    page, _, _ = opened(browser, report, 1200)
    chosen = "[id$=-ladder] .scroll, #table-overview .scroll"
    widths = page.evaluate(
        f"() => [...document.querySelectorAll('{chosen}')].map((e) => [e.scrollWidth, e.clientWidth])"
    )
    assert widths and all(needed <= given for needed, given in widths)


def test_title_names_the_study_and_says_synthetic(browser, report):
    page, _, _ = opened(browser, report, 1200)
    assert page.title() == f"{report_settings().title} (synthetic data)"


def test_all_anchors_resolve(browser, report):
    page, _, _ = opened(browser, report, 1200)
    assert page.evaluate(DEAD_LINKS) == []


def test_every_figure_is_drawn(browser, report):
    page, _, _ = opened(browser, report, 1200)
    sizes = page.evaluate(DRAWN)
    assert len(sizes) == 3 * len(report_settings().endpoints) + 2
    assert all(width > 300 and box > 100 for width, box in sizes)


def test_markup_in_labels_is_text(browser, report):
    page, _, _ = opened(browser, report, 1200)
    heading = page.locator("#endpoint-weight h3").first.inner_text()
    assert heading == "Body weight <script>alert('&')</script>"


def test_following_the_primary_result_shows_its_cell(browser, report):
    page, _, _ = opened(browser, report, 1200)
    page.locator(".headline a").first.click()
    assert page.evaluate("document.querySelector('td:target').textContent").strip() != ""


def test_keyboard_reaches_the_content_first(browser, report):
    page, _, _ = opened(browser, report, 1200)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Go to the content"
