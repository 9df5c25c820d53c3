"""Frames: every one can be written in every dress, and says in the text what its tuples say."""

import numpy as np
import pytest

from kdtcn.demo.headlines import HARMLESS, Frame, frames, render
from kdtcn.errors import InputError

NAMES = {
    slot: (f"kd:{slot}", name)
    for slot, name in zip(
        "XABPQTCDGK", ["Xanadu", "Aa Land", "Beland", "Pia Po", "Qi Qu", "Teville", "Ceco", "Deco", "Gorg", "Kabank"], strict=True
    )
}
BY_NAME = {frame.name: frame for frame in frames()}


def write(frame: Frame, seed: int):
    return render(frame, {slot: NAMES[slot] for slot in frame.entities}, np.random.default_rng(seed))


def test_there_are_sixty_frames_and_more_in_several_styles():
    assert len(frames()) == len(BY_NAME) >= 60
    assert len({frame.style for frame in frames()}) >= 6
    assert all(sum(frame.use == use for frame in frames()) >= 6 for use in {frame.use for frame in frames()} - {HARMLESS})


@pytest.mark.parametrize("frame", frames(), ids=lambda frame: frame.name)
def test_tuples_are_words_of_the_headline(frame):
    for seed in range(12):
        headline = write(frame, seed)
        said = headline.text.casefold()
        assert "{" not in said
        assert "[" not in said
        assert headline.text[0] == headline.text[0].upper()
        for event in headline.tuples:
            assert event.subject
            assert event.predicate
            for slot in (event.subject, event.predicate, event.object):
                assert slot.casefold() in said
            for slot, entities in ((event.subject, event.subject_entities), (event.object, event.object_entities)):
                for entity in entities:
                    assert headline.names[entity].casefold() in slot.casefold()


@pytest.mark.parametrize("frame", [frame for frame in frames() if frame.use != HARMLESS], ids=lambda frame: frame.name)
def test_the_actor_of_a_cause_has_one_role_whatever_the_frame(frame):
    """A rule is about who acts (export stop) or who is hit (walkout), however the sentence is turned."""
    (event,) = write(frame, 0).tuples
    where = {"export stop": event.subject_entities, "walkout": event.object_entities}[frame.use]
    assert "kd:X" in where


@pytest.mark.parametrize(
    ("name", "subject", "predicate", "object_", "negated"),
    [
        ("stop-05", "Xanadu", "stopped", "Exports of {} to Beland", False),
        ("walkout-05", "strikers", "closed", "Xanadu", False),
        ("state-30", "Aa Land", "attend", "{}", True),
        ("state-32", "Aa Land", "agrees to share", "flight data with neighbours", False),
    ],
)
def test_passives_negations_and_infinitives(name, subject, predicate, object_, negated):
    (event,) = write(BY_NAME[name], 3).tuples
    assert (event.subject, event.predicate, event.negated) == (subject, predicate, negated)
    before, _, after = object_.partition("{}")
    assert event.object.startswith(before)
    assert event.object.endswith(after)


def test_two_clauses_are_two_tuples():
    first, second = write(BY_NAME["state-36"], 0).tuples
    assert (first.predicate.casefold(), second.subject.casefold(), second.predicate.casefold(), second.object) == (
        "recalls",
        "talks",
        "collapse",
        "",
    )


@pytest.mark.parametrize(("text", "said"), [("[s {A}] sings {tune}", "tune"), ("{A} sings", "marks no tuple")])
def test_a_bad_frame_is_named(text, said):
    with pytest.raises(InputError, match=said):
        write(Frame("bad-01", HARMLESS, "sentence", text), 0)
