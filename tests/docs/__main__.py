"""Writes the generated pages, the views' SQL, the terminal's picture: ``python -m tests.docs``.

With ``overview``, the picture of that page is taken instead, by Chromium or Google Chrome.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .pages import pages
from .pictures import folder, write_overview, write_terminal
from .questions import PAGES, fill, load
from .views import write_snapshots

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    texts = pages()
    for page in DOCS.glob("tables/*.md"):
        if str(page.relative_to(DOCS)) not in texts:
            page.unlink()
    for path, text in texts.items():
        (DOCS / path).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / path).write_text(text, encoding="utf-8", newline="\n")
    write_snapshots()
    with folder():
        load()
        for page in PAGES:
            fill(page)
    write_terminal(DOCS / "sync.svg")
    print(f"Wrote {len(texts)} pages and a picture to {DOCS.name}/.")


if __name__ == "__main__":
    if sys.argv[1:] == ["overview"]:
        write_overview(DOCS / "overview.png")
    else:
        main()
