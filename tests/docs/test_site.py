"""The documentation as a site: it builds strictly, loads nothing from elsewhere, and shows what the pages say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from docs.documents import ROOT

pytest.importorskip("properdocs", reason="the extra docs is not installed")
pytest.importorskip("mkdocstrings_handlers.python", reason="the extra docs is not installed")


class Page(HTMLParser):
    """loaded: addresses that a browser fetches for the page; text: its prose, without code; ids: its anchors"""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.ids: set[str] = set()
        self.text = ""
        self._code = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids.add(given.get("id"))
        self._code += tag in ("code", "pre", "script", "style")
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            self.loaded.append(given["href"])
        self.loaded += [given[name] for name in ("src", "srcset", "data", "poster") if given.get(name)]

    def handle_endtag(self, tag):
        self._code -= tag in ("code", "pre", "script", "style")

    def handle_data(self, data):
        self.text += "…" if self._code else data


def build(folder, site):
    """Build a folder's documents as `make docs` does."""
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    given = re.search(r"^\t\$\(BIN\)/properdocs (build .*) \$\(ARGS\)$", make, re.MULTILINE)[1].split()
    words = [sys.executable, "-m", "properdocs", *given, "--site-dir", str(site)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def pages(site):
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def test_nothing_comes_from_elsewhere(site):
    for path, page in pages(site).items():
        if path.name != "404.html":  # which any address may show
            assert not [address for address in page.loaded if re.match(r"(?:[a-z]+:)?//|/", address)], path
    for path in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", path.read_text(encoding="utf-8")), path


def test_every_document_is_a_page_and_reads_as_it_does_on_a_code_host(site):
    names = {path.parent.relative_to(site).as_posix() for path in pages(site)}
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} | {"contributing", "changelog", "."} <= names
    for path, page in pages(site).items():
        assert "](" not in page.text, f"{path}: a link that is none"
        assert "```" not in page.text, f"{path}: a fence that is none"
        assert not re.search(r"^(?:[-*]|1\.) ", page.text, re.MULTILINE), f"{path}: a list that is none"
        assert not re.search(r"^\|", page.text, re.MULTILINE), f"{path}: a table that is none"


def test_the_readmes_pictures_and_links_hold_in_the_site(site):
    start = (site / "index.html").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for picture in re.findall(r"!\[[^\]]*\]\(docs/([^)]+)\)", readme):
        assert f'src="{picture}"' in start
        assert (site / picture).is_file()
    for name in re.findall(r"\]\(docs/([a-z-]+)\.md\)", readme):
        assert f'href="{name}/"' in start


BROKEN = {
    "[lost](lost.md)": "'lost.md', but the target is not found",
    "[lost](neat.md#lost)": "'neat.md#lost', but the doc 'neat.md' does not contain an anchor '#lost'",
    "[lost](../lost.py)": "'../lost.py', but the target is not found",
}


def test_what_is_broken_ends_the_build(tmp_path):
    """A copy without words, but for a page with all that can be broken, and one that is not in the navigation."""
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        (tmp_path / name).write_text("# A page\n", encoding="utf-8")
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("*.md"))
    for path in (ROOT / "docs").glob("*.md"):
        (tmp_path / "docs" / path.name).write_text("# A page\n", encoding="utf-8")
    (tmp_path / "docs" / "drift.md").write_text("# A page\n\n" + "\n".join(BROKEN), encoding="utf-8")
    (tmp_path / "docs" / "stray.md").write_text("# A page\n", encoding="utf-8")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    for message in (*BROKEN.values(), 'not included in the "nav" configuration:\n  - stray.md'):
        assert message in done.stderr
