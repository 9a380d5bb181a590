"""Scenes made of emoji pictures: what stands where on what backdrop, drawn on a canvas, and put into words.

A scene is a plain dict made by `sample_scene` from a seed alone, so a data set is a seed and a count.
`draw` turns it into pixels, `describe` into one of its many captions.
"""

import colorsys
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import vocabulary as words

STYLES = {"flat": ["flat style", "flat"], "noto": ["noto style", "in noto style"], "3d": ["3d style", "3d", "in 3d"]}
COLOURS = {
    "red": (220, 50, 47), "orange": (245, 150, 50), "yellow": (250, 215, 70), "green": (80, 175, 80),
    "teal": (45, 170, 165), "light blue": (150, 205, 245), "blue": (50, 105, 215), "purple": (135, 80, 190),
    "pink": (245, 155, 195), "brown": (135, 90, 55), "gray": (150, 152, 158), "black": (25, 25, 30),
}
HUES = {"red": 0, "orange": 28, "yellow": 50, "green": 120, "teal": 175, "blue": 215, "purple": 275, "pink": 330}
# name -> (top colour, colour at the horizon, ground colour or None, height of the horizon, decoration, phrases)
PLACES = {
    "night": ((18, 22, 60), (60, 60, 120), None, 1.0, "stars", ["at night", "in the night sky", "under the stars"]),
    "beach": ((110, 195, 245), (190, 230, 250), (240, 215, 150), 0.68, None, ["on the beach", "on a sandy beach"]),
    "snow": ((175, 205, 235), (225, 238, 250), (250, 252, 255), 0.66, "flakes", ["in the snow", "on a snowy day"]),
    "grass": ((125, 200, 250), (205, 235, 252), (110, 185, 85), 0.66, None, ["on the grass", "in a green meadow"]),
    "water": ((95, 195, 230), (20, 75, 150), None, 1.0, "bubbles", ["under water", "in the sea", "underwater"]),
    "sunset": ((95, 60, 130), (250, 165, 95), None, 1.0, None, ["at sunset", "in the sunset"]),
    "desert": ((245, 200, 130), (252, 228, 180), (222, 170, 95), 0.68, None, ["in the desert"]),
    "space": ((8, 8, 20), (35, 20, 60), None, 1.0, "stars", ["in space", "in outer space"]),
}
# kind -> share of the scenes
KINDS = {"single": 0.34, "colour": 0.28, "place": 0.08, "size": 0.05, "side": 0.05, "number": 0.07, "pair": 0.08,
         "recolour": 0.05}
HELD_OUT = 7  # one combination in so many is never trained on; bench/embedded.ts asks for these
SIZES = ("small", "large")
# Places are whole latents (32 pixels of 256) apart, so that an object's latents are the same ones wherever it stands.
SIDES = {"left": (0.25, 0.5), "right": (0.75, 0.5), "top": (0.5, 0.25), "bottom": (0.5, 0.75)}
NUMBERS = {2: "two", 3: "three", 4: "four"}
LAYOUTS = {2: [(0.25, 0.5), (0.75, 0.5)], 3: [(0.5, 0.25), (0.25, 0.75), (0.75, 0.75)],
           4: [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]}
STEADY_SIZES = {"small": 0.35, "large": 1.05, "half": 0.45, "usual": (0.72, 0.79, 0.86)}
# What makes seeds of one prompt differ where nothing is said of it: the size, which way an animal or a dish looks, and one of
# these tints or white behind it.
TINTS = [(255, 222, 222), (255, 232, 208), (252, 246, 205), (220, 243, 216), (212, 240, 240), (216, 230, 252), (230, 222, 250),
         (250, 220, 240)]
WHITE, WHITE_SHARE, MIRRORED_SHARE = (255, 255, 255), 0.35, 0.35
# Filler around what is to be drawn, so that whole sentences work; bench/embedded.ts puts the same words together otherwise.
BEFORE = """a picture of {}|draw me {}|draw {}|an emoji of {}|please draw {}|an image of {}|i want {}|show me {}|a cute {}|an icon of {}
a nice picture of {}|illustration of {}|a photo of {}|paint {}|make me {}|can you draw {}|could you make {}|give me {}|please make {} for me
i would like {}|i would like to see {}|a drawing of {}|a beautiful {}|my {}|here is {}|there is {}|this is {}|one {}|a single {}
i love {}|let me see {}|we need {}|create {}|generate {}|a simple {}|a funny {}|a very nice {}|look at {}|imagine {}|a small picture with {}
a sticker of {}|a logo with {}|cartoon of {}|a colorful {}|the best {}""".replace("\n", "|").split("|")
AFTER = """{} emoji|{}, simple|{}, high quality|{} please|{}, please|{} for me|{}!|{}.|{} icon|{} picture|{}, cartoon|{} sticker|{}, detailed
{}, cute|{}, beautiful|{} for my profile|{}, digital art|{} now|{}?""".replace("\n", "|").split("|")
COLLECTIVE = ("s", "fish", "sheep", "deer", "rice", "bread", "hair", "glasses")


class Library:
    """The rasterised pictures and their words. `pixels` is [count, 256, 256, 4] uint8, read from disk as needed."""

    def __init__(self, data_dir):
        index = json.loads((Path(data_dir) / "pictures.json").read_text())
        size, rows = index["size"], index["pictures"]
        self.pixels = np.memmap(Path(data_dir) / "pictures.raw", np.uint8, "r", shape=(len(rows), size, size, 4))
        self.entries = words.read_json(Path(data_dir) / "vocabulary.json")
        of_hexcode = {e["hexcode"]: i for i, e in enumerate(self.entries)}
        self.rows = {style: {} for style in STYLES}
        for row, picture in enumerate(rows):
            self.rows[picture["set"]][of_hexcode[picture["hexcode"]]] = row
        self.trained = [i for i, e in enumerate(self.entries) if e["group"] in words.TRAINED_GROUPS and self.everywhere(i)]
        self.common = [i for i in self.trained if self.is_common(i)]
        weights = np.array([self.weight(i) for i in self.trained])
        self.weights = weights / weights.sum()
        self._looks = {}

    def everywhere(self, index):
        return all(index in rows for rows in self.rows.values())

    def weight(self, index):
        """How often an emoji is drawn. Near-equal series are seen less."""
        entry = self.entries[index]
        name = entry["names"][0]
        if "o'clock" in name or name.endswith("-thirty") or " moon" in name:
            return 0.2
        everyday = any(noun in words.EVERYDAY for noun in entry["names"])
        return 1.3 if everyday or entry["group"] in (words.ANIMALS, words.FOOD) else 1.0

    def is_common(self, index):
        """Whether it is one of the everyday things that a training run may favour."""
        return any(noun in words.EVERYDAY or noun in words.COMMON for noun in self.entries[index]["names"])

    def look(self, row):
        """(mean RGB, main hue in degrees, share of that hue family) of a picture's opaque pixels."""
        if row not in self._looks:
            small = np.asarray(Image.fromarray(self.pixels[row]).resize((32, 32), Image.BOX))
            opaque = small[small[..., 3] > 128][:, :3].astype(np.float32)
            hsv = np.array([colorsys.rgb_to_hsv(*(p / 255)) for p in opaque]).reshape(-1, 3)
            vivid = hsv[(hsv[:, 1] > 0.3) & (hsv[:, 2] > 0.25)]
            hue, share = 0.0, 0.0
            if len(vivid):
                angles = vivid[:, 0] * 2 * np.pi
                hue = np.degrees(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())) % 360
                share = float((np.abs(signed_degrees(vivid[:, 0] * 360 - hue)) < 35).sum() / len(opaque))
            self._looks[row] = (opaque.mean(0), hue, share)
        return self._looks[row]


def signed_degrees(difference):
    """An angle difference brought into [-180, 180)."""
    return (difference + 180) % 360 - 180


def is_held_out(first, second):
    """Whether a combination is kept from training: emoji (its index) with a colour or place (its index), or with an emoji."""
    return (first + 3 * second) % HELD_OUT == 0


def may_pair(first, second):
    """Whether training may show two emoji beside each other, `first` on the left."""
    return first != second and not is_held_out(first, second)


def allowed(emoji, options):
    """Those of the options that this emoji may be trained with."""
    return [option for i, option in enumerate(options) if not is_held_out(emoji, i)]


def jitter(rng, rgb, amount):
    return tuple(int(np.clip(c + rng.normal(0, amount), 0, 255)) for c in rgb)


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def plain_backdrop(rng):
    """White mostly, otherwise a very light tint that no caption mentions: part of what makes seeds differ."""
    tint = WHITE if rng.random() < 0.7 else tuple(int(c) for c in rng.integers(222, 253, 3))
    return {"rgb": tint, "words": []}


def colour_backdrop(rng, library, objects):
    """A named colour that stands out (distance 60 at least) from the mean colour of every object on it."""
    names = [n for n in allowed(objects[0]["emoji"], COLOURS)
             if all(np.linalg.norm(library.look(o["row"])[0] - np.array(COLOURS[n])) > 60 for o in objects)]
    name = pick(rng, names or ["black"])
    return {"colour": name, "rgb": jitter(rng, COLOURS[name], 7),
            "words": [f"on a {name} background", f"on {name}", f"{name} background"]}


def place_backdrop(rng, emoji):
    name = pick(rng, allowed(emoji, PLACES))
    return {"place": name, "seed": int(rng.integers(1 << 30)), "words": PLACES[name][5]}


def add_object(rng, library, scene, emoji, size, centre):
    """Appends one object; size in shares of the shorter side, centre in shares of width and height."""
    name = library.entries[emoji]["names"][0]
    mirrored = "o'clock" not in name and "thirty" not in name and rng.random() < 0.2
    scene["objects"].append({
        "emoji": int(emoji), "row": library.rows[scene["style"]][emoji], "size": float(size),
        "centre": [float(centre[0] + rng.normal(0, 0.012)), float(centre[1] + rng.normal(0, 0.012))],
        "mirrored": bool(mirrored), "tilt": float(rng.uniform(-9, 9)) if rng.random() < 0.1 else 0.0, "hue": None,
    })


def recolour(rng, library, scene):
    """Gives the only object another colour if one hue family covers half of it; else the scene stays single."""
    _, hue, share = library.look(scene["objects"][0]["row"])
    names = [n for n in allowed(scene["objects"][0]["emoji"], HUES) if abs(signed_degrees(HUES[n] - hue)) > 35]
    if share < 0.5 or not names:
        scene["kind"] = "single"
        return
    scene["hue"] = pick(rng, names)
    scene["objects"][0]["hue"] = [float(hue), float(HUES[scene["hue"]] + rng.normal(0, 4))]


def may_look_back(library, scene):
    """Whether an object alone may be mirrored: no moon becomes another one, and nothing that is written stands reversed."""
    group = library.entries[scene["objects"][0]["emoji"]]["group"]
    return scene["kind"] in ("single", "colour", "place") and group in (words.ANIMALS, words.FOOD)


def settle(rng, library, scene):
    """Takes the chance out of where the objects stand and how large they are, and stands them upright.

    Pairs stand on one of few exact colours, so that halves of those on the same one may be exchanged (`join_halves`).
    """
    kind, centres = scene["kind"], [(0.5, 0.5)]
    mirrored = may_look_back(library, scene) and rng.random() < MIRRORED_SHARE
    size = pick(rng, STEADY_SIZES["usual"])
    if kind == "size":
        size = STEADY_SIZES[scene["size"]]
    elif kind in ("side", "number", "pair"):
        size = STEADY_SIZES["half"]
        centres = [SIDES[scene["side"]]] if kind == "side" else LAYOUTS[scene.get("number", 2)]
    for thing, centre in zip(scene["objects"], centres):
        thing.update(size=size, centre=list(centre), mirrored=mirrored, tilt=0.0)
    backdrop = scene["backdrop"]
    if not backdrop["words"]:
        backdrop["rgb"] = WHITE if rng.random() < WHITE_SHARE else pick(rng, TINTS)
    elif kind == "pair" and "colour" in backdrop:
        backdrop["rgb"] = COLOURS[backdrop["colour"]]


def join_halves(left, right):
    """The pair of one pair's left object and another one's right object."""
    return {**left, "objects": [left["objects"][0], right["objects"][1]]}


def sample_scene(rng, library, kinds=None, first=None, common=False, steady=False):
    """One scene from a numpy generator. `kinds` maps kind to share (default: KINDS); `first` is the first object's emoji;
    `common` takes everyday things only; `steady` lets chance decide what stands there, not where and how large."""
    kinds = kinds or KINDS
    kind = str(rng.choice(list(kinds), p=list(kinds.values())))
    style = str(rng.choice(list(STYLES), p=[0.93, 0.03, 0.04]))
    pool, weights = (library.common, None) if common else (library.trained, library.weights)
    emoji = [pool[i] for i in rng.choice(len(pool), 2, replace=False, p=weights)]
    if first is not None:
        emoji = [first, emoji[1] if emoji[1] != first else emoji[0]]
    if kind == "pair" and not may_pair(*emoji):
        kind = "single"
    scene = {"kind": kind, "style": style, "objects": [], "hue": None}
    usual = rng.uniform(0.73, 0.87)
    if kind == "size":
        scene["size"] = pick(rng, allowed(emoji[0], SIZES))
        usual = rng.uniform(0.30, 0.40) if scene["size"] == "small" else rng.uniform(0.98, 1.12)
    if kind == "side":
        scene["side"] = pick(rng, allowed(emoji[0], SIDES))
        add_object(rng, library, scene, emoji[0], rng.uniform(0.42, 0.5), SIDES[scene["side"]])
    elif kind == "number":
        scene["number"] = pick(rng, allowed(emoji[0], NUMBERS))
        for centre in LAYOUTS[scene["number"]]:
            add_object(rng, library, scene, emoji[0], rng.uniform(0.41, 0.46), centre)
            scene["objects"][-1]["mirrored"] = scene["objects"][0]["mirrored"]
    elif kind == "pair":
        for e, centre in zip(emoji, LAYOUTS[2]):
            add_object(rng, library, scene, e, rng.uniform(0.43, 0.48), centre)
    else:
        add_object(rng, library, scene, emoji[0], usual, (0.5, 0.53 if kind == "place" else 0.5))
    if kind == "recolour":
        recolour(rng, library, scene)
    backdrop = rng.random()
    if kind == "place" or (kind in ("pair", "side", "size") and backdrop < 0.1):
        scene["backdrop"] = place_backdrop(rng, emoji[0])
    elif kind == "colour" or (kind not in ("single", "recolour") and backdrop < 0.4):
        scene["backdrop"] = colour_backdrop(rng, library, scene["objects"])
    else:
        scene["backdrop"] = plain_backdrop(rng)
    if steady:
        settle(rng, library, scene)
    return scene


def draw_place(name, seed, height, width):
    """Gradient sky, ground with a softly bent horizon, and dots: [height, width, 3] image."""
    rng = np.random.default_rng(seed)
    top, low, ground, horizon, decoration, _ = PLACES[name]
    top, low = np.array(jitter(rng, top, 6)), np.array(jitter(rng, low, 6))
    line = height * (horizon + (rng.normal(0, 0.02) if ground else 0))
    share = np.clip(np.arange(height) / line, 0, 1)[:, None, None]
    canvas = np.broadcast_to(top * (1 - share) + low * share, (height, width, 3)).copy()
    if ground:
        bend = line + height * 0.02 * np.sin(np.arange(width) / width * rng.uniform(2, 6) + rng.uniform(0, 6))
        canvas[np.arange(height)[:, None] > bend[None, :]] = jitter(rng, ground, 6)
    image = Image.fromarray(canvas.astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(10, 22)) if decoration else 0):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(1.2, 3.5)
        if decoration == "bubbles":
            pen.ellipse((x - 2 * r, y - 2 * r, x + 2 * r, y + 2 * r), outline=(215, 240, 250), width=1)
        else:
            pen.ellipse((x - r, y - r, x + r, y + r), fill=(255, 255, 235))
    return image


def shift_hue(picture, source, target):
    """Turns the hues near `source` (degrees) by target - source; picture is an RGBA image."""
    alpha = picture.getchannel("A")
    hsv = np.asarray(picture.convert("RGB").convert("HSV")).copy()
    degrees = hsv[..., 0].astype(np.float32) * (360 / 255)
    near = np.abs(signed_degrees(degrees - source)) < 45
    turned = (degrees + signed_degrees(target - source)) % 360
    hsv[..., 0] = np.where(near, turned * (255 / 360), hsv[..., 0]).astype(np.uint8)
    result = Image.fromarray(hsv, "HSV").convert("RGB")
    result.putalpha(alpha)
    return result


def draw(scene, library, height=256, width=256):
    """The scene's pixels: [height, width, 3] uint8."""
    backdrop = scene["backdrop"]
    if "place" in backdrop:
        canvas = draw_place(backdrop["place"], backdrop["seed"], height, width)
    else:
        canvas = Image.new("RGB", (width, height), tuple(backdrop["rgb"]))
    for thing in scene["objects"]:
        picture = Image.fromarray(library.pixels[thing["row"]])
        if thing["hue"]:
            picture = shift_hue(picture, *thing["hue"])
        if thing["mirrored"]:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if thing["tilt"]:
            picture = picture.rotate(thing["tilt"], Image.Resampling.BICUBIC)
        side = max(8, round(thing["size"] * min(height, width)))
        picture = picture.resize((side, side), Image.Resampling.BICUBIC)
        x, y = thing["centre"][0] * width - side / 2, thing["centre"][1] * height - side / 2
        canvas.paste(picture, (round(x), round(y)), picture)
    return np.asarray(canvas)


def plural(name):
    """A good enough English plural of a picture's name."""
    if name.endswith(COLLECTIVE):
        return name
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("sh", "ch", "x", "o")) else "s")


def with_article(phrase):
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def name_of(rng, entry, free=True):
    """One way to name an emoji. `free` also allows the character, keywords and other languages (standing alone)."""
    draw_ = rng.random() if free else 0.0
    if draw_ < 0.48:
        return pick(rng, entry["names"]), True
    if draw_ < 0.55 and entry["unique_keywords"]:
        return pick(rng, entry["unique_keywords"]), True
    if draw_ < 0.59 and entry["keywords"]:
        extra = rng.permutation(entry["keywords"])[:int(rng.integers(1, 3))]
        return ", ".join([pick(rng, entry["names"]), *extra]), False
    if draw_ < 0.65:
        return entry["emoji"], False
    if entry["languages"]:
        return entry["languages"][pick(rng, list(entry["languages"]))], False
    return pick(rng, entry["names"]), True


def subject_of(rng, library, scene):
    """The noun phrase of a scene and whether it is an English noun that sentences can be built around."""
    entries = [library.entries[o["emoji"]] for o in scene["objects"]]
    kind = scene["kind"]
    if kind == "pair":
        a, b = (pick(rng, e["names"]) for e in entries)
        return pick(rng, [f"{with_article(a)} and {with_article(b)}", f"{with_article(a)} next to {with_article(b)}",
                          f"{a} and {b}", f"{a} beside {b}", f"{with_article(a)} on the left and {with_article(b)} on the right"]), False
    if kind == "number":
        return f"{NUMBERS[scene['number']]} {plural(pick(rng, entries[0]['names']))}", False
    if kind == "size":
        word = pick(rng, ["small", "tiny", "little"] if scene["size"] == "small" else ["large", "big", "huge"])
        return f"{word} {name_of(rng, entries[0], free=False)[0]}", True
    if kind == "recolour":
        return f"{scene['hue']} {name_of(rng, entries[0], free=False)[0]}", True
    return name_of(rng, entries[0])


def describe(rng, library, scene):
    """One caption of the scene, lower case."""
    text, noun = subject_of(rng, library, scene)
    if noun:
        text = pick(rng, [text, text, text, with_article(text), with_article(text), f"the {text}"])
    tail = []
    if scene["kind"] == "side":
        side = scene["side"]
        tail.append(pick(rng, [f"on the {side}", f"at the {side}" if side in ("top", "bottom") else f"on the {side} side"]))
    if scene["backdrop"]["words"]:
        tail.append(pick(rng, scene["backdrop"]["words"]))
    text = " ".join([text, *tail]) if rng.random() < 0.8 else ", ".join([text, *tail])
    if scene["style"] != "flat" or rng.random() < 0.06:
        style = pick(rng, STYLES[scene["style"]])
        text = f"{text}, {style}"
    if rng.random() < 0.3:
        before = pick(rng, BEFORE) if rng.random() < 0.75 else "{}"
        after = pick(rng, AFTER) if before == "{}" or rng.random() < 0.2 else "{}"
        text = after.format(before.format(text))
    return text.lower()


def plain_caption(library, scene):
    """The scene in its shortest English words, always the same ones."""
    names = [library.entries[thing["emoji"]]["names"][0] for thing in scene["objects"]]
    text = names[0]
    if scene["kind"] == "pair":
        text = " and ".join(with_article(name) for name in names)
    elif scene["kind"] == "number":
        text = f"{NUMBERS[scene['number']]} {plural(text)}"
    elif scene["kind"] == "size":
        text = f"{scene['size']} {text}"
    elif scene["kind"] == "recolour":
        text = f"{scene['hue']} {text}"
    tail = [f"on the {scene['side']}"] if scene["kind"] == "side" else []
    text = " ".join([text, *tail, *scene["backdrop"]["words"][:1]])
    return (text if scene["style"] == "flat" else f"{text}, {STYLES[scene['style']][0]}").lower()
