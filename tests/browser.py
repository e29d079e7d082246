"""A headless Chromium that tests drive over two pipes: no port, no driver, no package but Debian's browser.

Chromium speaks the DevTools protocol over file descriptors 3 and 4 with ``--remote-debugging-pipe``: JSON, each message
ended by a NUL. Selenium would bring a dozen packages, of which these tests need this much.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "there is no Chromium here (Debian: apt-get install chromium)"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe", "about:blank",
)  # fmt: skip


class Page:
    """One tab. ``requests`` has the address of everything that it asked for; ``errors`` what its console said."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._rest = b""
        self._number = 0
        self._session = ""
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._loaded = 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result; what happens meanwhile is noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _message(self) -> Any:
        pieces = [self._rest]
        while b"\0" not in pieces[-1]:
            piece = os.read(self._from, 1 << 20)
            assert piece, "the browser has ended"
            pieces.append(piece)
        data, _, self._rest = b"".join(pieces).partition(b"\0")
        message = json.loads(data)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, given: Any) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Log.entryAdded" and given["entry"]["level"] == "error":
            self.errors.append(given["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(given["exceptionDetails"]))
        elif method == "Page.loadEventFired":
            self._loaded += 1

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a file, and wait until it is there."""
        before = self._loaded
        self.call("Page.navigate", url=path.as_uri() + fragment)
        while self._loaded == before:
            self._message()

    def run(self, script: str) -> Any:
        """Return the value of an expression; it runs even where the page's own scripts may not."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def key(self, key: str, code: int, text: str = "") -> None:
        """Press a key and let it go."""
        given = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **given)
        self.call("Input.dispatchKeyEvent", type="keyUp", **given)

    def tab(self) -> None:
        """Press the tabulator."""
        self.key("Tab", 9)

    def enter(self) -> None:
        """Press the enter key."""
        self.key("Enter", 13, "\r")

    def write(self, text: str) -> None:
        """Type a text where the focus is."""
        self.call("Input.insertText", text=text)

    def media(self, medium: str = "", scheme: str = "light") -> None:
        """Show the page as on paper (``print``), or in the dark."""
        self.call(
            "Emulation.setEmulatedMedia", media=medium, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    def size(self, width: int, height: int = 900) -> None:
        """Give the window a size in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    def scripts(self, *, allowed: bool) -> None:
        """Let the page's own scripts run, or not, from the next load on."""
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def leave(self) -> None:
        """End the browser."""
        self._session = ""
        with contextlib.suppress(AssertionError, OSError):
            self.call("Browser.close")

    def printed(self) -> bytes:
        """Return the page as a PDF."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])


@contextlib.contextmanager
def browser() -> Iterator[Page]:
    """Start Chromium with a profile of its own, and end it and its children."""
    import fcntl

    assert PROGRAM is not None, MISSING
    read_here, write_there = os.pipe()
    read_there, write_here = os.pipe()

    def ends_in_place() -> None:
        # Moved up first: either may be the number that the other has to get.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read_there, write_there)]
        os.dup2(ends[0], 3)
        os.dup2(ends[1], 4)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [PROGRAM, f"--user-data-dir={profile}", *_FLAGS],
            pass_fds=(3, 4),
            preexec_fn=ends_in_place,  # noqa: PLW1509 - one thread, and no other way to give a child its 3 and 4
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_there)
        os.close(write_there)
        try:
            page = Page(write_here, read_here)
            yield page
            page.leave()
        finally:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(read_here)
            os.close(write_here)
