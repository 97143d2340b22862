"""Our own example sentences: each model gets examples of the kind that it was trained on, and our phrasebook if it fits."""

from __future__ import annotations

from functools import cache

from seq2seq.data import phrasebook
from seq2seq.data.synthetic import TASKS
from seq2seq.decoding.model_info import ModelInfo
from seq2seq.sources.languages import code_of

# Subjects, as checkpoints name them.
EVERYDAY, CAPTIONS, LETTERS, NAMES, DIALOGUE = "everyday", "captions", "letters", "names", "dialogue"

EXAMPLES: dict[tuple[str, str], tuple[str, ...]] = {
    ("English", EVERYDAY): (
        "I forgot my umbrella at your house.",
        "Where is the old station?",
        "My brother has never seen the sea.",
        "We were waiting for you in the garden.",
        "The soup is too hot to eat now.",
        "Do you know why he left so early?",
        "There are three apples on the kitchen table.",
        "You should have called me before coming.",
    ),
    ("French", EVERYDAY): (
        "J'ai laissé mes clés sur la table de la cuisine.",
        "Où se trouve la vieille gare ?",
        "Ma sœur n'a jamais vu la mer.",
        "Il ne sait pas pourquoi elle est partie si tôt.",
        "Nous t'avons attendu dans le jardin.",
        "Cette soupe est trop chaude pour moi.",
    ),
    ("German", EVERYDAY): (
        "Ich habe meine Schlüssel auf dem Küchentisch liegen lassen.",
        "Wo befindet sich der alte Bahnhof?",
        "Meine Schwester hat noch nie das Meer gesehen.",
        "Er weiß nicht, warum sie so früh gegangen ist.",
        "Wir warteten im Garten auf dich.",
        "Diese Suppe ist zu heiß für mich.",
    ),
    ("English", CAPTIONS): (
        "A man in a red jacket is climbing up a ladder.",
        "Two children are building a sandcastle while their mother reads a book.",
        "A brown dog jumps over a puddle in the park.",
        "An old woman is selling flowers at a street market.",
        "A girl who is wearing a yellow hat feeds the ducks.",
        "Three musicians are playing in front of a church.",
    ),
    ("English", DIALOGUE): (
        "What are you doing tonight?",
        "Would you like a cup of coffee?",
        "How was your holiday?",
        "Where is the nearest bank?",
        "I have never been to Paris.",
        "What did I just say?",
    ),
    ("German", CAPTIONS): (
        "Ein Mann in einer roten Jacke steigt eine Leiter hinauf.",
        "Zwei Kinder bauen eine Sandburg, während ihre Mutter ein Buch liest.",
        "Eine Frau zieht ihrem Sohn am Strand die Schuhe aus.",
        "Ein Mädchen, das einen gelben Hut trägt, füttert die Enten.",
        "Ein brauner Hund springt im Park über eine Pfütze.",
        "Ein alter Mann hält seinen Hut fest, weil der Wind stark weht.",
    ),
    ("English letters", LETTERS): ("knight", "photograph", "daughter", "castle", "gnome", "unique", "physics", "enough"),
    # Chosen before the training: known names from six languages, none of them among the names that the model learns from.
    ("Latin letters", NAMES): ("Maria", "Yuki", "Catherine", "Einstein", "François", "Jorge", "Michael", "Lovelace"),
}

# The French and the German everyday examples say the same six sentences.
_INTO_ENGLISH = (
    "I left my keys on the kitchen table.",
    "Where is the old station?",
    "My sister has never seen the sea.",
    "He doesn't know why she left so early.",
    "We waited for you in the garden.",
    "This soup is too hot for me.",
)

# A correct translation of each example, in the same order, by languages and subject.
REFERENCES: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("English", "French", EVERYDAY): (
        "J'ai oublié mon parapluie chez toi.",
        "Où est la vieille gare ?",
        "Mon frère n'a jamais vu la mer.",
        "Nous t'attendions dans le jardin.",
        "La soupe est trop chaude pour la manger maintenant.",
        "Sais-tu pourquoi il est parti si tôt ?",
        "Il y a trois pommes sur la table de la cuisine.",
        "Tu aurais dû m'appeler avant de venir.",
    ),
    ("English", "Chinese", EVERYDAY): (
        "我把伞忘在你家了。",
        "旧车站在哪里？",
        "我弟弟从来没见过大海。",
        "我们在花园里等你。",
        "汤太烫了，现在不能喝。",
        "你知道他为什么走得这么早吗？",
        "厨房的桌子上有三个苹果。",
        "你来之前应该先给我打电话。",
    ),
    ("English", "Spanish", EVERYDAY): (
        "Me olvidé el paraguas en tu casa.",
        "¿Dónde está la vieja estación?",
        "Mi hermano nunca ha visto el mar.",
        "Te estábamos esperando en el jardín.",
        "La sopa está demasiado caliente para comerla ahora.",
        "¿Sabes por qué se fue tan temprano?",
        "Hay tres manzanas en la mesa de la cocina.",
        "Deberías haberme llamado antes de venir.",
    ),
    ("English", "German", EVERYDAY): (
        "Ich habe meinen Regenschirm bei dir vergessen.",
        "Wo ist der alte Bahnhof?",
        "Mein Bruder hat das Meer noch nie gesehen.",
        "Wir haben im Garten auf dich gewartet.",
        "Die Suppe ist jetzt zu heiß zum Essen.",
        "Weißt du, warum er so früh gegangen ist?",
        "Auf dem Küchentisch liegen drei Äpfel.",
        "Du hättest mich anrufen sollen, bevor du kommst.",
    ),
    ("English", "Japanese", EVERYDAY): (
        "あなたの家に傘を忘れました。",
        "古い駅はどこですか。",
        "私の弟は海を見たことがない。",
        "私たちは庭であなたを待っていました。",
        "そのスープは今飲むには熱すぎる。",
        "なぜ彼がそんなに早く帰ったのか知っていますか。",
        "台所のテーブルの上にりんごが三つあります。",
        "来る前に電話してくれればよかったのに。",
    ),
    ("French", "English", EVERYDAY): _INTO_ENGLISH,
    ("German", "English", EVERYDAY): _INTO_ENGLISH,
    ("English", "German", CAPTIONS): (
        "Ein Mann in einer roten Jacke klettert eine Leiter hinauf.",
        "Zwei Kinder bauen eine Sandburg, während ihre Mutter ein Buch liest.",
        "Ein brauner Hund springt im Park über eine Pfütze.",
        "Eine alte Frau verkauft Blumen auf einem Straßenmarkt.",
        "Ein Mädchen, das einen gelben Hut trägt, füttert die Enten.",
        "Drei Musiker spielen vor einer Kirche.",
    ),
    ("English", "French", CAPTIONS): (
        "Un homme en veste rouge grimpe sur une échelle.",
        "Deux enfants construisent un château de sable pendant que leur mère lit un livre.",
        "Un chien marron saute par-dessus une flaque dans le parc.",
        "Une vieille femme vend des fleurs sur un marché en plein air.",
        "Une fille qui porte un chapeau jaune donne à manger aux canards.",
        "Trois musiciens jouent devant une église.",
    ),
    ("German", "English", CAPTIONS): (
        "A man in a red jacket is climbing up a ladder.",
        "Two children are building a sandcastle while their mother reads a book.",
        "A woman is taking off her son's shoes at the beach.",
        "A girl wearing a yellow hat is feeding the ducks.",
        "A brown dog jumps over a puddle in the park.",
        "An old man is holding on to his hat because the wind is strong.",
    ),
    ("English letters", "phonemes", LETTERS): (  # as in the CMU Pronouncing Dictionary, without stress
        "N AY T",
        "F OW T AH G R AE F",
        "D AO T ER",
        "K AE S AH L",
        "N OW M",
        "Y UW N IY K",
        "F IH Z IH K S",
        "IH N AH F",
    ),
    ("Latin letters", "katakana", NAMES): (
        "マリア",
        "ユキ",
        "キャサリン",
        "アインシュタイン",
        "フランソワ",
        "ホルヘ",
        "マイケル",
        "ラブレス",
    ),
}
COUNT = 6  # examples per task
SEARCHED = 7  # index of an example where a beam finds a better translation than greedy; views of a search open with it
INSTRUCTIVE = 3  # index of an example where free running leaves the reference; the comparison of lanes opens with it
FIRST = EXAMPLES["English", EVERYDAY][0]


def of(info: ModelInfo) -> tuple[str, ...]:
    """Return the examples for a model; empty if there are none in its language."""
    if info.subject in TASKS:
        return tuple(of_task(info.subject))
    return EXAMPLES.get((info.source_language, info.subject), ())


def first(info: ModelInfo) -> str:
    """Return the first example for a model; empty if there is none."""
    return next(iter(of(info)), "")


@cache
def of_task(name: str) -> dict[str, str]:
    """Return examples of a task as {source: correct target}; they are not in the training data."""
    return {example.source: example.target for example in TASKS[name].first(COUNT)}


def topics(info: ModelInfo) -> dict[str, dict[str, str]]:
    """Return the phrasebook as {topic: {sentence: translation}}; empty unless the model translates everyday text and the
    phrasebook has its languages."""
    if info.subject != EVERYDAY or not info.reads_source:
        return {}
    return phrasebook.by_topic(code_of(info.source_language), code_of(info.target_language))


def learned(text: str, info: ModelInfo) -> bool:
    """Whether the model has learned this sentence from the phrasebook, so that a good translation of it proves little."""
    return phrasebook.taught(info.attribution) and any(text in pairs for pairs in topics(info).values())


def reference(text: str, info: ModelInfo) -> str:
    """Return a correct translation of one of our sentences, an example or a phrase; empty if there is none."""
    if info.subject in TASKS:
        return of_task(info.subject).get(text, "")
    pairs = zip(of(info), REFERENCES.get(info.family, ()), strict=False)
    phrases = phrasebook.translations(code_of(info.source_language), code_of(info.target_language))
    return {**phrases, **dict(pairs)}.get(text, "")


def pair(info: ModelInfo, text: str | None = None) -> tuple[str, str]:
    """Return `text`, or an example of the model, and a correct translation if there is one."""
    known = of(info)
    written = text if text is not None else known[min(INSTRUCTIVE, len(known) - 1)] if known else ""
    return written, reference(written, info)


def is_reference(text: str) -> bool:
    """Whether `text` is one of our references."""
    written = [*REFERENCES.values(), *(of_task(name).values() for name in TASKS)]
    return phrasebook.has(text) or any(text in references for references in written)


def fitting(text: str, info: ModelInfo) -> str:
    """Return the sentence for a newly chosen model: a phrase is said in the model's language, an example is replaced by one of
    the model's own, a visitor's text stays."""
    if phrase := phrasebook.said_in(code_of(info.source_language), text):
        return phrase
    own = of(info)
    is_ours = phrasebook.has(text) or any(text in sentences for sentences in [*EXAMPLES.values(), *map(of_task, TASKS)])
    return own[0] if own and is_ours and text not in own else text


def fitting_pair(text: str, right: str, info: ModelInfo) -> tuple[str, str]:
    """Do the same for a sentence with its translation: if one of them is ours, both are replaced."""
    written = fitting(text, info)
    if right and not is_reference(right) and written == text:
        return text, right
    return written, reference(written, info)
