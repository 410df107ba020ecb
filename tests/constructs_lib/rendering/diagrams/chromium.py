"""A headless Chromium that opens one page and tells what became of it."""

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PROGRAM = next((found for name in NAMES if (found := shutil.which(name))), None)
MISSING = f"none of {', '.join(NAMES)} is on PATH"
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    # the page is asked when this much of its own time has passed, however long that takes
    "--virtual-time-budget=3000",
)
DARK = "--blink-settings=preferredColorScheme=0"
LIGHT = "--blink-settings=preferredColorScheme=1"


class _Result(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = dict(attrs).get("id") == "result"

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        self.text += data if self.inside else ""


def opened(page: Path, profile: Path, *flags: str, fragment: str = "") -> str:
    """The page's elements after it has been opened, as markup.

    Args:
        page: the file.
        profile: a folder for the browser, which is not there yet.
        flags: more of the browser's.
        fragment: of the address, such as ``#step-1``.
    """
    assert PROGRAM is not None
    done = subprocess.run(
        [PROGRAM, *_FLAGS, *flags, f"--user-data-dir={profile}", "--dump-dom", f"{page.as_uri()}{fragment}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def asked(text: str, question: str, folder: Path, *flags: str, fragment: str = "") -> str:
    """What a script answers that is put into the page in the place of its policy; it calls ``answer(value)``."""
    folder.mkdir()
    before, policy, after = text.partition('<meta http-equiv="Content-Security-Policy"')
    assert policy
    script = f"""<pre id="result"></pre><script>
        const answer = value => {{ document.getElementById("result").textContent = JSON.stringify(value) }};
        window.addEventListener("load", () => {{ {question} }});
    </script></body>"""
    page = folder / "page.html"
    page.write_text((before + after.partition(">")[2]).replace("</body>", script))
    result = _Result()
    result.feed(opened(page, folder / "profile", *flags, fragment=fragment))
    return result.text
