"""A real browser reads the page as it was written, and complains of nothing."""

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from small_runs import start, tiny

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
def test_a_browser_draws_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start(tiny("CartPole"), "run")
    CliRunner().invoke(main, ["report", "run", "--no-film"], catch_exceptions=False)
    page = Path("run/report.html")
    words = (BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}")
    words += ("--enable-logging=stderr", "--v=0", "--window-size=500,900", "--dump-dom", page.resolve().as_uri())
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        pytest.skip(f"Chromium does not start here: {done.stderr[-300:]}")
    assert "CONSOLE" not in done.stderr
    assert done.stdout.count("<section") == page.read_text().count("<section")
