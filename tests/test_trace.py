import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.small import make_checkpoint, make_model, small_config

from seq2seq.decoding.strategies import Beam, Greedy, Sample
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer
from seq2seq.trace import DecodingTrace

STRATEGIES = [Greedy(), Beam(3), Sample(seed=1)]


@pytest.fixture(scope="module", params=["additive", "none"])
def translator(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Translator:
    return Translator(make_checkpoint(make_model(small_config(attention=request.param)), tokenizer))


@given(
    text=st.text(st.sampled_from("abcdefgh ,.'▁éà"), min_size=1, max_size=30).filter(lambda t: any(map(str.isalpha, t))),
    strategy=st.sampled_from(STRATEGIES),
)
def test_a_trace_is_consistent_and_survives_json(translator: Translator, text: str, strategy: object) -> None:
    try:
        trace = translator.translate(text, strategy)
    except ValueError as error:
        assert "never occurred in training" in str(error)
        return
    assert DecodingTrace.from_json(trace.to_json()) == trace
    total = 0.0
    for position, step in enumerate(trace.steps):
        total += step.log_prob
        assert step.position == position and step.log_prob <= 1e-6 and step.entropy >= 0 and step.rank >= 1
        assert step.total == pytest.approx(total, abs=1e-3)
        probabilities = [c.log_prob for c in step.candidates]
        assert probabilities == sorted(probabilities, reverse=True) and len(step.candidates) == 5
        if step.rank <= 5 and step.log_prob < 0:
            assert any(c.token == step.token and c.log_prob == pytest.approx(step.log_prob, abs=1e-5) for c in step.candidates)
        assert (step.attention is not None) == translator.info.has_attention
        if step.attention is not None:
            assert len(step.attention) == len(trace.source) and sum(step.attention) == pytest.approx(1, abs=1e-4)
    assert trace.log_prob == pytest.approx(total, abs=1e-3)
    assert (trace.context is None) == translator.info.has_attention
    assert trace.finished == (trace.steps[-1].piece == "</s>")
    assert [s.word for s in trace.steps] == sorted(s.word for s in trace.steps)


def test_equal_traces_share_an_id_and_different_ones_do_not(translator: Translator) -> None:
    first, again = translator.translate("the key"), translator.translate("the key")
    assert first.id == again.id != translator.translate("the cat").id


def _changed(trace: DecodingTrace, change: object) -> str:
    data = trace.to_dict()
    change(data)  # type: ignore[operator]
    return json.dumps(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(schema="seq2seq-unrolled/trace/0"),
        lambda d: d.pop("steps"),
        lambda d: d.update(wings=2),
        lambda d: d.update(source_text=5),
        lambda d: d.update(log_prob=math.nan),
        lambda d: d.update(log_prob="1"),
        lambda d: d.update(log_prob=10**400),
        lambda d: d.update(finished="no"),
        lambda d: d["strategy"].update(size=math.nan),
        lambda d: d.update(steps=[5]),
        lambda d: d.update(steps=[{}]),
        lambda d: d["steps"][0].update(token=True),
        lambda d: d["steps"][0].update(attention=[0.5]),
        lambda d: d["steps"][0].update(attention=[math.inf] * len(d["source"])),
        lambda d: d["source"][0].update(piece="\ud800"),
        lambda d: d["steps"][0].update(log_prob=True),
        lambda d: d.update(strategy=[1]),
        lambda d: d.update(reading={}),
        lambda d: d["reading"].update(order=["sideways"]),
        lambda d: d["reading"].update(names=[]),
        lambda d: d["reading"].update(averaged="yes"),
        lambda d: d["reading"].update(wings=2),
    ],
)
def test_modified_trace_is_refused(translator: Translator, change: object) -> None:
    text = _changed(translator.translate("the key"), change)
    with pytest.raises(ValueError, match=r"trace|attention|reading"):
        DecodingTrace.from_json(text)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "{", "[" * 100_000, '"' + "x" * 100])
def test_invalid_trace_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="trace"):
        DecodingTrace.from_json(text)


@pytest.mark.parametrize("lanes", [["forward", "backward"], ["backward"], ["together"]])
def test_a_trace_of_schema_2_is_read(small: Translator, lanes: list[str]) -> None:
    """Schema 2 called the encoder's directions `lanes`, and the reading of a Transformer "together"."""
    trace = small.translate("the key")
    data = trace.to_dict()
    old = json.loads(json.dumps({**data, "schema": "seq2seq-unrolled/trace/2", "lanes": lanes}))
    del old["reading"]
    for position in old["source"]:
        position["states"] = position["states"][:1] * len(lanes)
    read = DecodingTrace.from_json(json.dumps(old))
    assert read.steps == trace.steps
    assert read.reading.order == (("parallel",) if lanes == ["together"] else tuple(lanes))
    assert read.reading.averaged == read.reading.looks_back == (lanes == ["together"])
