"""Example sentences, all our own: each model is shown with the kind of sentence that it learned from."""

from __future__ import annotations

from seq2seq.translator import ModelInfo

EVERYDAY, CAPTIONS = "everyday", "captions"  # subjects, as checkpoints name them

EXAMPLES: dict[tuple[str, str], tuple[str, ...]] = {
    ("English", EVERYDAY): (
        "I forgot my umbrella at your house.",
        "Where is the old station?",
        "My brother has never seen the sea.",
        "We were waiting for you in the garden.",
        "The soup is too hot to eat now.",
        "Do you know why he left so early?",
        "There are three apples on the kitchen table.",
    ),
    ("French", EVERYDAY): (
        "J'ai laissé mes clés sur la table de la cuisine.",
        "Où se trouve la vieille gare ?",
        "Ma sœur n'a jamais vu la mer.",
        "Il ne sait pas pourquoi elle est partie si tôt.",
        "Nous t'avons attendu dans le jardin.",
        "Cette soupe est trop chaude pour moi.",
    ),
    ("English", CAPTIONS): (
        "A man in a red jacket is climbing up a ladder.",
        "Two children are building a sandcastle while their mother reads a book.",
        "A brown dog jumps over a puddle in the park.",
        "An old woman is selling flowers at a street market.",
        "A girl who is wearing a yellow hat feeds the ducks.",
        "Three musicians are playing in front of a church.",
    ),
    ("German", CAPTIONS): (
        "Ein Mann in einer roten Jacke steigt eine Leiter hinauf.",
        "Zwei Kinder bauen eine Sandburg, während ihre Mutter ein Buch liest.",
        "Eine Frau zieht ihrem Sohn am Strand die Schuhe aus.",
        "Ein Mädchen, das einen gelben Hut trägt, füttert die Enten.",
        "Ein brauner Hund springt im Park über eine Pfütze.",
        "Ein alter Mann hält seinen Hut fest, weil der Wind stark weht.",
    ),
}
FIRST = EXAMPLES["English", EVERYDAY][0]


def of(info: ModelInfo) -> tuple[str, ...]:
    """The examples for a model; none where there are none in its language."""
    return EXAMPLES.get((info.source_language, info.subject), ())


def fitting(text: str, info: ModelInfo) -> str:
    """What to show with the model just chosen: an example gives way to one of the model's own, a visitor's sentence stays."""
    own = of(info)
    is_example = any(text in sentences for sentences in EXAMPLES.values())
    return own[0] if own and is_example and text not in own else text
