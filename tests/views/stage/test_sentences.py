"""The sentences of the stage agree exactly with the trace."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.traces import RIVAL, SUMMARY, make_trace

from seq2seq.trace import DecodingTrace, Reading
from seq2seq.views import matrix
from seq2seq.views.stage import sentences
from seq2seq.views.stage.sentences import TextSpan, plain, probability, start_sentence, step_sentence

TRANSFORMER = Reading(("self-attention",), ("parallel",), averaged=True, looks_back=True)


def directions(*names: str) -> Reading:
    return Reading(names, names)


def read_by(reading: Reading, attention: bool = True, context: bool = False) -> DecodingTrace:
    """Return a trace of a model with this `reading`. Without attention and context vector the decoder only gets the last
    encoder state."""
    trace = make_trace(attention)
    source = tuple(replace(position, states=(SUMMARY,) * len(reading.names)) for position in trace.source)
    return replace(trace, reading=reading, source=source, context=SUMMARY if context else None)


def said(trace: DecodingTrace, index: int = 1) -> str:
    return plain(step_sentence(trace, index))


def test_greedy_step_sentence_names_attention_choice_and_rival():
    assert said(make_trace()) == (
        "Step 2: having written “le”, the decoder looks mostly at “um” of “umbrella” (60%) "
        "and chooses “para” (0.80) over “un” (0.10)."
    )


def test_first_step_sentence_says_that_nothing_is_written():
    assert said(make_trace(), 0).startswith("Step 1: having written nothing yet, the decoder looks mostly at “the” (70%)")


def test_spread_attention_names_the_two_largest_weights():
    assert "spreads its attention, most on “·brella” of “umbrella” (40%) and “um” of “umbrella” (30%), and" in said(
        make_trace(), 2
    )


def test_weight_on_the_end_mark_is_called_rest():
    sentence = said(make_trace(), 3)
    assert "the decoder rests (80% on no word), because nothing is left to read, and" in sentence
    assert "chooses the end of the sentence (0.80)" in sentence


@pytest.mark.parametrize("primed", [True, False])
def test_only_a_decoder_that_starts_from_the_source_knows_how_the_translation_begins(primed):
    trace = make_trace()
    first = replace(trace.steps[0], attention=(0.1, 0.1, 0.0, 0.8))
    rests = replace(trace, steps=(first, *trace.steps[1:]), reading=replace(trace.reading, primed=primed))
    assert "rests (80% on no word)" in said(rests, 0)
    assert ("its first state is made from the whole sentence" in said(rests, 0)) == primed


def test_punctuation_is_quoted_without_its_word():
    trace = make_trace()
    stop = replace(trace, source=(*trace.source[:2], replace(trace.source[2], piece="."), trace.source[3]))
    assert "most on “.” (40%) and “um” of “um.” (30%)" in said(stop, 2)


def test_bare_word_start_is_called_a_space():
    assert "chooses a space (0.80) over" in said(make_trace(piece="▁"))


def test_sentence_without_attention_names_the_fixed_context_vector():
    trace = make_trace(attention=False)
    assert "reads the same fixed context vector as at every step and chooses “para”" in said(trace)
    assert "one fixed context vector" in plain(start_sentence(trace))
    assert "context" not in plain(start_sentence(make_trace()))


def test_sentence_without_context_names_only_the_decoder_state():
    trace = read_by(directions("backward"), attention=False)
    start = plain(start_sentence(trace))
    assert "The decoder starts from the encoder's last state and gets nothing else from the source." in start
    assert said(trace).startswith("Step 2: having written “le”, the decoder has only its own state and chooses “para”")
    assert "context" not in start + said(trace) and matrix.of_trace(trace) is None


@pytest.mark.parametrize(
    ("reading", "how"),
    [
        (directions("forward", "backward"), "the 4 source pieces in both directions: one state per piece and direction."),
        (directions("forward"), "the 4 source pieces from first to last: one state per piece."),
        (directions("backward"), "the 4 source pieces from last to first: one state per piece."),
        (TRANSFORMER, "all 4 source pieces at once (self-attention): one state per piece."),
    ],
)
def test_start_sentence_describes_the_encoder_order(reading, how):
    assert plain(start_sentence(read_by(reading))) == f"The encoder has read {how} Nothing is written yet."


def test_start_sentence_of_one_direction_names_the_context_vector():
    start = plain(start_sentence(read_by(directions("forward"), attention=False, context=True)))
    assert "from first to last: one state per piece, all compressed into one fixed context vector." in start


def test_transformer_attention_is_called_mean_over_heads():
    trace = read_by(TRANSFORMER)
    assert "looks mostly at “um” of “umbrella” (60%, mean over heads) and" in said(trace)
    assert "and “um” of “umbrella” (30%, mean over heads), and" in said(trace, 2)


def test_sentences_fit_every_architecture(translator):
    trace = translator.translate("the old man")
    start, *steps = (plain(TextSpan(**span) for span in sentence) for sentence in sentences.view(trace))
    assert ("at once" in start) == (trace.reading.order == ("parallel",)) and ("both directions" in start) == (
        len(trace.reading.order) == 2
    )
    has_attention = translator.info.has_attention
    for sentence in steps:
        assert any(words in sentence for words in ("attention", "looks mostly", "on no word")) == has_attention
        assert ("context vector" in sentence) == (trace.context is not None)
        assert ("only its own state" in sentence) == (not has_attention and trace.context is None)


def test_forced_piece_is_never_called_chosen():
    forced = {
        "token": 99,
        "piece": RIVAL,
        "log_prob": math.log(0.1),
        "rank": 2,
        "forced": True,
    }
    sentence = said(make_trace(**forced))
    assert sentence.endswith("and would choose “para” (0.80); instead it is forced to write “un” (0.10, rank 2).")
    agreed = said(make_trace(forced=True))
    assert agreed.endswith("; “para” (0.80) is forced, and is also the model's first choice.")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "beam",
            "the beam keeps “un” (0.10, rank 2), although “para” (0.80) is more probable here",
        ),
        ("sample", "draws “un” (0.10, rank 2); the most probable was “para” (0.80)."),
    ],
)
def test_choice_that_is_not_the_most_probable_gets_a_reason(name, expected):
    assert expected in said(make_trace(name=name, token=99, piece=RIVAL, log_prob=math.log(0.1), rank=2))


def test_blocked_first_choice_gets_its_reason():
    trace = make_trace(token=99, piece=RIVAL, log_prob=math.log(0.1), rank=2)
    first, step, *others = trace.steps
    before = replace(first, piece=step.candidates[0].piece.upper())  # capitals do not matter
    sentence = said(replace(trace, steps=(before, step, *others), strategy={"name": "greedy", "no_repeat": 1}))
    assert "the search writes “un” (0.10, rank 2), because “para” (0.80) would repeat a phrase." in sentence


def test_length_limit_is_mentioned():
    trace = make_trace()
    cut = replace(trace, steps=trace.steps[:2], finished=False)
    assert said(cut).endswith("The length limit stops the decoder here, before the end of the sentence.")


def test_long_text_so_far_loses_its_beginning():
    trace = make_trace()
    long = replace(
        trace,
        steps=(replace(trace.steps[0], piece="▁" + "a" * 80 + "z"), *trace.steps[1:]),
    )
    quoted = re.search("“(.*?)”", said(long))
    assert quoted and quoted[1].startswith("…") and quoted[1].endswith("az") and len(quoted[1]) <= 41


@given(st.floats(-1000, 0))
def test_probability_is_never_a_false_zero_or_one(log_prob):
    text = probability(log_prob)
    assert text not in {"0.00", "1.00"} and ("0." in text)


def test_view_has_a_start_sentence_and_one_per_step():
    trace = make_trace()
    assert len(sentences.view(trace)) == len(trace.steps) + 1
