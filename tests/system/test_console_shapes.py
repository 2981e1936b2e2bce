"""The shape of a priority is seen wherever one is drawn: the browser's own colours, both themes, every sight.

The places are made by hand from the classes that the pages use; sheets and shapes are the console's own.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import pytest
from coloraide import Color
from playwright.sync_api import Browser, Page, Route

from qh1a.console.app import STATIC

TYPES: Final = {"css": "text/css", "js": "text/javascript"}
SHEETS: Final = ("style", "pages-b", "pages-c", "pages-d")
PAGE: Final = "".join(f'<link rel="stylesheet" href="/static/{name}.css">' for name in SHEETS)
SIGHTS: Final = ("normal", "protan", "deutan", "tritan")
THEMES: Final = ("dark", "light")
PRIORITIES: Final = ("HIGH", "MEDIUM", "LOW")
DRAWN: Final = 3.0
"""WCAG 2.2, 1.4.11: what is drawn."""
PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "alarm list, history": ("chip p-{}",),
    "sound check": ("panel su-lamp",),
    "sound check, sounding": ("su-lamp p-{}",),
    "cause and effect": ("panel", "lamp lamp-ACTIVE"),
    "cause and effect, latched": ("panel", "lamp lamp-LATCHED"),
    "cell": ("panel", "alarmed is-active p-{}", "flag"),
    "cell, latched": ("panel", "alarmed is-latched p-{}", "flag"),
    "cell, acknowledged": ("panel", "alarmed is-acked p-{}", "flag"),
    "banner": ("#banner p-{} is-active", "b-mark"),
    "banner, latched": ("#banner p-{} is-latched", "b-mark"),
    "banner, acknowledged": ("#banner p-{} is-acked", "b-mark"),
    "strip": ("panel", "strip-plot"),
    "circuit, word": ("c-chip p-{}", "circuit"),
    "circuit, no word": ("circuit",),
}
"""Classes from outside in, `#banner` an id."""
DRAW: Final = """async ([theme, places, priorities]) => {
  document.documentElement.dataset.theme = theme;
  const { h, shape } = await import("/static/dom.js");
  const found = [];
  for (const [place, classes] of Object.entries(places)) for (const priority of priorities) {
    const mark = shape(priority);
    let node = mark;
    for (const names of [...classes].reverse()) {
      const cls = names.replace("#banner", "").replace("{}", priority);
      node = h("div", { cls, id: names.startsWith("#banner") ? "banner" : null }, node);
    }
    document.body.replaceChildren(node);
    const { fill, stroke } = getComputedStyle(mark.querySelector("path"));
    let under = mark.parentElement;
    while (getComputedStyle(under).backgroundColor === "rgba(0, 0, 0, 0)") under = under.parentElement;
    const field = getComputedStyle(under).backgroundColor;
    found.push([`${place}: ${priority}`, fill === "none" ? stroke : fill, field]);
  }
  return found;
}"""


def serve(route: Route) -> None:
    name = route.request.url.rpartition("/")[2]
    if name:
        body = (STATIC / name).read_text(encoding="utf-8")
        route.fulfill(body=body, content_type=TYPES[name.rpartition(".")[2]])
    else:
        route.fulfill(body=f"<!doctype html>{PAGE}", content_type="text/html")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page() as found:
        found.route("**/*", serve)
        found.goto("http://console.test/")
        yield found


def seen(colour: str, sight: str) -> Color:
    found = Color(colour)
    return found if sight == "normal" else found.filter(sight, 1, method="machado").clip()


@pytest.mark.parametrize("theme", THEMES)
def test_a_shape_stands_off_what_it_lies_on(page: Page, theme: str) -> None:
    drawn = page.evaluate(DRAW, [theme, dict(PLACES), list(PRIORITIES)])
    assert len(drawn) == len(PLACES) * len(PRIORITIES)
    hidden = [
        f"{where}, {sight}: {contrast:.2f}"
        for where, shape, field in drawn
        for sight in SIGHTS
        if (contrast := seen(shape, sight).contrast(seen(field, sight), method="wcag21")) < DRAWN
    ]
    assert hidden == []
