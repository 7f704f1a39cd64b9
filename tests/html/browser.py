"""Opens the pages of a folder in chromium without a window, uses them, and leaves screenshots and PDFs beside them.

browser.py FOLDER, with sample.html, hostile.html and large.html in it. Chromium is driven through the pipe of its DevTools protocol
(https://chromedevtools.github.io/devtools-protocol/), so nothing but Python and chromium is needed.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# A busy machine may be slow; nothing here takes that long.
PATIENCE = 120


class Browser:
    """One chromium with one page."""

    def __init__(self, profile):
        self.numbers = 0
        self.events = []
        self.buffer = b""
        to_chromium, self.outgoing = os.pipe()
        self.incoming, from_chromium = os.pipe()

        def wire():
            # Above 3 and 4 first, so that neither overwrites the other.
            reading, writing = os.dup(to_chromium), os.dup(from_chromium)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
                   "--no-first-run", "--disable-extensions", "--disable-background-networking", f"--user-data-dir={profile}"]
        self.process = subprocess.Popen(["chromium", *options, "about:blank"], close_fds=False, preexec_fn=wire,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_chromium)
        os.close(from_chromium)
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def end(self):
        """Ends chromium."""
        self.session = None
        self.ask("Browser.close")
        self.process.wait(PATIENCE)

    def read(self):
        """The next message of chromium."""
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self.buffer:
            assert time.monotonic() < deadline, "chromium says nothing"
            self.buffer += os.read(self.incoming, 1 << 20)
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **parameters):
        """The answer to a command; events that come in between are kept."""
        self.numbers += 1
        message = {"id": self.numbers, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.outgoing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.numbers:
                assert "error" not in answer, (method, answer)
                return answer["result"]
            self.events.append(answer)

    def open(self, page):
        """Opens a page; the seconds that it took."""
        started = time.monotonic()
        self.events.clear()
        self.ask("Page.navigate", url=page.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.read())
        self.run("document.body.offsetHeight")
        return time.monotonic() - started

    def run(self, expression):
        """The value of an expression in the page."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, (expression, answer)
        return answer["result"].get("value")

    def look(self, width, height=900, scheme="light"):
        """Sets the size of the window and the colours that are preferred."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path):
        """A picture of the window."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def click(self, selector):
        """Clicks the middle of the first element that the selector finds."""
        place = self.run(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "center", inline: "center"}});
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def key(self, key):
        """Presses a key."""
        codes = {"Escape": 27, "ArrowRight": 39, "ArrowDown": 40, "Enter": 13, "Tab": 9}
        text = {"text": "\r"} if key == "Enter" else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=codes[key], **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=codes[key])

    def complaints(self):
        """What chromium complained about, and what the page asked for beside itself."""
        found = []
        for event in self.events:
            method, parameters = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(parameters["exceptionDetails"]["text"])
            elif method == "Runtime.consoleAPICalled":
                found.append(parameters["type"])
            elif method == "Log.entryAdded":
                found.append(parameters["entry"]["text"])
            elif method == "Network.requestWillBeSent" and not parameters["request"]["url"].startswith("file:"):
                found.append(parameters["request"]["url"])
            elif method == "Page.javascriptDialogOpening":
                found.append("a dialog of a script")
        return found


VISIBLE_ROWS = 'Array.from(document.querySelectorAll("#grid tbody tr")).filter((row) => row.offsetParent).length'
VISIBLE_COLUMNS = 'Array.from(document.querySelectorAll("#grid thead th")).filter((head) => head.offsetParent).length - 1'


def write(browser, field, text):
    """Types into a field of the filter."""
    browser.run(f'document.getElementById("{field}").select()')
    browser.ask("Input.insertText", text=text)


def use(browser, page, folder, fails):
    """Uses a page as people do; `fails` is a word of an image that does not pass everywhere."""
    name = page.stem
    took = browser.open(page)
    rows, columns = browser.run(VISIBLE_ROWS), browser.run(VISIBLE_COLUMNS)
    print(f"{name}: {page.stat().st_size} bytes, {rows} images on {columns} hosts, shown in {took:.1f} s")
    assert rows and columns and took < 30
    for scheme in ("light", "dark"):
        for width in (400, 800, 1400):
            browser.look(width, scheme=scheme)
            browser.picture(folder / f"{name}-{scheme}-{width}.png")
            wider = browser.run("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, f"{name} at {width} is {wider} pixels too wide"
    light, dark = (colour(browser, scheme) for scheme in ("light", "dark"))
    assert light != dark, "dark mode changes nothing"
    browser.look(1400)

    # The filter: a part of a name, then another host, then everything again.
    write(browser, "image", fails)
    shown = browser.run(VISIBLE_ROWS)
    assert 0 < shown < rows or rows == 1, f"{fails} leaves {shown} of {rows}"
    assert browser.run('document.getElementById("status").textContent').startswith(f"{shown} of {rows} images")
    browser.picture(folder / f"{name}-filtered.png")
    write(browser, "host", browser.run('document.querySelectorAll("#grid thead th")[1].textContent'))
    assert browser.run(VISIBLE_COLUMNS) < columns or columns == 1
    write(browser, "image", "nothing has this name")
    assert browser.run(VISIBLE_ROWS) == 0
    browser.click("#filter button")
    browser.run("new Promise((done) => setTimeout(done, 50))")
    assert (browser.run(VISIBLE_ROWS), browser.run(VISIBLE_COLUMNS)) == (rows, columns)
    browser.click("#filter input[value=pass]")
    browser.click("#filter input[value=hyperv]")
    assert browser.run('document.querySelectorAll("#grid tbody tr:not([hidden]):not([data-s~=fail],[data-s~=flag],[data-s~=open])").length') == 0
    browser.click("#filter button")
    browser.run("new Promise((done) => setTimeout(done, 50))")

    # A cell that does not pass, by the mouse; then its neighbour by the keyboard.
    browser.click("#grid td.fail a, #grid td.flag a, #grid td.open a")
    assert browser.run('document.getElementById("dialog").open')
    text = browser.run('document.getElementById("dialog").innerText')
    assert " on " in text and ("What to do" in text or "error" in text), text
    browser.picture(folder / f"{name}-cell.png")
    browser.look(400, scheme="dark")
    browser.picture(folder / f"{name}-cell-dark-400.png")
    browser.look(1400)
    browser.key("Escape")
    assert not browser.run('document.getElementById("dialog").open')
    browser.run('document.querySelector("#grid tbody a").focus()')
    if columns > 1:
        # In a scan's page a cell is empty where the image does not land on the host.
        after = browser.run("""(() => {
            const cell = document.activeElement.closest("td");
            const next = [...cell.parentElement.cells].find((other) => other.cellIndex > cell.cellIndex && other.querySelector("a"));
            return (next || cell).cellIndex;
        })()""")
        browser.key("ArrowRight")
        assert browser.run("document.activeElement.closest('td').cellIndex") == after
    browser.key("Enter")
    assert browser.run('document.getElementById("dialog").open')
    browser.click("#close")
    assert not browser.run('document.getElementById("dialog").open')

    # As it is printed. A thousand images are hundreds of sheets.
    if rows > 100:
        assert browser.complaints() == [], browser.complaints()
        return
    browser.ask("Emulation.setEmulatedMedia", media="print")
    browser.picture(folder / f"{name}-print.png")
    pdf = base64.b64decode(browser.ask("Page.printToPDF", printBackground=True, landscape=True)["data"])
    assert pdf.startswith(b"%PDF") and len(pdf) > 5000
    (folder / f"{name}.pdf").write_bytes(pdf)

    assert browser.complaints() == [], browser.complaints()


def colour(browser, scheme):
    """The colour of the page's ground."""
    browser.look(1400, scheme=scheme)
    return browser.run("getComputedStyle(document.body).backgroundColor")


def read_without_scripts(browser, page, folder):
    """Everything is there without scripts, and a cell leads to its findings."""
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page)
    assert browser.run('document.getElementById("filter").offsetParent === null'), "no filter without scripts"
    browser.click("#grid td.hyperv a, #grid td.pass a")
    browser.run("document.body.offsetHeight")
    target = browser.run("document.querySelector(':target').id")
    assert browser.run(f"document.getElementById('{target}').closest('details').open"), "a folded image opens"
    browser.picture(folder / f"{page.stem}-no-scripts.png")
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)


def main():
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            browser.look(1400)
            for name, fails in (("sample", "1809"), ("hostile", "mark"), ("large", "app:7")):
                use(browser, folder / f"{name}.html", folder, fails)
            read_without_scripts(browser, folder / "sample.html", folder)
        finally:
            browser.end()
    print("all is well; look at the pictures in", folder)


main()
