"""Names of the emoji: which words mean which picture, from CLDR, emojibase and emojilib.

`python vocabulary.py DATA_DIR` writes DATA_DIR/vocabulary.json, one entry per emoji in emojibase's order:
{hexcode, emoji, group, names, keywords, unique_keywords, languages: {code: name}}. A phrase that would name two
emoji is kept for one of them only, so that a caption never has two right answers.
"""

import json
import sys
from collections import Counter
from pathlib import Path

LANGUAGES = ("de", "es", "fr", "pt", "ru", "ja", "ko", "zh")
SMILEYS, PEOPLE, COMPONENTS, ANIMALS, FOOD, TRAVEL, ACTIVITIES, OBJECTS, SYMBOLS, FLAGS = range(10)
TRAINED_GROUPS = (SMILEYS, ANIMALS, FOOD, TRAVEL, ACTIVITIES, OBJECTS)

# Everyday nouns that the sources give to many emoji or to none, each for one picture.
EVERYDAY = {
    "tree": "🌳", "flower": "🌼", "house": "🏠", "home": "🏠", "puppy": "🐶", "kitten": "🐱", "bird": "🐦", "heart": "❤️",
    "star": "⭐", "moon": "🌙", "train": "🚆", "boat": "⛵", "plane": "✈️", "book": "📕", "phone": "📱", "computer": "💻",
    "ball": "⚽", "cake": "🎂", "fish": "🐟", "smiley": "😀", "happy face": "😀", "sad face": "😢", "angry face": "😠",
    "laughing face": "😂", "clock": "🕰️", "hat": "🎩", "shoe": "👟", "shirt": "👕", "key": "🔑", "gift": "🎁", "guitar": "🎸",
    "piano": "🎹", "camera": "📷", "mushroom": "🍄", "bee": "🐝", "snake": "🐍", "bear": "🐻", "chicken": "🐔", "fries": "🍟",
    "burger": "🍔", "hot dog": "🌭", "ice cream": "🍦", "donut": "🍩", "cookie": "🍪", "wine": "🍷", "beer": "🍺", "tea": "🍵",
    "egg": "🥚", "car": "🚗", "bus": "🚌", "truck": "🚚", "bike": "🚲", "ship": "🚢", "castle": "🏰", "mountain": "🏔️",
    "sun": "☀️", "cloud": "☁️", "rain": "🌧️", "fire": "🔥", "snowman": "⛄", "rose": "🌹", "cactus": "🌵", "apple": "🍎",
    "dragon": "🐉", "unicorn": "🦄", "ghost": "👻", "robot": "🤖", "alien": "👽", "skull": "💀", "volcano": "🌋", "rainbow": "🌈",
}
# Further everyday things, by a name that each of them has.
COMMON = """banana strawberry pizza dog cat rocket penguin frog octopus butterfly carrot coffee bicycle airplane umbrella turtle whale fox
lion owl pig cheese watermelon cherries lemon tiger elephant monkey duck rabbit horse cow grapes pear balloon crown bell anchor dolphin
shark snail sunflower tulip lollipop avocado tomato broccoli trophy helicopter tractor mouse panda koala croissant popcorn""".split() + [
    "soccer ball", "teddy bear", "alarm clock", "light bulb", "maple leaf", "christmas tree", "sailboat", "police car"]


def read_json(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def plain(emoji):
    """The emoji without its variation selector, which is how CLDR and emojilib's keys mostly look."""
    return emoji.replace("\ufe0f", "")


def clean(phrase):
    """Lower case (the pipeline lowercases prompts), words separated by single spaces."""
    return " ".join(phrase.lower().replace("_", " ").replace("’", "'").replace("“", "").replace("”", "").split())


def load_cldr(modules, language):
    """plain emoji -> {"tts": [name], "default": [keywords]}."""
    annotations = read_json(modules / f"cldr-annotations-full/annotations/{language}/annotations.json")
    return {plain(k): v for k, v in annotations["annotations"]["annotations"].items()}


def load_sources(modules):
    """English candidates of every emoji, best first: [(entry, ranked names, keywords)]."""
    entries = read_json(modules / "emojibase-data/en/data.json")
    emojilib = {plain(k): v for k, v in read_json(modules / "emojilib/dist/emoji-en-US.json").items()}
    shortcodes = read_json(modules / "emojibase-data/en/shortcodes/github.json")
    cldr = load_cldr(modules, "en")
    rows = []
    for entry in entries:
        if entry.get("group") in (None, COMPONENTS, FLAGS):
            continue
        key = plain(entry["emoji"])
        words = cldr.get(key, {})
        lib = emojilib.get(key, [])
        codes = shortcodes.get(entry["hexcode"], [])
        codes = [c for c in ([codes] if isinstance(codes, str) else codes) if c.replace("_", "").isalpha()]
        ranked = [*words.get("tts", []), entry["label"], *lib[:1], *codes]
        keywords = [*words.get("default", []), *entry.get("tags", []), *lib[1:]]
        rows.append((entry, [clean(n) for n in ranked], [clean(k) for k in keywords]))
    return rows


def assign_names(rows):
    """One owner per phrase: an emoji's first-ranked names win over another's later ones.

    Everyday nouns are settled first; head nouns come last ("onion" where no other emoji is called so), if they are
    keywords too and at most three emoji share them.
    """
    index_of = {plain(entry["emoji"]): index for index, (entry, _, _) in enumerate(rows)}
    owner = {}
    for noun, emoji in EVERYDAY.items():
        owner[noun] = index_of[plain(emoji)]
        rows[owner[noun]][1].append(noun)
    for rank in range(max(len(ranked) for _, ranked, _ in rows)):
        for index, (_, ranked, _) in enumerate(rows):
            if rank < len(ranked):
                owner.setdefault(ranked[rank], index)
    heads = [ranked[0].split()[-1] for _, ranked, _ in rows]
    shared = Counter(heads)
    for index, (_, ranked, keywords) in enumerate(rows):
        if heads[index] in keywords and shared[heads[index]] <= 3 and owner.setdefault(heads[index], index) == index:
            ranked.append(heads[index])
    return owner


def short_names(name, group):
    """Everyday forms of a formal name: "dog face" is a dog's face, "hatching chick" stays as it is."""
    if group == ANIMALS and name.endswith(" face"):
        return [f"{name[:-5]}'s face", f"face of a {name[:-5]}"]
    return []


def build(data_dir):
    modules = Path(data_dir) / "node_modules"
    rows = load_sources(modules)
    owner = assign_names(rows)
    usage = Counter(k for _, _, keywords in rows for k in set(keywords))
    translations = {language: load_cldr(modules, language) for language in LANGUAGES}
    taken = {language: set() for language in LANGUAGES}
    vocabulary = []
    for index, (entry, ranked, keywords) in enumerate(rows):
        names = [n for n in dict.fromkeys(ranked) if owner[n] == index]
        names += [s for n in names for s in short_names(n, entry["group"])]
        keywords = [k for k in dict.fromkeys(keywords) if k not in names]
        languages = {}
        for language in LANGUAGES:
            name = clean(next(iter(translations[language].get(plain(entry["emoji"]), {}).get("tts", [])), ""))
            if name and name not in taken[language]:
                taken[language].add(name)
                languages[language] = name
        vocabulary.append({
            "hexcode": entry["hexcode"], "emoji": entry["emoji"], "group": entry["group"],
            "names": names or [ranked[0]], "keywords": keywords,
            "unique_keywords": [k for k in keywords if usage[k] == 1 and k not in owner and len(k) > 2],
            "languages": languages,
        })
    return vocabulary


def main():
    data_dir = Path(sys.argv[1])
    vocabulary = build(data_dir)
    (data_dir / "vocabulary.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    print(len(vocabulary), "emoji,", sum(len(v["names"]) for v in vocabulary), "names,",
          sum(len(v["unique_keywords"]) for v in vocabulary), "keywords of one emoji only")


if __name__ == "__main__":
    main()
