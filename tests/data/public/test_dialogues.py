"""Dialogues become pairs of a turn and its reply; whole dialogues are held out, always the same ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.shell import run

from seq2seq.data.public import dialogues
from seq2seq.data.public.corpora import rows
from seq2seq.data.public.dialogues import DIALOGUES, split, tidy, turn_pairs

LINES = [f"Is {name} here ? __eou__ No , he isn ’ t . __eou__ Thank you ." for name in ("Ann", "Bob", "Cleo", "Dan", "Eve")]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("I ’ d like that , thanks .", "I'd like that, thanks."),
        ("It's $ 4.25 ( by the glass ) .", "It's $4.25 (by the glass)."),
        ("It's no use complaining.If we had money !", "It's no use complaining. If we had money!"),
        ("It ' s over there .", "It's over there."),
        ("Mr . Wu ’ s watch", "Mr. Wu's watch"),
    ],
)
def test_a_turn_gets_the_spaces_of_ordinary_text(written: str, read: str) -> None:
    assert tidy(written) == read


def test_each_turn_has_the_next_one_as_its_reply_and_labels_are_left_out() -> None:
    remote = DIALOGUES["dialogue-en"].files[0]
    text = "Hi . __eou__ Hello . __eou__ Bye . __eou__\t1\t2 1 1\nAlone . __eou__\t1\n"
    assert list(rows(remote, text.encode())) == [("Hi .", "Hello ."), ("Hello .", "Bye .")]
    with pytest.raises(ValueError, match=r"xdailydialog-dev-en\.txt contains no dialogue"):
        list(rows(remote, b"Alone .\n"))
    assert turn_pairs([("a", "b", "c"), ("a", "b"), ("d", "")]) == [("a", "b"), ("b", "c")]


def test_the_same_dialogues_are_held_out_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogues, "HELD_OUT", 3)
    some = [(str(n), "reply") for n in range(20)]
    train, held = split([*some, some[4]])
    assert len(held) == 3 and len(train) == 17 and not set(train) & set(held)
    assert split(some[::-1])[1] == held


def test_fetch_writes_pairs_of_different_dialogues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dialogues, "HELD_OUT", 2)
    monkeypatch.setenv("SEQ2SEQ_CORPORA", str(tmp_path))
    for remote, lines in zip(DIALOGUES["dialogue-en"].files, (LINES[:3], LINES[3:]), strict=True):
        (tmp_path / remote.file).write_text("\n".join(lines), encoding="utf-8")
    said = run(capsys, "fetch", "dialogue-en", "--out", str(tmp_path / "out"))
    train, valid = ((tmp_path / "out" / name).read_text(encoding="utf-8").splitlines() for name in ("train.tsv", "valid.tsv"))
    assert "3 dialogues to train on, 2 held out" in said and "CC BY-NC-SA 4.0" in said
    assert len(train) == 3 and len(valid) == 3 and not set(train) & set(valid)  # the common second pair is held out
    assert "No, he isn't.\tThank you." in valid
