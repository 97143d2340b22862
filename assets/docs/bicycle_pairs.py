"""Write English-French pairs of a bicycle workshop: train.tsv (500 pairs), valid.tsv (50) and test.tsv (66), no pair twice.

python assets/docs/bicycle_pairs.py DIR
"""

import random
import sys
from pathlib import Path

MASCULINE = {
    "handlebar": "guidon", "front brake": "frein avant", "rear brake": "frein arrière", "derailleur": "dérailleur",
    "tyre": "pneu", "chainring": "plateau", "sprocket": "pignon", "hub": "moyeu", "spoke": "rayon", "frame": "cadre",
    "brake cable": "câble de frein", "brake lever": "levier de frein", "bottom bracket": "boîtier de pédalier",
    "headset": "jeu de direction", "mudguard": "garde-boue", "rack": "porte-bagages",
}  # fmt: skip
FEMININE = {
    "chain": "chaîne", "front wheel": "roue avant", "rear wheel": "roue arrière", "saddle": "selle", "pedal": "pédale",
    "inner tube": "chambre à air", "crank": "manivelle", "rim": "jante", "fork": "fourche", "seat post": "tige de selle",
    "kickstand": "béquille", "bell": "sonnette",
}  # fmt: skip
# {le}, {un} and {ce} are articles; {e} is the feminine ending.
PATTERNS = {
    "The {part} is bent.": "{Le} {part} est tordu{e}.",
    "The {part} is loose.": "{Le} {part} est desserré{e}.",
    "The {part} is worn.": "{Le} {part} est usé{e}.",
    "The {part} is broken.": "{Le} {part} est cassé{e}.",
    "The {part} is rusty.": "{Le} {part} est rouillé{e}.",
    "The {part} is dirty.": "{Le} {part} est sale.",
    "The {part} makes a noise.": "{Le} {part} fait du bruit.",
    "The {part} will be ready tomorrow.": "{Le} {part} sera prêt{e} demain.",
    "I have tightened the {part}.": "J'ai resserré {le} {part}.",
    "I have replaced the {part}.": "J'ai remplacé {le} {part}.",
    "I will repair the {part}.": "Je vais réparer {le} {part}.",
    "Could you adjust the {part}?": "Pourriez-vous régler {le} {part} ?",
    "Please clean the {part}.": "Nettoyez {le} {part}, s'il vous plaît.",
    "Please oil the {part}.": "Graissez {le} {part}, s'il vous plaît.",
    "Where did you buy this {part}?": "Où avez-vous acheté {ce} {part} ?",
    "We do not have this {part} in stock.": "Nous n'avons pas {ce} {part} en stock.",
    "Check the {part} before you ride.": "Vérifiez {le} {part} avant de rouler.",
    "He is taking off the {part}.": "Il démonte {le} {part}.",
    "She has ordered {a} {part}.": "Elle a commandé {un} {part}.",
    "I need {a} {part}.": "J'ai besoin d'{un} {part}.",
    "This {part} does not fit my bicycle.": "{Ce} {part} ne convient pas à mon vélo.",
    "How much does this {part} cost?": "Combien coûte {ce} {part} ?",
}
ARTICLES = ({"le": "le", "un": "un", "ce": "ce", "e": ""}, {"le": "la", "un": "une", "ce": "cette", "e": "e"})
SIZES = {"train": 500, "valid": 50, "test": 66}

pairs = []
for articles, parts in zip(ARTICLES, (MASCULINE, FEMININE), strict=True):
    capitals = {name.capitalize(): word.capitalize() for name, word in articles.items()}
    for english, french in parts.items():
        article = "an" if english[0] in "aeiou" else "a"
        for source, target in PATTERNS.items():
            pairs.append((source.format(part=english, a=article), target.format(part=french, **articles, **capitals)))
random.Random(1).shuffle(pairs)
assert len(set(pairs)) == len(pairs) == sum(SIZES.values())
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, size in SIZES.items():
    rows = [pairs.pop() for _ in range(size)]
    (folder / f"{name}.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in rows), encoding="utf-8")
