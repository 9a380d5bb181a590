"""Captions among words of sentences in any order, so that a sentence's own words do not matter, only what they say is to be drawn."""

import compose

FILLERS = sorted({word.strip(",.!?") for text in (*compose.BEFORE, *compose.AFTER) for word in text.replace("{}", " ").split()} - {"", *compose.SIZES})


def in_other_words(rng, text):
    """A caption with up to four words of sentences before it and up to three after it, in any order."""
    before, after = (" ".join(compose.pick(rng, FILLERS) for _ in range(int(rng.integers(most)))) for most in (5, 4))
    before = before and before + compose.pick(rng, ["", ",", ":", " a"])
    after = after and compose.pick(rng, ["", ","]) + " " + after
    return f"{before} {text}{after}{compose.pick(rng, ['', '', '!', '.', '?'])}".strip()
