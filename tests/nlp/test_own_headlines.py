"""A variant with a user's own headlines: files that are read, headlines that are kept, a pipeline that is built, differs and loads."""

import subprocess
import sys
from pathlib import Path

import pytest
from own_headlines import annotate, read_headlines

from kdtcn.events.extractor import extract, extractor_id
from kdtcn.events.pipeline import SHIPPED, load

NLP = Path(__file__).parents[2] / "nlp"
HEADLINES = [
    "Rebels seize town",
    "Minister resigns over leaked mail",
    "Police arrest three miners",
    "Army shells village",
    "Navy rescues crew",
]
ROW = "{}\t{}\t{}\t{}\t{}\t_\t{}\t{}\t_\t_\n"
SENTENCE = (
    "# newdoc id = weblog-1\n# text = Police arrested miners\n"
    + ROW.format(1, "Police", "police", "NOUN", "NNS", 2, "nsubj")
    + ROW.format(2, "arrested", "arrest", "VERB", "VBD", 0, "root")
    + ROW.format(3, "miners", "miner", "NOUN", "NNS", 2, "obj")
    + "\n"
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "One two three\n\nFour  five six\nOne two three\n"),
        ("a.csv", "Date,News\n2010-01-01,One two three\n2010-01-02,Four five six\n"),
        ("a.jsonl", '{"text": "One two three"}\n{"text": "Four five six"}\n'),
    ],
)
def test_files(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert read_headlines(tmp_path / name) == ["One two three", "Four five six"]


@pytest.mark.parametrize(
    ("name", "content", "said"), [("a.csv", "x,y\n1,2\n", "no column.*x, y"), ("a.txt", "\n", "holds no headlines")]
)
def test_bad_files_are_named(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SystemExit, match=said):
        read_headlines(tmp_path / name)
    with pytest.raises(SystemExit, match="no file"):
        read_headlines(tmp_path / "none.txt")


def test_kept_headlines_are_trees_with_every_layer() -> None:
    kept = annotate(load(), [*HEADLINES, "Hm"])
    assert 1 <= len(kept) <= len(HEADLINES)
    for sentence in kept:
        assert sum(t.head == i for i, t in enumerate(sentence.tokens)) == 1
        assert all(t.dep and t.xpos and t.upos and t.entity != "?" for t in sentence.tokens)


def test_a_variant_is_built_differs_and_loads(tmp_path: Path) -> None:
    treebank, entities, out = tmp_path / "treebank" / "ud_ewt", tmp_path / "ner", tmp_path / "variant"
    treebank.mkdir(parents=True)
    entities.mkdir()
    for part in ("train", "dev", "test"):
        (treebank / f"en_ewt-ud-{part}.conllu").write_text(SENTENCE)
    (entities / "a.conll").write_text("Ann\tB-PER\nleft\tO\nLima\tB-LOC\n\n" * 12)
    (tmp_path / "own.txt").write_text("\n".join(HEADLINES))
    config = (NLP / "config.cfg").read_text().replace("frames = 4500", "frames = 0")
    (tmp_path / "tiny.cfg").write_text(config)
    before = extractor_id(load())
    command = [
        sys.executable,
        NLP / "build.py",
        "--data",
        tmp_path,
        "--config",
        tmp_path / "tiny.cfg",
        "--base",
        SHIPPED,
        "--out",
        out,
    ]
    command += ["--headlines", tmp_path / "own.txt", "--epochs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    variant = load(str(out))
    assert extractor_id(variant) != before == extractor_id(load.__wrapped__())
    assert [e.predicate for e in extract(variant("Rebels seize town"))] == ["seize"]
    assert "own.txt" in (out / "NOTICE").read_text()


def test_headlines_need_a_base(tmp_path: Path) -> None:
    (tmp_path / "treebank" / "ud_ewt").mkdir(parents=True)
    (tmp_path / "treebank" / "ud_ewt" / "en_ewt-ud-train.conllu").write_text(SENTENCE)
    command = [sys.executable, NLP / "build.py", "--data", tmp_path, "--out", tmp_path / "o", "--headlines", tmp_path / "h.txt"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "--base" in done.stderr
