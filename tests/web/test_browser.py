"""The pages in a real browser: accessible, readable on every width, usable by keyboard, quiet, and self-contained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.web.invented_catalogue import CATALOGUE_PAGES
from tests.web.invented_content import PAGES as CONTENT_PAGES
from tests.web.invented_models import PAGES as MODEL_PAGES

pytestmark = pytest.mark.web

LEARNERS = ["rich?topic=linear-equations", "new", "many", "broken", "order", "hostile", "small"]
OTHERS = [
    "sign-in",
    "learners",
    "consent",
    "error",
    "accesses",
    "no-accesses",
    "study-rich",
    "study-new",
    "focus",
    "focus-rule",
    "focus-own-pace",
    "focus-work",
    "no-focus",
    "courses",
    "no-courses",
    "verify",
    "verify-none",
    "trust",
    "no-trust",
    "access-log",
    "no-access-log",
    "releases",
    "no-releases",
    "operations",
    "no-operations",
    "costs",
    "costs-de",
    "no-costs",
    *CONTENT_PAGES,
    *CATALOGUE_PAGES,
    *MODEL_PAGES,
]
EVERY_PAGE = [f"progress/{who}" for who in LEARNERS] + OTHERS
WIDTHS = [320, 390, 560, 768, 1001, 1120, 1360]

# Visible chart texts with their size in pixels, their box, and whether they leave their card.
TEXTS = """() => [...document.querySelectorAll('svg.chart')].flatMap((svg, chart) => {
  const frame = svg.getBoundingClientRect(), card = svg.closest('.card').getBoundingClientRect();
  if (!frame.width) return [];
  const scale = frame.width / svg.viewBox.baseVal.width;
  return [...svg.querySelectorAll('text')].map(text => {
    const box = text.getBoundingClientRect();
    return {chart, words: text.textContent, px: parseFloat(getComputedStyle(text).fontSize) * scale,
            left: box.left, right: box.right, top: box.top, bottom: box.bottom,
            figure: text.classList.contains('gauge-n'),
            outside: box.left < card.left + 1 || box.right > card.right - 1
              || box.top < card.top || box.bottom > card.bottom};
  });
})"""


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    yield context.new_page()
    context.close()


def eventually(page: Any, expression: str, argument: object = None) -> None:
    """Waits until `expression` (a function) holds; the pages' policy forbids the browser's own polling by string."""
    for _ in range(60):
        if page.evaluate(expression, argument):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression} {argument!r}")


def collisions(texts: list[dict[str, Any]]) -> list[str]:
    """Pairs of texts of one chart whose boxes overlap by more than the leading around the letters."""
    found = []
    for index, one in enumerate(texts):
        for other in texts[index + 1 :]:
            if one["chart"] != other["chart"]:
                continue
            across = min(one["right"], other["right"]) - max(one["left"], other["left"])
            down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
            if across > 1.5 and down > 0.3 * min(one["px"], other["px"]):
                found.append(f"{one['words']!r} on {other['words']!r}")
    return found


@pytest.mark.parametrize("path", [*(f"progress/{who}" for who in LEARNERS[:4]), *OTHERS])
def test_no_accessibility_violations_in_either_theme(site: str, page: Any, path: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme="light")
    page.goto(f"{site}/{path}")
    if "rich" in path:
        page.evaluate(
            "for (const one of document.querySelectorAll('details')) one.open = one.closest('#heatmap,#gaps,.tile')"
        )
    for scheme, options in (("light", None), ("dark", {"runOnly": ["cat.color"]})):
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page, options=options).response["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in violations] == [], scheme


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_nothing_to_complain_about_and_nothing_from_elsewhere(site: str, page: Any, path: str) -> None:
    said: list[str] = []
    asked: list[str] = []
    refused: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{site}/{path}")
    page.wait_for_load_state("networkidle")
    icon = page.evaluate("document.querySelector('link[rel=icon]').href")
    assert page.request.get(icon).status == 200
    expected_status = [f"{site}/error"] if path == "error" else []
    assert [url for url in asked if not url.startswith(site)] == []
    assert refused == expected_status
    assert [line for line in said if not (expected_status and "503" in line)] == []


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_readable_at_every_width(site: str, page: Any, path: str) -> None:
    page.goto(f"{site}/{path}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        texts = page.evaluate(TEXTS)
        assert [t["words"] for t in texts if t["px"] < 12] == [], width
        # The gauge's own figure is the card's headline, as large as those of the tiles.
        assert [t["words"] for t in texts if t["px"] > (48 if t["figure"] else 17)] == [], width
        assert [t["words"] for t in texts if t["outside"]] == [], width
        assert collisions(texts) == [], width


def test_charts_walk_by_keyboard(site: str, page: Any) -> None:
    page.goto(f"{site}/progress/rich")
    visible = [svg for svg in page.query_selector_all("svg.chart[tabindex]") if svg.is_visible()]
    assert len(visible) >= 9
    for svg in visible:
        tips = svg.eval_on_selector_all("[data-tip]", "marks => marks.map(m => m.dataset.tip)")
        svg.focus()
        for key, expected in (("ArrowRight", 0), ("ArrowRight", 1), ("ArrowLeft", 0), ("End", -1), ("Home", 0)):
            page.keyboard.press(key)
            wanted = tips[min(expected, len(tips) - 1)]
            eventually(page, "words => document.getElementById('tip').textContent === words", wanted)
        assert page.locator(".cur").count() == 1
        page.keyboard.press("Escape")
        assert page.locator("#tip.on, .cur").count() == 0


def test_a_tooltip_leaves_with_its_mark(site: str, page: Any) -> None:
    page.goto(f"{site}/progress/rich")
    mark = page.locator("#trend .v-w .m").nth(5)
    mark.scroll_into_view_if_needed()
    page.wait_for_timeout(100)
    mark.hover()
    assert page.locator("#tip.on").count() == 1
    box = page.locator("#tip").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1360
    page.mouse.wheel(0, 300)
    eventually(page, "() => !document.querySelector('#tip.on')")


def test_tables_sort_by_their_headings(site: str, page: Any) -> None:
    page.goto(f"{site}/progress/rich")
    page.locator("#heatmap summary").click()
    heading = page.locator("#heatmap thead th").nth(2)
    values = "() => [...document.querySelectorAll('#heatmap tbody tr')].map(row => +row.cells[2].dataset.v)"
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    falling = page.evaluate(values)
    assert falling == sorted(falling, reverse=True)
    heading.locator("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert page.evaluate(values) == falling[::-1] or page.evaluate(values) == sorted(falling)
    name = page.locator("#heatmap thead th").first
    name.locator("button").click()
    names = page.evaluate("() => [...document.querySelectorAll('#heatmap tbody th')].map(cell => cell.textContent)")
    assert names == sorted(names, key=str.casefold)
    assert heading.get_attribute("aria-sort") == "none"


def test_the_theme_is_the_systems_until_somebody_chooses(site: str, page: Any) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{site}/progress/rich")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    assert page.evaluate("localStorage.length") == 0
    page.get_by_role("button", name="Light / dark").click()
    light = page.evaluate(background)
    assert light != dark
    page.reload()
    assert page.evaluate(background) == light
    assert page.evaluate("document.cookie") == ""


def test_print_opens_every_table_and_fits_the_paper(site: str, page: Any) -> None:
    page.set_viewport_size({"width": 702, "height": 1000})  # A4 within its margins
    page.goto(f"{site}/progress/rich?topic=linear-equations")
    page.emulate_media(media="print", color_scheme="dark")
    closed = """() => [...document.querySelectorAll('.card:not(.tile) table')].filter(
        table => !table.checkVisibility() || table.getBoundingClientRect().height < 20).length"""
    assert page.locator(".card:not(.tile) table").count() >= 9
    assert page.evaluate(closed) == 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    texts = page.evaluate(TEXTS)
    assert [t["words"] for t in texts if t["px"] < 12] == []
    assert collisions(texts) == []
    assert not page.locator("nav").is_visible()


WITH_TILES = ["progress/rich", "study-rich", "courses", "focus-work", "operations", "costs", "trust", "products"]


@pytest.mark.parametrize("path", WITH_TILES)
def test_on_paper_only_tiles_stand_side_by_side(site: str, page: Any, path: str) -> None:
    page.set_viewport_size({"width": 702, "height": 1000})
    page.goto(f"{site}/{path}")
    page.emulate_media(media="print")
    narrow = """() => [...document.querySelectorAll('.grid .card:not(.tile)')].filter(card => card.checkVisibility()
        && card.getBoundingClientRect().width < 600).map(card => card.id || card.textContent.trim().slice(0, 40))"""
    assert page.locator(".tile").count() >= 2
    assert page.evaluate(narrow) == []


def test_works_without_script(site: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1360, "height": 900})
    page = context.new_page()
    page.goto(f"{site}/progress/rich")
    assert page.locator("svg.v-w").first.is_visible()
    assert page.locator("button:visible:not(#suggested button)").all_inner_texts() == ["Sign out", "Show"]
    page.locator("#topic").select_option(label="Fractions")
    page.locator(".choose button").click()
    assert "topic=fractions" in page.url
    assert page.locator("#decay h3").inner_text() == "How a memory fades: Fractions"
    page.locator("#trend summary").click()
    assert page.locator("#trend table").is_visible()
    context.close()


def test_names_never_become_markup(site: str, page: Any) -> None:
    page.goto(f"{site}/progress/hostile")
    assert page.locator("main script, main img").count() == 0
    assert page.locator("h1").inner_text() == "Good evening, <b>Sam</b> & \u201cCo\u201d"
