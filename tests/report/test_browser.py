"""The page as a real headless Chromium shows it."""

import io
import json
from base64 import b64decode
from itertools import combinations
from statistics import mean, pstdev

import pytest
from clients.missing import needs
from report.fleets import hostile_chart, plain_chart, reasons

from simulator.report.page import render
from simulator.report.sections import laws_section, lint_section

pytestmark = needs("chromium", "chromedriver", modules=("selenium", "PIL"))

VERDICTS = ("compatible", "undecided", "incompatible")
CONTRAST = """
const luminance = (color) => {
  const parts = color.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255);
  const linear = (one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = parts.map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (!color.endsWith(", 0)") && color !== "transparent") return color;
  }
  return "rgb(255, 255, 255)";
};
const under = (element) => {
  let at = element.previousElementSibling;
  while (at && at.classList.contains("lines")) at = at.previousElementSibling;
  return getComputedStyle(at).fill;
};
const found = [];
for (const one of document.body.querySelectorAll("*:not(script, noscript)")) {
  if (![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  if (one.tagName === "title" || !one.getClientRects().length) continue;
  const inSvg = one.namespaceURI.endsWith("svg");
  const style = getComputedStyle(one);
  const below = inSvg && one.matches(".mark, .swatch text") ? under(one) : ground(one);
  const pair = [luminance(inSvg ? style.fill : style.color), luminance(below)];
  const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  found.push([one.textContent.slice(0, 40), contrast]);
}
return found;
"""
OUTSIDE = """
const width = document.documentElement.clientWidth;
const found = [];
for (const one of document.body.querySelectorAll("*")) {
  if (one.closest(".board, .scroll")?.contains(one) && !one.matches(".board, .scroll")) continue;
  const box = one.getBoundingClientRect();
  const is_outside = box.left < -0.5 || box.right > width + 0.5;
  if (box.width && is_outside) found.push(one.outerHTML.slice(0, 90));
}
if (document.documentElement.scrollWidth > width) found.push("the page scrolls sideways");
return found;
"""
LABELS = """
const picture = document.querySelector("#board svg").getBoundingClientRect();
return [...document.querySelectorAll("#board svg > text")].map((one) => {
  const box = one.getBoundingClientRect();
  const inside = box.left >= picture.left - 1 && box.right <= picture.right + 1
    && box.top >= picture.top - 1 && box.bottom <= picture.bottom + 1;
  return [one.textContent, box.left, box.top, box.right, box.bottom, inside];
});
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Write the page of a chart into a file and return its address."""

    def write(found):
        sections = (laws_section(found.population), lint_section(found.population, 400))
        path = tmp_path_factory.mktemp("page") / "map.html"
        path.write_text(render(found, "fleet.ndjson", reasons(found), sections), encoding="utf-8")
        return path.as_uri()

    return write


@pytest.fixture
def shown(chromium, page):
    """Open the page of a chart at a width, in a colour scheme; the logs begin with it."""

    def show(found, width=1400, scheme="light"):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        chosen = [{"name": "prefers-color-scheme", "value": scheme}]
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": chosen})
        chromium.execute_cdp_cmd("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
        chromium.get("about:blank")
        chromium.get_log("browser")
        chromium.get_log("performance")
        chromium.get(page(found))
        return chromium

    return show


def cell(driver, row, column):
    """Find a cell of the matrix."""
    return driver.find_element("css selector", f'[data-row="{row}"][data-column="{column}"]')


def detail(driver):
    """Read what is said of the chosen cell, without the marks that isolate names."""
    text = driver.find_element("id", "detail").text
    return text.replace("\u2066", "").replace("\u2069", "")


def requests(driver):
    """List the addresses that the browser asked for."""
    events = [json.loads(one["message"])["message"] for one in driver.get_log("performance")]
    wanted = [one for one in events if one["method"] == "Network.requestWillBeSent"]
    return [one["params"]["request"]["url"] for one in wanted]


@pytest.mark.parametrize("chart", [plain_chart, hostile_chart])
def test_nothing_is_fetched_and_nothing_goes_wrong(shown, chart):
    """The page asks for nothing but itself, and the console stays empty."""
    driver = shown(chart())
    [address, *more] = requests(driver)
    assert address.startswith("file://")
    assert all(one.startswith("data:,") for one in more)
    resources = "return performance.getEntriesByType('resource').map((one) => one.name)"
    assert [one for one in driver.execute_script(resources) if not one.startswith("data:")] == []
    assert driver.get_log("browser") == []


def test_every_cell_is_there(shown):
    """The matrix has a cell for each pair of groups, and each tells its shares."""
    driver = shown(plain_chart())
    cells = driver.find_elements("css selector", "#board [role=gridcell]")
    labels = [one.get_attribute("aria-label") for one in cells]
    assert len(labels) == 9
    assert labels[0] == (
        "\u2066i915-GVTg_V5_4\u2069 to \u2066i915-GVTg_V5_4\u2069: "
        "36.0 % compatible, 32.0 % undecided, 32.0 % incompatible"
    )
    assert labels[1].endswith(": 100 % incompatible")


def test_reasons_on_hover(shown):
    """The pointer on a cell shows why its devices cannot migrate."""
    from selenium.webdriver import ActionChains

    driver = shown(plain_chart())
    assert "Point at a cell" in detail(driver)
    ActionChains(driver).move_to_element(cell(driver, 0, 1)).perform()
    assert "i915-GVTg_V5_4 → i915-GVTg_V5_8" in detail(driver)
    assert "the source has i915-GVTg_V5_4, the target i915-GVTg_V5_8" in detail(driver)
    ActionChains(driver).move_to_element(cell(driver, 2, 2)).perform()
    assert "software_version: major 1 \u2260 2 (1.0 to 2.0)" in detail(driver)
    assert "It would be compatible with:" in detail(driver)


def test_reasons_by_keyboard(shown):
    """Tab reaches the matrix, the arrows go on within it, and each cell shows its reason."""
    from selenium.webdriver import ActionChains, Keys

    driver = shown(plain_chart())

    def press(*keys):
        ActionChains(driver).send_keys(*keys).perform()
        at = driver.switch_to.active_element
        return at.get_attribute("data-row"), at.get_attribute("data-column")

    places = [press(Keys.TAB)]
    while places[-1] != ("0", "0"):
        places.append(press(Keys.TAB))
        assert len(places) < 10
    assert "36.0 % compatible" in detail(driver)
    steps = [
        (Keys.ARROW_RIGHT, ("0", "1")),
        (Keys.ARROW_DOWN, ("1", "1")),
        (Keys.END, ("1", "2")),
        (Keys.ARROW_RIGHT, ("1", "2")),
        (Keys.PAGE_DOWN, ("2", "2")),
        (Keys.HOME, ("2", "0")),
        (Keys.ARROW_LEFT, ("2", "0")),
        (Keys.PAGE_UP, ("0", "0")),
        (Keys.ARROW_UP, ("0", "0")),
        (Keys.ARROW_RIGHT, ("0", "1")),
    ]
    for key, place in steps:
        assert press(key) == place
    assert "the source has i915-GVTg_V5_4, the target i915-GVTg_V5_8" in detail(driver)
    ring = driver.find_element("css selector", ".ring")
    assert ring.get_attribute("visibility") == "visible"
    found, chosen = ring.rect, cell(driver, 0, 1).rect
    assert found["x"] == pytest.approx(chosen["x"], abs=3)
    # One cell alone is reached by Tab, so that Tab leads on.
    assert len(driver.find_elements("css selector", '.cell[tabindex="0"]')) == 1
    assert press(Keys.TAB) == (None, None)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("by", ["mdev_type", "class"])
def test_contrast(shown, scheme, by):
    """Every text has a contrast of 4.5 or more to what is behind it, in light and dark."""
    driver = shown(plain_chart(by), scheme=scheme)
    cell(driver, 0, 1).click()
    found = driver.execute_script(CONTRAST)
    assert len(found) > 60
    assert [one for one in found if one[1] < 4.5] == []
    ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 22, 26)"}[scheme]


def luminances(driver, verdict):
    """Take a picture of a legend's sample and return how light its pixels are, 0 to 1."""
    from PIL import Image

    sample = driver.find_element("css selector", f".legend rect.{verdict}").rect
    clip = {**sample, "scale": 4}
    data = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})["data"]
    with Image.open(io.BytesIO(b64decode(data))) as image:
        return [one / 255 for one in image.convert("L").tobytes()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "deficiency", ["none", "protanopia", "deuteranopia", "tritanopia", "achromatopsia"]
)
def test_without_colour_vision(shown, scheme, deficiency):
    """Verdicts differ in lightness or pattern however colours are seen, and have symbols."""
    driver = shown(plain_chart("class"), scheme=scheme)
    driver.execute_cdp_cmd("Emulation.setEmulatedVisionDeficiency", {"type": deficiency})
    seen = {one: luminances(driver, one) for one in VERDICTS}
    for one, other in combinations(seen.values(), 2):
        assert max(abs(mean(one) - mean(other)), abs(pstdev(one) - pstdev(other))) > 0.08
    for verdict, symbol in zip(VERDICTS, "\u2713?\u00d7", strict=True):
        marks = driver.find_elements("css selector", f"#board .mark.on-{verdict}")
        assert marks
        assert {mark.text for mark in marks} == {symbol}


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("chart", [plain_chart, hostile_chart])
@pytest.mark.parametrize("by", ["mdev_type", "class"])
def test_nothing_overflows(shown, width, chart, by):
    """Nothing stands out of the page, and no label out of the picture or on the next one."""
    driver = shown(chart(by), width)
    cell(driver, 0, 1).click()
    assert driver.execute_script(OUTSIDE) == []
    labels = driver.execute_script(LABELS)
    assert [one[0] for one in labels if not one[5]] == []
    for one, other in combinations(labels, 2):
        apart = one[3] <= other[1] + 2 or other[3] <= one[1] + 2
        apart |= one[4] <= other[2] + 2 or other[4] <= one[2] + 2
        assert apart, (one, other)


def test_hostile_names_do_nothing(shown):
    """Names that mean harm run nothing, make no element, and are read as they stand."""
    driver = shown(hostile_chart("class"))
    for row in range(3):
        cell(driver, row, row + 1).click()
    assert driver.execute_script("return typeof hacked") == "undefined"
    count = "return [...document.querySelectorAll('img, b, script')].length"
    assert driver.execute_script(count) == 2
    text = driver.find_element("css selector", ".rows").text
    assert "</script><script>hacked=1</script>" in text
    assert "\\u202egnp.exe\\u2066" in text
    assert driver.get_log("browser") == []


def test_the_page_follows_its_width(shown):
    """When the window changes, the matrix is drawn anew and the chosen cell stays chosen."""
    driver = shown(plain_chart())
    cell(driver, 1, 2).click()
    before = driver.find_element("css selector", "#board svg").rect["width"]
    size = {"width": 500, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    script = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
    driver.execute_async_script(script)
    assert driver.find_element("css selector", "#board svg").rect["width"] < before
    at = driver.switch_to.active_element
    assert (at.get_attribute("data-row"), at.get_attribute("data-column")) == ("1", "2")
