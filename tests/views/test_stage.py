"""Views: sentences, labels and figures agree exactly with the trace."""

from __future__ import annotations

import itertools
import json
import math
import re
import subprocess
import sys
from dataclasses import replace

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.sources.pieces import END, spell
from seq2seq.sources.words import merge_words
from seq2seq.trace import Candidate, DecodingStep, DecodingTrace, Hypothesis, Reading, SourcePosition
from seq2seq.views import payload
from seq2seq.views.pieces import label, visible, words
from seq2seq.views.stage import heatmap, sentences
from seq2seq.views.stage.fork import compare
from seq2seq.views.stage.sentences import TextSpan, plain, probability, start_sentence, step_sentence

SOURCE = [("▁the", 0), ("▁um", 1), ("brella", 1), (END, 2)]
TARGET = [("▁le", 0), ("▁para", 1), ("pluie", 1), (END, 2)]
RIVAL = "▁un"
SUMMARY = (0.1,) * 8


def make_step(t: int, weights: list[float] | None, **changes) -> DecodingStep:
    piece, word = TARGET[t]
    candidates = (
        Candidate(10 + t, piece, math.log(0.8)),
        Candidate(99, RIVAL, math.log(0.1)),
    )
    step = DecodingStep(
        position=t,
        token=10 + t,
        piece=piece,
        word=word,
        log_prob=math.log(0.8),
        total=(t + 1) * math.log(0.8),
        rank=1,
        forced=False,
        parent=0,
        entropy=0.9,
        candidates=candidates,
        attention=None if weights is None else tuple(weights),
        state=SUMMARY,
    )
    return replace(step, **changes)


def make_trace(attention: bool = True, name: str = "greedy", **changes_of_second_step) -> DecodingTrace:
    rows = [
        [0.7, 0.1, 0.1, 0.1],
        [0.1, 0.6, 0.2, 0.1],
        [0.1, 0.3, 0.4, 0.2],
        [0.05, 0.05, 0.1, 0.8],
    ]
    steps = [make_step(t, rows[t] if attention else None) for t in range(len(TARGET))]
    steps[1] = replace(steps[1], **changes_of_second_step)
    return DecodingTrace(
        model="test",
        architecture="gru",
        source_text="the umbrella",
        reading=Reading(("forward", "backward"), ("forward", "backward")),
        source=tuple(SourcePosition(i, piece, word, (SUMMARY, SUMMARY)) for i, (piece, word) in enumerate(SOURCE)),
        context=None if attention else SUMMARY,
        strategy={"name": name},
        steps=tuple(steps),
        text="le parapluie",
        log_prob=4 * math.log(0.8),
        score=4 * math.log(0.8),
        finished=True,
        hypotheses=(Hypothesis("le parapluie", -1.0, -1.0, True),),
    )


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


# --- sentences -------------------------------------------------------------------------------------------------------


def test_greedy_step_sentence_names_attention_choice_and_rival():
    assert said(make_trace()) == (
        "Step 2: having written “le”, the decoder looks mostly at “um” of “umbrella” (60%) "
        "and chooses “para” (0.80) over “un” (0.10)."
    )


def test_first_step_sentence_says_that_nothing_is_written():
    assert said(make_trace(), 0).startswith("Step 1: having written nothing yet, the decoder looks mostly at “the” (70%)")


def test_spread_attention_names_the_two_largest_weights():
    assert "spreads its attention, most on “brella” of “umbrella” (40%) and “um” of “umbrella” (30%), and" in said(
        make_trace(), 2
    )


def test_end_mark_is_called_the_end():
    sentence = said(make_trace(), 3)
    assert "the end mark of the source (80%)" in sentence and "chooses the end of the sentence (0.80)" in sentence


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
    assert "context" not in start + said(trace) and heatmap.view(trace) is None


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
    for unit in ("pieces", "words"):
        title, plainly = (
            heatmap.view(t)[unit]["figure"]["data"][0]["colorbar"]["title"]["text"] for t in (trace, make_trace())
        )
        assert (title, plainly) == ("attention weight, mean over heads", "attention weight")


def test_sentences_fit_every_architecture(translator):
    trace = translator.translate("the old man")
    start, *steps = (plain(TextSpan(**span) for span in sentence) for sentence in sentences.view(trace))
    assert ("at once" in start) == (trace.reading.order == ("parallel",)) and ("both directions" in start) == (
        len(trace.reading.order) == 2
    )
    has_attention = translator.info.has_attention
    for sentence in steps:
        assert ("attention" in sentence or "looks mostly" in sentence) == has_attention
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


# --- pieces ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("piece", "text", "kind"),
    [
        ("▁chat", "chat", "text"),
        ("s", "s", "text"),
        ("▁", "␣", "space"),
        ("<0x1F>", "byte 1F", "byte"),
        (END, "end", "end"),
        ("<unk>", "unknown", "unknown"),
        ("▁a\u202eb", "a[U+202E]b", "text"),
    ],
)
def test_label_has_text_and_kind(piece, text, kind):
    assert (label(piece).text, label(piece).kind) == (text, kind)


@given(st.text())
def test_label_is_visible_and_on_one_line(piece):
    text = label(piece).text
    assert text.strip() and text.isprintable()


def test_byte_pieces_are_spelled_as_characters():
    assert spell(["▁", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "▁ok", END]) == "😀 ok"


def test_words_group_neighbouring_pieces():
    assert words(make_trace().source) == [
        ("the", [0]),
        ("umbrella", [1, 2]),
        ("end", [3]),
    ]


@given(st.text())
def test_visible_text_is_printable(text):
    assert visible(text).isprintable()


# --- heatmap ---------------------------------------------------------------------------------------------------------


def grouped(count):
    """Return a strategy for splits of 0..count-1 into adjacent groups."""

    def split(cuts):
        edges = [0, *sorted(cuts), count]
        return [list(range(a, b)) for a, b in itertools.pairwise(edges)]

    inner = st.sets(st.integers(1, count - 1)) if count > 1 else st.just(set())
    return inner.map(split)


@st.composite
def attention(draw):
    """Draw row-stochastic weights and splits of rows and columns into adjacent groups."""
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    raw = [[draw(st.floats(0.01, 1)) for _ in range(columns)] for _ in range(rows)]
    return (
        [[w / sum(row) for w in row] for row in raw],
        draw(grouped(rows)),
        draw(grouped(columns)),
    )


@given(attention())
def test_merged_rows_still_sum_to_one_and_stay_within_bounds(case):
    weights, rows, columns = case
    merged = merge_words(weights, rows, columns)
    assert len(merged) == len(rows) and all(len(row) == len(columns) for row in merged)
    for row in merged:
        assert math.isclose(sum(row), 1, abs_tol=1e-9)
        assert all(0 <= w <= 1 + 1e-9 for w in row)


def test_merging_sums_over_source_pieces_and_averages_over_target_pieces():
    view = heatmap.view(make_trace())
    z = view["words"]["figure"]["data"][0]["z"]
    assert z == [
        pytest.approx([0.7, 0.2, 0.1]),
        pytest.approx([0.1, 0.75, 0.15]),
        pytest.approx([0.05, 0.15, 0.8]),
    ]
    assert view["words"]["rows"] == [[0], [1, 2], [3]] and view["words"]["columns"] == [
        [0],
        [1, 2],
        [3],
    ]


def test_heatmap_has_a_fixed_scale_and_keeps_duplicate_pieces():
    trace = make_trace()
    twice = replace(
        trace,
        source=(
            trace.source[0],
            replace(trace.source[1], piece="▁the"),
            *trace.source[2:],
        ),
    )
    figure = heatmap.view(twice)["pieces"]["figure"]
    assert (figure["data"][0]["zmin"], figure["data"][0]["zmax"]) == (0, 1)
    axis = figure["layout"]["xaxis"]
    assert axis["ticktext"][:2] == ["the", "the"] and axis["tickvals"] == [0, 1, 2, 3]


def test_heatmap_figures_are_valid_for_plotly():
    for unit in ("pieces", "words"):
        drawn = heatmap.view(make_trace())[unit]["figure"]
        assert json.loads(go.Figure(drawn).to_json())["data"] == json.loads(
            json.dumps(drawn["data"])
        )  # go.Figure raises for invalid data


def test_heatmap_labels_are_escaped_for_plotly():
    trace = make_trace()
    hostile = "▁<img/src=x>&amp;"
    figure = heatmap.view(replace(trace, source=(replace(trace.source[0], piece=hostile), *trace.source[1:])))
    assert figure["pieces"]["figure"]["layout"]["xaxis"]["ticktext"][0] == "&lt;img/src=x&gt;&amp;amp;"


def test_heatmap_is_none_without_attention():
    assert heatmap.view(make_trace(attention=False)) is None


# --- fork and payload ------------------------------------------------------------------------------------------------


def test_a_fork_shares_the_pieces_before_the_first_difference():
    original, fork = (
        make_trace(),
        make_trace(token=99, piece=RIVAL, forced=True, rank=2),
    )
    found = compare(original, fork)
    assert found["shared"] == 1
    assert found["original"]["log_prob"] == original.log_prob
    assert [piece["text"] for piece in found["original"]["labels"]] == [
        "le",
        "para",
        "pluie",
        "end",
    ]
    assert compare(original, original)["shared"] == len(original.steps)


@pytest.mark.parametrize("attention", [True, False])
def test_payload_is_json_with_the_whole_trace(attention):
    trace = make_trace(attention)
    data = json.loads(payload(trace, serial=7))
    assert data["id"] == trace.id and data["serial"] == 7 and set(data["views"]) == {"pieces", "sentences", "heatmap"}
    assert DecodingTrace.from_json(json.dumps(data["trace"])) == trace


@pytest.mark.parametrize("name", ["pieces", "sentences", "heatmap"])
@pytest.mark.parametrize("attention", [True, False])
def test_every_view_is_plain_json(name, attention):
    view = json.loads(payload(make_trace(attention)))["views"][name]
    assert json.loads(json.dumps(view, allow_nan=False)) == view


def test_views_need_neither_the_page_nor_a_model():
    loaded = "import seq2seq.views, sys; print(sorted({'gradio', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout.strip() == "[]"
