"""A real browser: Debian's Chromium, driven by its own driver, with axe for accessibility."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.real.beds import INSTALLED, missing, program

AXE = INSTALLED / "axe/node_modules/axe-core/axe.min.js"
PICTURES = Path(os.environ.get("HOTLINE_PICTURES") or INSTALLED / "pictures")
"""Where screenshots are kept: CI takes them as artefacts."""

WIDE, PHONE = (1360, 950), (390, 844)
OURS = ("Content Security Policy",)


class Browser:
    """One window. `base` is the desk's address."""

    def __init__(self, driver: webdriver.Chrome, downloads: Path) -> None:
        self.driver, self.downloads, self.base = driver, downloads, ""

    def open(self, path: str) -> None:
        self.driver.get(self.base + path)

    def open_nothing(self) -> None:
        """Leave the last page, whose desk may be gone, and forget what it said."""
        self.driver.get("about:blank")
        self.complaints()

    def size(self, width: int, height: int) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        )

    def prefers(self, theme: str) -> None:
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]})

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def run(self, script: str, *values: Any) -> Any:
        return self.driver.execute_script(script, *values)

    def complaints(self) -> list[str]:
        """What the console holds of errors since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]  # type: ignore[no-untyped-call]

    def picture(self, name: str, *, whole: bool = False) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        if whole:
            width, height = self.run("return [innerWidth, document.documentElement.scrollHeight]")
            self.size(width, min(height, 5000))
        self.driver.save_screenshot(str(PICTURES / f"{re.sub('[^a-z0-9-]', '-', name)}.png"))

    def barriers(self) -> list[str]:
        """What axe finds of WCAG 2.2 AA, serious or critical, as rule, reason and place."""
        if not self.run("return 'axe' in window"):
            self.run(AXE.read_text("utf-8"))
        found: Sequence[dict[str, Any]] = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
            ".then(r => done(r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')), e => done([{id: String(e), nodes: []}]))"
        )
        return [f"{rule['id']}: {node['target']} {node['failureSummary']}"[:400] for rule in found for node in rule["nodes"] or [{"target": "", "failureSummary": ""}]]


@contextlib.contextmanager
def running(downloads: Path) -> Iterator[Browser]:
    """A browser without a window."""
    if not AXE.exists():
        missing("axe-core")
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en-GB"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads), "download.prompt_for_download": False})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(program("chromedriver")))
    driver.set_page_load_timeout(60)
    driver.set_script_timeout(60)
    browser = Browser(driver, downloads)
    browser.size(*WIDE)
    try:
        yield browser
    finally:
        driver.quit()
