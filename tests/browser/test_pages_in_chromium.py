"""The pages in a real browser, on a real server."""

import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "server"))

from running import Server, start  # noqa: E402

pytestmark = pytest.mark.browser
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def server(real_home: Path) -> Iterator[Server]:
    running = start(real_home)
    yield running
    assert running.stop() == 0
    running.process.communicate()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chromium, driver = which("chromium"), which("chromedriver")
    if not chromium or not driver:
        pytest.skip("chromium and chromium-driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    started.implicitly_wait(10)
    yield started
    started.quit()


def follow(browser: webdriver.Chrome, by: str, what: str) -> None:
    """Click what leads to another page, and wait until the old page is gone."""
    old = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(by, what).click()
    # The driver may find the old page half gone, and says so in words of its own.
    WebDriverWait(browser, 15, ignored_exceptions=[WebDriverException]).until(staleness_of(old))


def text_of(browser: webdriver.Chrome, selector: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, selector).text


def test_a_newcomer_sees_that_better_outcomes_are_only_partly_borne_out(
    browser: webdriver.Chrome, server: Server
) -> None:
    browser.get(f"{server.url}/drug/trabectedin")
    assert browser.current_url.endswith("/drug/trabectedin.html")
    claim = text_of(browser, "#seed-sc25")
    assert "Trabectedin improves outcomes over dacarbazine" in claim and "imprecise" in claim
    assert "PFS hazard ratio 0.55" in claim and "supports" in claim
    assert "OS hazard ratio 0.87" in claim and "0.644 to 1.181" in claim and "primary endpoint not met" in claim
    follow(browser, By.PARTIAL_LINK_TEXT, "OS hazard ratio 0.87")
    assert "/result/et743-sar-3007-o016" in browser.current_url


def test_the_first_example_is_asked_from_the_home_page(browser: webdriver.Chrome, server: Server) -> None:
    browser.get(server.url)
    follow(browser, By.PARTIAL_LINK_TEXT, "contradicted by evidence")
    follow(browser, By.CSS_SELECTOR, "main form button")
    answer = text_of(browser, "main")
    assert "FDA approved two drugs for advanced STS in 2015" in answer and "Pazopanib increases OS" in answer


def test_a_wrong_query_is_answered_in_prose_beside_the_query(browser: webdriver.Chrome, server: Server) -> None:
    browser.get(f"{server.url}/sparql")
    box = browser.find_element(By.NAME, "query")
    box.clear()
    box.send_keys("SELECT * WHERE { ?s ?p }")
    follow(browser, By.CSS_SELECTOR, "main form button")
    assert "line 1" in text_of(browser, "main")
    assert browser.find_element(By.NAME, "query").get_attribute("value") == "SELECT * WHERE { ?s ?p }"


@pytest.mark.parametrize("width", [360, 800, 1280])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/drug/trabectedin",
        "/drug/doxorubicin",
        "/disease/gist",
        "/disease/soft-tissue-sarcoma",
        "/claim/seed-sc40",
        "/trial/et743-sar-3007",
        "/disagreement/study-309-os-median",
        "/approval/tazemetostat-fda-a015",
        "/application/bezuclastinib-fda-a026",
        "/agency/fda",
        "/approval/",
        "/trial/",
        "/result/",
        "/source/seed-page",
        "/nothing",
    ],
)
def test_no_page_is_wider_than_its_window(browser: webdriver.Chrome, server: Server, path: str, width: int) -> None:
    browser.set_window_size(width, 900)
    browser.get(server.url + path)
    inner, document = browser.execute_script("return [window.innerWidth, document.documentElement.scrollWidth]")
    assert document <= inner


@pytest.mark.parametrize(
    "path",
    ["/trial/study-309", "/drug/doxorubicin", "/drug/pazopanib", "/disease/leiomyosarcoma", "/publication/demetri2016"],
)
def test_the_table_of_results_is_read_without_scrolling_sideways(
    browser: webdriver.Chrome, server: Server, path: str
) -> None:
    browser.set_window_size(1280, 900)
    browser.get(server.url + path)
    script = "const e = document.querySelector('#results .scroll'); return [e.clientWidth, e.scrollWidth]"
    shown, whole = browser.execute_script(script)
    assert whole <= shown
    headings = [each.text for each in browser.find_elements(By.CSS_SELECTOR, "#results thead th")]
    assert {"endpoint", "value", "p"} <= set(headings)


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_a_value_stands_with_its_interval_at_every_width(browser: webdriver.Chrome, server: Server, width: int) -> None:
    browser.set_window_size(width, 900)
    browser.get(f"{server.url}/trial/study-309")
    cells = [each for each in browser.find_elements(By.CSS_SELECTOR, "#results td.value") if "11.1" in each.text]
    assert " ".join(cells[0].text.split()).startswith("13.5 months (95 % CI 11.1 to 16.5) eribulin")
    assert cells[0].is_displayed() and cells[0].rect["x"] + cells[0].rect["width"] <= width


def test_the_options_of_a_disease_say_what_is_in_force_and_what_is_only_applied_for(
    browser: webdriver.Chrome, server: Server
) -> None:
    browser.get(f"{server.url}/disease/epithelioid-sarcoma")
    named = text_of(browser, "#approvals-named-in-the-indication")
    assert (
        "tazemetostat" in named and "withdrawn 2026-06-22" in named and "in force" not in named.split("confidence")[1]
    )
    browser.get(f"{server.url}/disease/gist")
    assert "They are not approvals." in text_of(browser, "#applications")


def test_no_page_breaks_the_security_policy_or_asks_a_third_party(browser: webdriver.Chrome, server: Server) -> None:
    browser.get_log("browser")
    for path in ("/", "/drug/trabectedin", "/sparql?query=ASK%7B%7D", "/claim/seed-sc14", "/disease/liposarcoma"):
        browser.get(server.url + path)
        asked = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
        assert all(name.startswith(server.url) for name in asked)
    assert [entry["message"] for entry in browser.get_log("browser")] == []
