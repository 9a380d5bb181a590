"""The prompts that bench/embedded.ts draws, none of which was a caption in training.

Whole sentences put known words together in a way that training/compose.py never does; combinations (an emoji on a
colour, two emoji, a number ...) are those that `compose.is_held_out` keeps from training.
"""

import numpy as np

import compose

# None of these comes out of compose.BEFORE and compose.AFTER.
SENTENCES = """can i see {} please|i love a picture of {}|please create {} now|we would like {} for my profile|look here, {}!
let me have {} please|one picture: {}|could you draw {}, detailed|my best picture of {}|show {}, digital art, high quality""".replace("\n", "|").split("|")
SINGLES, COLOURED, COMPOSED, NAMED, CHARACTERS = 60, 40, 20, 50, 15


def english(rng, library, emoji):
    return compose.pick(rng, library.entries[emoji]["names"])


def emoji_order(rng, library):
    """All trained emoji, every one equally likely to come early."""
    return [int(e) for e in rng.permutation(library.trained)]


def held_out(emoji, options):
    """Those options that this emoji was never trained with."""
    allowed = compose.allowed(emoji, options)
    return [option for option in options if option not in allowed]


def coloured(rng, library, count):
    """Objects on a background they were never seen on, from which they stand out."""
    rows = []
    for emoji in emoji_order(rng, library):
        look = library.look(library.rows["flat"][emoji])[0]
        names = [n for n in held_out(emoji, compose.COLOURS) if np.linalg.norm(look - compose.COLOURS[n]) > 60]
        if names and len(rows) < count:
            colour = compose.pick(rng, names)
            prompt = f"{compose.with_article(english(rng, library, emoji))} on a {colour} background"
            rows.append({"kind": "colour", "prompt": prompt, "emoji": [emoji], "colour": colour})
    return rows


def composed(rng, library, kind, options, words):
    """One object in a held-out number, size, place or hue; `words(name, option)` is the prompt."""
    rows = []
    for emoji in emoji_order(rng, library):
        left = held_out(emoji, options)
        if kind == "hue":
            _, hue, share = library.look(library.rows["flat"][emoji])
            left = [n for n in left if share >= 0.5 and abs(compose.signed_degrees(compose.HUES[n] - hue)) > 35]
        if left and len(rows) < COMPOSED:
            option = compose.pick(rng, left)
            rows.append({"kind": kind, "prompt": words(english(rng, library, emoji), option), "emoji": [emoji], kind: option})
    return rows


def pairs(rng, library):
    rows = []
    while len(rows) < COMPOSED:
        first, second = (int(e) for e in rng.choice(library.trained, 2, replace=False))
        if compose.is_held_out(first, second):
            names = [compose.with_article(english(rng, library, e)) for e in (first, second)]
            rows.append({"kind": "pair", "prompt": f"{names[0]} next to {names[1]}", "emoji": [first, second]})
    return rows


def languages(rng, library):
    """CLDR's own names, which were captions: what is asked is whether the language was learnt at all."""
    rows = []
    for language in ("en", *compose.words.LANGUAGES):
        named = [e for e in emoji_order(rng, library) if language == "en" or language in library.entries[e]["languages"]]
        for emoji in named[:NAMED]:
            entry = library.entries[emoji]
            prompt = entry["names"][0] if language == "en" else entry["languages"][language]
            rows.append({"kind": f"language {language}", "prompt": prompt, "emoji": [emoji]})
    characters = emoji_order(rng, library)[:CHARACTERS]
    return rows + [{"kind": "character", "prompt": library.entries[e]["emoji"], "emoji": [e]} for e in characters]


def all_prompts(library, seed=2026):
    """200 prompts that were no captions, then the names in nine languages and the characters.

    Another seed gives others of the same kinds: to choose between states of a training by, so that the bench's own stay unseen.
    """
    rng = np.random.default_rng(seed)
    singles = []
    for index, emoji in enumerate(emoji_order(rng, library)[:SINGLES]):
        name = english(rng, library, emoji)
        prompt = SENTENCES[index % len(SENTENCES)].format(compose.with_article(name) if index % 2 else name)
        singles.append({"kind": "single", "prompt": prompt.upper() if index % 5 == 0 else prompt, "emoji": [emoji]})
    return [
        *singles, *coloured(rng, library, COLOURED), *pairs(rng, library),
        *composed(rng, library, "number", list(compose.NUMBERS), lambda n, k: f"{compose.NUMBERS[k]} {compose.plural(n)}"),
        *composed(rng, library, "size", list(compose.SIZES), lambda n, size: f"a {size} {n}"),
        *composed(rng, library, "side", list(compose.SIDES), lambda n, side: f"{compose.with_article(n)} on the {side}"),
        *composed(rng, library, "hue", list(compose.HUES), lambda n, hue: f"{compose.with_article(hue)} {n}"),
        *languages(rng, library),
    ]
