"""Figures of the full counts: each slow test keeps its own section of docs/FIGURES.md, with the commit that it measured."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "FIGURES.md"


def record(heading: str, text: str, path: Path = FIGURES) -> None:
    """Put `text` under "## heading (commit ...)", in place of what stood there, or at the end."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "kdtcn", "kg", "configs"], cwd=ROOT).returncode
    section = f"## {heading} (commit {commit or 'unknown'}{' with changes' if changed else ''})\n\n{text.strip()}\n"
    old = path.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)} \(.*?(?=^## |\Z)", old, re.MULTILINE | re.DOTALL)
    if found is None:
        path.write_text(f"{old.rstrip()}\n\n{section}", encoding="utf-8")
        return
    rest = old[found.end() :]
    path.write_text(old[: found.start()] + section + ("\n" if rest else "") + rest, encoding="utf-8")


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
