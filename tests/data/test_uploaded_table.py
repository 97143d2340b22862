import csv
import io
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.data import swapped_sides, uploaded_table
from seq2seq.data.corpora import Corpus, Pair
from seq2seq.data.swapped_sides import swapped
from seq2seq.data.tables.layout import DELIMITERS, Layout
from seq2seq.data.uploaded_table import MAX_BYTES, MAX_PAIRS, MIN_PAIRS, Table, columns, guess, read, split, write
from seq2seq.sources.normalise import normalise

SUBJECTS = {"the girl": "la fille", "my uncle": "mon oncle", "the baker": "le boulanger", "our teacher": "notre maîtresse"}
VERBS = {"sees": "voit", "buys": "achète", "hides": "cache", "paints": "peint", "sells": "vend", "forgets": "oublie"}
OBJECTS = {"a white horse": "un cheval blanc", "the bread": "le pain", "two chairs": "deux chaises", "the key": "la clé"}
WHENS = {"today": "aujourd'hui", "in the garden": "dans le jardin", "at night": "la nuit", "with joy": "avec joie"}
PAIRS = [
    (" ".join(word for word, _ in words).capitalize() + ".", " ".join(word for _, word in words).capitalize() + ".")
    for words in itertools.product(*(words.items() for words in (SUBJECTS, VERBS, OBJECTS, WHENS)))
]
random.Random(1).shuffle(PAIRS)
FEW = PAIRS[:60]
TAB = Layout("utf-8", "\t", False, 0, 1)
COMMA = Layout("utf-8", ",", False, 0, 1)


def lines(pairs: list[Pair], delimiter: str = "\t") -> str:
    return "".join(f"{source}{delimiter}{target}\n" for source, target in pairs)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def put(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def counts(table: Table) -> dict[str, int]:
    return {finding.kind: finding.count for finding in table.findings}


# --- guessing the layout ---


@pytest.mark.parametrize("delimiter", DELIMITERS.values(), ids=DELIMITERS)
@pytest.mark.parametrize(
    ("encoding", "mark", "guessed"),
    [
        ("utf-8", "", "utf-8"),
        ("utf-8", "\ufeff", "utf-8"),
        ("utf-16-le", "\ufeff", "utf-16"),
        ("utf-16-be", "\ufeff", "utf-16"),
        ("utf-16-le", "", "utf-16-le"),
        ("utf-16-be", "", "utf-16-be"),
        ("cp1252", "", "cp1252"),
    ],
)
def test_guess_finds_encoding_and_delimiter(file: Path, delimiter: str, encoding: str, mark: str, guessed: str) -> None:
    put(file, (mark + lines(FEW, delimiter)).encode(encoding))
    assert guess(file) == Layout(guessed, delimiter, False, 0, 1)
    assert read(file, guess(file)).pairs == FEW


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_all_systems_are_read(file: Path, end: str) -> None:
    put(file, lines(FEW).replace("\n", end))
    assert read(file, guess(file)).pairs == FEW


@pytest.mark.parametrize(
    "header",
    ["English\tFrench", "source\ttarget", "EN\tfr", "src\ttgt", "Question\tAnswer", "sentence_en\tsentence_fr", "left\tright"],
)
def test_guess_finds_a_header_that_names_the_columns(file: Path, header: str) -> None:
    put(file, header + "\n" + lines(FEW))
    assert guess(file) == Layout("utf-8", "\t", True, 0, 1)
    table = read(file, guess(file))
    assert table.columns == tuple(header.split("\t"))
    assert table.pairs == FEW and table.preview == [list(pair) for pair in FEW[:6]]


def test_columns_returns_names_for_any_layout(file: Path) -> None:
    put(file, '"left, then",,right,more\n' + "a,b,c\n" * 20)
    assert columns(file, Layout("utf-8", ",", True, 7, 7)) == ("left, then", "column 2", "right")
    assert columns(file, Layout("utf-8", ",", False, 7, 7)) == ("column 1", "column 2", "column 3")
    assert columns(file, Layout("utf-8", "\t", True, 0, 1)) == ('"left, then",,right,more',)
    put(file, "only,\n" + "a,b,c\n" * 20)
    assert columns(file, Layout("utf-8", ",", True, 0, 1)) == ("only", "column 2", "column 3")


def test_guess_takes_an_unclear_first_row_as_a_pair(file: Path) -> None:
    words = [(f"noun{chr(97 + i // 26)}{chr(97 + i % 26)}", f"nom{chr(97 + i // 26)}{chr(97 + i % 26)}") for i in range(60)]
    for pairs in (FEW, words, [("Hello", "Bonjour"), *words]):
        put(file, lines(pairs))
        assert not guess(file).header
        assert read(file, guess(file)).columns == ("column 1", "column 2")


def test_guess_uses_source_and_target_of_the_header(file: Path) -> None:
    put(file, "target\tsource\n" + lines(FEW))
    layout = guess(file)
    assert (layout.source, layout.target) == (1, 0)
    assert read(file, layout).pairs == [(b, a) for a, b in FEW]


@pytest.mark.parametrize(
    ("row", "source", "target"),
    [
        ("{a}\tCC-BY 2.0 (France) Attribution: example.org #{n} (somebody) & #7{n} (another)\t{b}", 0, 2),
        ("{n}\t{a}\t{b}", 1, 2),
        ("part{n}-a\t{a}\t0.{n}\t{b}", 1, 3),
        ("{a}\thttps://example.org/{n}\t{b}\t{n}", 0, 2),
        ("animals\t{a}\t{b}", 1, 2),
    ],
    ids=["attribution", "number", "id", "address", "label"],
)
def test_guess_finds_the_two_columns_of_sentences(file: Path, row: str, source: int, target: int) -> None:
    put(file, "".join(row.format(a=a, b=b, n=1000 + n) + "\n" for n, (a, b) in enumerate(FEW)))
    assert guess(file) == Layout("utf-8", "\t", False, source, target)
    assert read(file, guess(file)).pairs == FEW


# --- quotation marks ---


def as_csv(rows: list[Pair], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("delimiter", DELIMITERS.values(), ids=DELIMITERS)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_quoted_cells_may_contain_delimiters_line_ends_and_quotes(file: Path, delimiter: str, quoting: int) -> None:
    hard = [(f"Tea{delimiter} please,\nhe said{n}", f'"Du thé{delimiter}{n}" | ; dit-il') for n in range(3)]
    put(file, as_csv(FEW + hard, delimiter, quoting))
    table = read(file, Layout("utf-8", delimiter, False, 0, 1))
    assert table.pairs == [(normalise(a), normalise(b)) for a, b in FEW + hard]
    assert guess(file) == Layout("utf-8", delimiter, False, 0, 1)


@pytest.mark.parametrize(
    "rows",
    [
        ['He said "hi" to us', 'Il dit "salut"'],
        ['"Hi," she said', '"Salut", dit-elle'],
        ['"Hello there!"', '"Bonjour !"'],
        ['"', "x"],
        ['It is 5" wide', "x"],
        ['"Stop', "x", "y", 'Go"'],
        ["x", '"Stop', 'Go"', "y"],
    ],
)
def test_stray_quotes_in_a_tab_separated_file_are_text(file: Path, rows: list[str]) -> None:
    stray = list(zip(rows[::2], rows[1::2], strict=True))
    pairs = [*FEW[:30], stray[0], *FEW[30:], *stray[1:]]
    put(file, lines(pairs))
    table = read(file, TAB)
    assert table.pairs == pairs and counts(table)["rows"] == len(pairs)


@pytest.mark.parametrize("closing", ["", '"Yes","Oui"\n', '"No, no","Non"\n"Yes, yes","Oui"\n'])
def test_unclosed_quote_is_reported_with_its_line(file: Path, closing: str) -> None:
    put(file, lines(FEW, ",") + '"Stop!,Arrêtez !\n' + lines(PAIRS[60:90], ",") + closing)
    with pytest.raises(ValueError, match="quotation marks of the row at line 61 do not match"):
        read(file, COMMA)


cell = st.text(st.sampled_from('ab"",;\n\r\t =é\u2028'), max_size=8)


@given(rows=st.lists(st.tuples(cell, cell), max_size=8), delimiter=st.sampled_from([",", ";", "|"]))
@example(rows=[('"', '""'), ("\n\n", ""), ("", "")], delimiter=",")
def test_read_restores_the_rows_of_a_csv_writer(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Pair], delimiter: str
) -> None:
    file = put(tmp_path_factory.getbasetemp() / "written.csv", as_csv([*FEW, *rows], delimiter))
    expected = dict.fromkeys((normalise(a), normalise(b)) for a, b in [*FEW, *rows])
    assert read(file, Layout("utf-8", delimiter, False, 0, 1)).pairs == [pair for pair in expected if all(pair)]


# --- refused files ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "this is a PNG image"),
        (b"PK\x03\x04\x14\0", "this archive is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"PAR1abc", "a Parquet file, not a table of text: .* save it as CSV, TSV or .xlsx first"),
        (b"<!DOCTYPE html><table></table>", "a web page"),
    ],
)
def test_file_that_is_not_a_text_table_is_refused(file: Path, content: bytes, message: str) -> None:
    put(file, content)
    for use in (guess, lambda path: read(path, TAB)):
        with pytest.raises(ValueError, match=message):
            use(file)


def test_file_over_the_size_limit_is_refused_unread(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(file, lines(FEW))
    with open(file, "r+b") as opened:
        opened.truncate(4 * MAX_BYTES)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    for use in (guess, lambda path: read(path, TAB)):
        with pytest.raises(ValueError, match=f"200,000,000 bytes; at most {MAX_BYTES:,}"):
            use(file)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        guess(tmp_path / "none")
    with pytest.raises(ValueError, match="not a regular file"):
        guess(tmp_path)


def test_file_over_the_row_limit_is_refused(file: Path) -> None:
    put(file, "a\tb\n" * (MAX_PAIRS + 1))
    with pytest.raises(ValueError, match=f"more than {MAX_PAIRS:,} rows"):
        read(file, TAB)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_line_in_another_encoding_is_reported(file: Path, encoding: str) -> None:
    rows = [pair for pair in PAIRS if "é" in pair[1]][:60]
    content = lines(rows[:41]).encode() + "Broken\tCassé\n".encode(encoding) + lines(rows[41:]).encode()
    put(file, content)
    assert guess(file) == TAB  # so that the page can show how the file is read, and where that fails
    with pytest.raises(ValueError, match=r"line 42 is not UTF-8 text: .*mixes two"):
        read(file, guess(file))


@pytest.mark.parametrize(
    ("encoding", "words"), [("shift_jis", "私は庭で馬を見る。表示ソース"), ("gb18030", "我在花园里看见一匹马。饿了，丂")]
)
def test_guess_finds_east_asian_encodings(file: Path, encoding: str, words: str) -> None:
    pairs = [(f"Sentence {n}.", f"{n}{words}") for n in range(60)]
    put(file, lines(pairs).encode(encoding))
    assert guess(file) == Layout(encoding, "\t", False, 0, 1)
    assert read(file, guess(file)).pairs == pairs


def test_read_uses_the_chosen_encoding(file: Path) -> None:
    pairs = [(f"Word number {n}.", f"Слово номер {n}.") for n in range(60)]
    put(file, lines(pairs).encode("cp1251"))
    assert read(file, Layout("cp1251", "\t", False, 0, 1)).pairs == pairs


def test_columns_must_exist_and_differ(file: Path) -> None:
    put(file, lines(FEW))
    with pytest.raises(ValueError, match="with the pipe as delimiter the file has one column"):
        read(file, Layout("utf-8", "|", False, 0, 1))
    with pytest.raises(ValueError, match="there is no column 3: with the tab as delimiter the file has 2"):
        read(file, Layout("utf-8", "\t", False, 0, 2))
    with pytest.raises(ValueError, match="there is no column 0"):
        read(file, Layout("utf-8", "\t", False, -1, 0))
    with pytest.raises(ValueError, match="the same column"):
        read(file, Layout("utf-8", "\t", False, 1, 1))
    put(file, "\n".join(source.replace(" ", "") for source, _ in FEW))
    with pytest.raises(ValueError, match="one column"):
        read(file, guess(file))
    put(file, ("x\t" * 1000 + "\n") * 60)
    with pytest.raises(ValueError, match="1,001 columns; at most 100"):
        read(file, TAB)


def test_layout_refuses_unknown_encoding_and_delimiter() -> None:
    with pytest.raises(ValueError, match="unknown encoding 'rot13': choose one of utf-8,"):
        Layout("rot13", ",", False, 0, 1)
    with pytest.raises(ValueError, match="unknown delimiter '::': choose one of tab,"):
        Layout("utf-8", "::", False, 0, 1)


def test_too_few_pairs_are_refused_with_reasons(file: Path) -> None:
    put(file, "English\tFrench\n")
    with pytest.raises(ValueError, match="only 0 of 0 rows can be used"):
        read(file, guess(file))
    put(file, lines(FEW[: MIN_PAIRS - 1] + FEW[:2]) + "Empty.\t\nOne cell.\n")
    with pytest.raises(
        ValueError, match=r"only 49 of 53 rows can be used, .* 1 row has too few cells.* 1 row has an empty.* 2 rows repeat"
    ):
        read(file, TAB)
    put(file, lines(FEW[:MIN_PAIRS]))
    assert len(read(file, TAB).pairs) == MIN_PAIRS


# --- findings ---


def test_findings_count_the_rows_that_are_left_out(file: Path) -> None:
    long = "x" * 1001
    bad = f"\tvide\nempty\t \nempty\t\u200b\n{long}\tlong\n{long[1:]}\tjuste\none\na\tb\tc\n\n\t\n"
    put(file, lines(FEW) + bad + lines(FEW[:5]))
    table = read(file, TAB)
    assert table.pairs == [*FEW, (long[1:], "juste"), ("a", "b")]
    assert counts(table) == {"rows": 73, "malformed": 1, "empty": 4, "long": 1, "duplicate": 5, "extra": 1}
    texts = {finding.kind: finding.text for finding in table.findings}
    assert texts["rows"] == "73 rows were read; 62 pairs can be used."
    assert texts["malformed"] == "1 row has too few cells, and is left out (line 66)."
    assert texts["extra"] == "1 row has more cells than most; the cells at its end are not used (line 67)."
    assert texts["long"] == "1 row has a side of more than 1,000 characters, and is left out."
    assert texts["empty"] == "4 rows have an empty side, and are left out."


def test_file_without_problems_has_one_finding(file: Path) -> None:
    put(file, lines(PAIRS))
    assert counts(read(file, TAB)) == {"rows": len(PAIRS)}


def test_equal_sides_and_several_targets_are_counted_and_kept(file: Path) -> None:
    more = [("Taxi!", "Taxi!"), (FEW[0][0], "Autre."), (FEW[0][0], "Encore."), (FEW[1][0], "Autre.")]
    put(file, lines(FEW + more))
    table = read(file, TAB)
    assert table.pairs == FEW + more
    assert counts(table) == {"rows": 64, "same": 1, "several": 2}


def test_formulas_markup_and_null_words_stay_text(file: Path) -> None:
    odd = [
        ("=1+2", "+cmd|' /C calc'!A0"),
        ('=HYPERLINK("http://example.org")', "@SUM(A1:A9)"),
        ("NA", "null"),
        ("None", "NaN"),
        ("001", "1e5"),
        ("True", "<script>alert(1)</script>"),
        ("= equal", "- dash"),
    ]
    put(file, lines(FEW + odd))
    table = read(file, TAB)
    assert table.pairs == FEW + odd
    assert counts(table) == {"rows": 67, "formula": 2}


def test_pairs_are_normalised_but_the_preview_is_not(file: Path) -> None:
    put(file, f"I’m  \u202ehere\x07\t{'é' * 121}\n" + lines(FEW))
    table = read(file, TAB)
    assert table.pairs[0] == ("I'm here", "é" * 121)
    assert table.preview[0] == ["I’m  \u202ehere\x07", "é" * 120 + "…"]
    assert len(table.preview) == 6


def test_swapped_finds_exactly_the_swapped_pairs(file: Path) -> None:
    wrong = {7, 100, 101, 311}
    mixed = [pair[::-1] if i in wrong else pair for i, pair in enumerate(PAIRS)]
    assert set(swapped(mixed)) == wrong
    assert swapped(PAIRS) == []
    assert swapped(mixed[:199]) == []  # too few pairs
    put(file, lines(mixed))
    finding = read(file, TAB).findings[-1]
    assert (finding.kind, finding.count) == ("swapped", 4)
    assert finding.text.endswith(f"The first is: {PAIRS[7][1]} / {PAIRS[7][0]}")


def test_swapped_ignores_names_and_loan_words_on_both_sides() -> None:
    both = [("Yokohama, Ouagadougou.", "Yokohama, Ouagadougou !"), ("La clé, le pain, la nuit.", "La clé, le pain, la nuit !")]
    assert swapped([*PAIRS, *both]) == []


def test_swapped_works_for_scripts_with_many_characters() -> None:
    draw, han = random.Random(3), [chr(code) for code in range(0x4E00, 0x9000)]
    pairs = [(source, "".join(draw.choices(han, k=12))) for source, _ in PAIRS[:250]]
    assert swapped([pair[::-1] if i in (5, 99) else pair for i, pair in enumerate(pairs)]) == [5, 99]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.45, 0.5, 0.6, 0.9])
def test_swapped_finds_any_share_of_exchanged_pairs(share: float, file: Path) -> None:
    draw = random.Random(int(100 * share))
    turned = [draw.random() < share for _ in PAIRS]
    mixed = [pair[::-1] if turn else pair for pair, turn in zip(PAIRS, turned, strict=True)]
    few = sum(turned) <= len(PAIRS) / 2  # the pairs of the smaller direction are reported
    expected = [row for row, turn in enumerate(turned) if turn == few]
    assert swapped(mixed) == expected
    put(file, lines(mixed))
    assert counts(read(file, TAB))["swapped"] == len(expected)


def test_swapped_judges_all_rows_of_a_file_larger_than_its_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swapped_sides, "_ROWS_AT_ONCE", 90)
    mixed = [pair[::-1] if row % 2 else pair for row, pair in enumerate(PAIRS)]
    assert swapped(mixed[:-1]) == list(range(1, len(PAIRS) - 1, 2))


def test_swapped_finds_nothing_with_one_language_in_both_columns() -> None:
    english = [source for source, _ in PAIRS]
    shuffled = random.Random(2).sample(english, len(english))
    assert swapped(list(zip(english, shuffled, strict=True))) == []


def test_swapped_ignores_a_few_typical_rows_of_one_language() -> None:
    english = [source for source, _ in PAIRS]
    verbs = itertools.cycle(["sing", "run", "read", "swim", "knit"])
    talk = list(zip(english, random.Random(2).sample(english, len(english)), strict=True))
    for row in range(0, len(talk), 10):
        verb = next(verbs)
        talk[row] = (f"Why would anybody {verb}?", f"Because it is lovely to {verb}.")
    for row in (10, 20):
        talk[row] = talk[row][::-1]
    assert swapped(talk) == []


def test_swapped_gives_the_same_result_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = [pair[::-1] if i in (3, 250) else pair for i, pair in enumerate(PAIRS)]
    monkeypatch.setattr(swapped_sides, "_ROWS_AT_ONCE", 100)
    assert swapped(mixed) == [3, 250]


# --- training and validation ---

side = st.integers(0, 400).map("s{}".format)


@given(
    pairs=st.lists(st.tuples(side, side), min_size=50, max_size=300, unique=True), seed=st.integers(0, 5), order=st.randoms()
)
def test_split_parts_share_no_sentence(pairs: list[Pair], seed: int, order: random.Random) -> None:
    try:
        train, valid = split(pairs, seed)
    except ValueError:
        valid = []
    if valid:
        assert sorted(train + valid) == sorted(pairs)
        assert 10 <= len(valid) <= max(10, round(0.05 * len(pairs)))
        for column in (0, 1):
            assert not {pair[column] for pair in train} & {pair[column] for pair in valid}
        kept = set(valid)
        assert valid == [pair for pair in pairs if pair in kept] and train == [pair for pair in pairs if pair not in kept]
    shuffled = order.sample(pairs, len(pairs))
    try:
        again = set(split(shuffled, seed)[1])
    except ValueError:
        again = set()
    assert again == set(valid)


def test_split_holds_out_one_pair_in_twenty_within_limits() -> None:
    def held_out(count: int) -> int:
        return len(split([(f"a{n}", f"b{n}") for n in range(count)])[1])

    assert [held_out(count) for count in (50, 200, 1000, 30_000)] == [10, 10, 50, 1000]


def test_split_depends_on_the_seed() -> None:
    assert split(PAIRS, 1) == split(PAIRS, 1)
    assert set(split(PAIRS, 1)[1]) != set(split(PAIRS, 2)[1])


def test_split_keeps_linked_sentences_together() -> None:
    chain = [("s1", "t1"), ("s1", "t2"), ("s2", "t2"), ("s2", "t3")]
    apart = [(f"a{n}", f"b{n}") for n in range(100)]
    sides = {seed: set(chain) & set(split(apart + chain, seed)[1]) for seed in range(40)}
    assert {len(part) for part in sides.values()} == {0, 4}


def test_split_refuses_two_answers_for_all_questions() -> None:
    with pytest.raises(ValueError, match="too many share a source or a target"):
        split([(f"Question {n}?", "Yes." if n % 2 else "No.") for n in range(100)])


@given(
    texts=st.lists(
        st.tuples(*[st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\"'\t\r\n\x85\u2028=")))] * 2),
        max_size=8,
    )
)
def test_corpus_reads_back_what_write_saved(tmp_path_factory: pytest.TempPathFactory, texts: list[Pair]) -> None:
    folder = tmp_path_factory.getbasetemp() / "kept"
    pairs = list(dict.fromkeys((normalise(a), normalise(b)) for a, b in texts))
    train = [*FEW, *(pair for pair in pairs if all(pair))]
    write(folder, train, PAIRS[60:70])
    assert list(Corpus(folder / "train.tsv", as_is=True)) == train
    assert list(Corpus(folder / "valid.tsv", as_is=True)) == PAIRS[60:70]
    assert sorted(path.name for path in folder.iterdir()) == ["train.tsv", "valid.tsv"]


def test_full_disk_is_explained_and_leaves_no_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, FEW, FEW[:10])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploaded_table.os, "replace", full)
    with pytest.raises(ValueError, match="cannot be saved: the disk of this machine is full: make room"):
        write(tmp_path, FEW[:1], FEW[:1])
    assert list(Corpus(tmp_path / "train.tsv")) == FEW
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train.tsv", "valid.tsv"]
