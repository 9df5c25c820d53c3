"""A section of figures is made once and then replaced, whatever stands around it."""

from pathlib import Path

from tests.figures import record, table


def test_a_section_is_appended_then_replaced(tmp_path: Path) -> None:
    path = tmp_path / "FIGURES.md"
    path.write_text("# Figures\n\n## One (commit abc)\n\nold\n\n## Two (commit abc)\n\nkept\n")
    record("Three", table(["a", "b"], [["1", "2"]]), path)
    record("One", "new", path)
    record("Three", "newer", path)
    text = path.read_text()
    parts = [part.partition("\n")[2].strip() for part in text.split("## ")[1:]]
    assert parts == ["new", "kept", "newer"]
    assert text.startswith("# Figures\n\n## One (commit ")
    assert text.endswith("\n")
    assert "\n\n\n" not in text
