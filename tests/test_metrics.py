import pytest

from seq2seq.metrics import quality

SOURCES = ["where is the key", "we see two small red boats on the old river"]
REFERENCES = [["où est la clé", "la clé est où"], ["nous voyons deux petits bateaux rouges sur la vieille rivière"]]


def test_any_of_the_references_counts() -> None:
    perfect = quality(SOURCES, [REFERENCES[0][1], REFERENCES[1][0]], REFERENCES)
    assert perfect.bleu == pytest.approx(100) and perfect.chrf == pytest.approx(100)
    assert perfect.sentences == 2 and perfect.references == 3
    first_only = quality(SOURCES, [REFERENCES[0][1], REFERENCES[1][0]], [[REFERENCES[0][0]], REFERENCES[1]])
    assert first_only.bleu < 99


def test_the_signature_and_every_length_are_given() -> None:
    result = quality(SOURCES, ["où est", "nous voyons"], REFERENCES)
    assert "tok:13a" in result.bleu_signature and "nrefs:var" in result.bleu_signature
    assert [(part.low, part.high, part.sentences) for part in result.by_length] == [(1, 4, 1), (8, 10, 1)]
    assert sum(part.sentences for part in result.by_length) == result.sentences


def test_a_source_of_several_rows_counts_once_or_once_a_row() -> None:
    hypotheses = [REFERENCES[0][0], "nous voyons deux bateaux"]
    both = quality(SOURCES, hypotheses, REFERENCES, rows=[0, 0, 0, 1])
    assert (both.sentences, both.rows) == (2, 4)
    assert both.bleu == quality(SOURCES, hypotheses, REFERENCES).bleu
    assert both.bleu_by_row > both.bleu and both.chrf_by_row > both.chrf  # the perfect translation weighs three times


def test_languages_without_spaces_are_cut_into_words_of_their_own() -> None:
    source, wanted, close = ["She hung it upside down."], [["她把画挂反了。"]], ["他把画挂反了。"]
    assert "tok:zh" in quality(source, close, wanted, language="Chinese").bleu_signature
    # One character of seven is wrong: cut like English the sentence is a single word, and wrong as a whole.
    assert quality(source, close, wanted, language="Chinese").bleu > 50 > quality(source, close, wanted).bleu
