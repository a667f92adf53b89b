"""Writes the generated pages: ``python -m tests.docs``."""

from __future__ import annotations

from pathlib import Path

from .pages import pages

DOCS = Path(__file__).parents[2] / "docs"

if __name__ == "__main__":
    texts = pages()
    for page in DOCS.glob("tables/*.md"):
        if str(page.relative_to(DOCS)) not in texts:
            page.unlink()
    for path, text in texts.items():
        (DOCS / path).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / path).write_text(text, encoding="utf-8", newline="\n")
    print(f"Wrote {len(texts)} pages to {DOCS.name}/.")
