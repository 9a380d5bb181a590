"""Asks what pictures of the embedded model show, for bench/embedded.ts and bench/solver.ts.

    python emoji_judge.py prepare DATA OUT     prompts.json, and held-out scenes for the autoencoder (held-out.raw)
    python emoji_judge.py classifier DATA OUT  the second judge, trained apart on augmented originals (classifier.pt)
    python emoji_judge.py judge DATA OUT NAME  reads OUT/NAME.json and NAME.raw, prints what was right as JSON

Retrieval: a picture's nearest candidate by root mean square distance in CIE Lab at 24 x 24 (`nearest`). Candidates are all emoji of
the training vocabulary in every arrangement that the category knows, drawn on the background colour that the picture's own
corners have. Nothing of this was in the training loss, which compares latents.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))
import compose  # noqa: E402
import emoji_prompts  # noqa: E402
import train_autoencoder  # noqa: E402

SIDE = 24
PICTURE = 256
AUTOENCODER_SCENES = 48
CORNER = 14  # pixels
USUAL_SIZES = (0.75, 0.85)
CLASSIFIER_SIDE, CLASSIFIER_STEPS, CLASSIFIER_BATCH = 64, 900, 96


def lab(rgb):
    """CIE Lab (D65) of sRGB in 0 to 1, last axis the channels."""
    linear = torch.where(rgb > 0.04045, ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    to_xyz = torch.tensor([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / torch.tensor([0.9505, 1.0, 1.089])
    f = torch.where(xyz > 0.008856, xyz.clamp(min=0.008856) ** (1 / 3), 7.787 * xyz + 16 / 116)
    return torch.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def background_of(pictures):
    """[n, 3] in 0 to 1: the median colour of each picture's corners."""
    edges = [slice(0, CORNER), slice(-CORNER, None)]
    corners = torch.cat([pictures[:, y, x].flatten(1, 2) for y in edges for x in edges], 1)
    return corners.float().median(1).values / 255


def shrunk(pictures):
    """[n, SIDE, SIDE, 3] in 0 to 1, by area."""
    small = F.interpolate(pictures.permute(0, 3, 1, 2).float() / 255, (SIDE, SIDE), mode="area")
    return small.permute(0, 2, 3, 1)


class Candidates:
    """Every emoji in some arrangements, as premultiplied colours and coverage at SIDE x SIDE, on no background yet."""

    def __init__(self, library, folder):
        self.library, self.folder = library, folder
        self.small = {e: Image.fromarray(library.pixels[library.rows["flat"][e]]).resize((64, 64), Image.Resampling.BOX)
                      for e in library.trained}
        self.known = {}

    def drawn(self, emoji, size, centres, mirrored, hue):
        picture = self.small[emoji]
        if hue is not None:
            _, own, _ = self.library.look(self.library.rows["flat"][emoji])
            picture = compose.shift_hue(picture, own, compose.HUES[hue])
        if mirrored:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        canvas = Image.new("RGBA", (2 * SIDE, 2 * SIDE))
        side = round(size * 2 * SIDE)
        picture = picture.resize((side, side), Image.Resampling.BOX)
        for x, y in centres:
            canvas.alpha_composite(*clipped(picture, round(x * 2 * SIDE - side / 2), round(y * 2 * SIDE - side / 2)))
        return np.asarray(canvas.convert("RGBa").reduce(2))

    def of(self, kind):
        """(arrangements [(emoji, answer)], premultiplied RGBA [n, SIDE, SIDE, 4] in 0 to 1) of a category; drawn once."""
        if kind not in self.known:
            wanted = [(emoji, mirrored, *arrangement) for emoji in self.library.trained
                      for arrangement in arrangements(kind) for mirrored in (False, True)]
            version = hashlib.sha256(repr(arrangements(kind)).encode()).hexdigest()[:8]
            stored = self.folder / f"candidates {kind} {version}.npy"
            if not stored.exists():
                np.save(stored, np.stack([self.drawn(emoji, size, centres, mirrored, hue)
                                          for emoji, mirrored, _, size, centres, hue in wanted]))
            shapes = torch.from_numpy(np.load(stored)).float() / 255
            self.known[kind] = [(emoji, answer) for emoji, _, answer, *_ in wanted], shapes
        return self.known[kind]


def clipped(picture, left, top):
    """What Image.alpha_composite needs, since it takes no negative place on the canvas."""
    return picture, (max(0, left), max(0, top)), (max(0, -left), max(0, -top))


def arrangements(kind):
    """[(answer, size, centres, hue)] that a picture of this category may be found in."""
    usual = [(None, size, [(0.5, 0.5)], None) for size in USUAL_SIZES]
    half = compose.STEADY_SIZES["half"]
    if kind == "number":
        return usual + [(n, half, compose.LAYOUTS[n], None) for n in compose.NUMBERS]
    if kind == "size":
        return usual + [(size, compose.STEADY_SIZES[size], [(0.5, 0.5)], None) for size in compose.SIZES]
    if kind == "side":
        return usual + [(side, half, [centre], None) for side, centre in compose.SIDES.items()]
    if kind == "hue":
        return [(hue, 0.8, [(0.5, 0.5)], hue) for hue in (None, *compose.HUES)]
    if kind == "left half":
        return [(None, half, [compose.LAYOUTS[2][0]], None)]
    if kind == "right half":
        return [(None, half, [compose.LAYOUTS[2][1]], None)]
    return usual


def nearest(small, background, names, shapes, columns=slice(None)):
    """The arrangement nearest to one small picture on its background, compared in some columns only.

    The hundred nearest in RGB are compared in Lab, which takes longer.
    """
    painted = (shapes[:, :, columns, :3] + (1 - shapes[:, :, columns, 3:]) * background)
    rough = (painted - small[None, :, columns]).square().mean((1, 2, 3))
    shortlist = rough.topk(100, largest=False).indices
    difference = lab(painted[shortlist]) - lab(small[None, :, columns])
    return names[int(shortlist[difference.square().mean((1, 2, 3)).argmin()])]


def named_colour(background):
    """Which of the named colours, or white, a background is nearest to."""
    colours = {"white": (255, 255, 255), **compose.COLOURS}
    values = lab(torch.tensor(list(colours.values())).float() / 255)
    return list(colours)[int((values - lab(background)).square().sum(1).argmin())]


def seen_in(kind, small, background, candidates):
    """What a picture of a category shows: emoji, and the category's own answer."""
    half = SIDE // 2
    if kind == "pair":
        return {"emoji": [nearest(small, background, *candidates.of(f"{side} half"), columns=columns)[0]
                          for side, columns in (("left", slice(0, half)), ("right", slice(half, None)))]}
    arranged = kind in ("number", "size", "side", "hue")
    emoji, answer = nearest(small, background, *candidates.of(kind if arranged else "usual"))
    seen = {"emoji": [emoji], "colour": named_colour(background)}
    return {**seen, kind: answer} if arranged else seen


def is_right(row, seen):
    """Everything that was asked for is what is seen."""
    return all(seen[key] == row[key] for key in ("emoji", "colour", "number", "size", "side", "hue") if key in row)


def read_pictures(out, name):
    rows = json.loads((out / f"{name}.json").read_text())
    pictures = np.fromfile(out / f"{name}.raw", np.uint8).reshape(len(rows), PICTURE, PICTURE, 3)
    return rows, torch.from_numpy(pictures)


def prepare(library, out):
    (out / "prompts.json").write_text(json.dumps(emoji_prompts.all_prompts(library), ensure_ascii=False))
    rng, scenes = np.random.default_rng(5), []
    while len(scenes) < AUTOENCODER_SCENES:
        scene = compose.sample_scene(rng, library, {"single": 0.6, "colour": 0.4})
        if scene["style"] == "flat" and train_autoencoder.is_held_out(scene["objects"][0]["emoji"]):
            scenes.append(compose.draw(scene, library))
    np.stack(scenes).tofile(out / "held-out.raw")
    return {"prompts": str(out / "prompts.json"), "scenes": AUTOENCODER_SCENES}


def build_classifier(classes):
    layers, channels = [], 3
    for width in (24, 48, 96, 160):
        layers += [torch.nn.Conv2d(channels, width, 3, 2, 1), torch.nn.BatchNorm2d(width), torch.nn.ReLU()]
        channels = width
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Dropout(0.1), torch.nn.Linear(channels * 16, classes))


def augmented(rng, library, small, count):
    """Originals on any background, of any size and place near the middle, blurred and noisy: [count, 3, 64, 64], class."""
    wanted = rng.integers(len(library.trained), size=count)
    rows = []
    for index in wanted:
        picture = small[index]
        if rng.random() < 0.4:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        picture = picture.rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC)
        side = round(CLASSIFIER_SIDE * rng.uniform(0.66, 0.92))
        plain = rng.random() < 0.6
        colour = (255, 255, 255) if plain else tuple(int(c) for c in rng.integers(0, 256, 3))
        canvas = Image.new("RGB", (CLASSIFIER_SIDE, CLASSIFIER_SIDE), colour)
        shift = rng.normal(0, 1.5, 2) + (CLASSIFIER_SIDE - side) / 2
        scaled = picture.resize((side, side), Image.Resampling.BICUBIC)
        canvas.paste(scaled, (round(shift[0]), round(shift[1])), scaled)
        rows.append(np.asarray(canvas))
    pixels = torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).float() / 127.5 - 1
    if rng.random() < 0.5:
        pixels = F.avg_pool2d(pixels, 3, 1, 1)
    return pixels + torch.randn_like(pixels) * rng.uniform(0, 0.15), torch.from_numpy(wanted)


def train_classifier(library, out):
    """About three minutes on two cores; its accuracy on fresh augmented originals is kept with it."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    small = [Image.fromarray(library.pixels[library.rows["flat"][e]]).resize((64, 64), Image.Resampling.BOX)
             for e in library.trained]
    classifier = build_classifier(len(library.trained))
    optimizer = torch.optim.AdamW(classifier.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, CLASSIFIER_STEPS)
    for step in range(CLASSIFIER_STEPS):
        pixels, wanted = augmented(rng, library, small, CLASSIFIER_BATCH)
        optimizer.zero_grad()
        F.cross_entropy(classifier(pixels), wanted).backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"classifier: step {step} of {CLASSIFIER_STEPS}", file=sys.stderr, flush=True)
    classifier.eval()
    with torch.no_grad():
        pixels, wanted = augmented(rng, library, small, 1000)
        accuracy = (classifier(pixels).argmax(1) == wanted).float().mean().item()
    torch.save({"weights": classifier.state_dict(), "accuracy": accuracy}, out / "classifier.pt")
    return {"accuracy": accuracy}


def classify(pictures, library, out):
    """(emoji of each picture, the classifier's accuracy on fresh augmented originals)."""
    stored = torch.load(out / "classifier.pt")
    classifier = build_classifier(len(library.trained))
    classifier.load_state_dict(stored["weights"])
    classifier.eval()
    with torch.no_grad():
        small = F.interpolate(pictures.permute(0, 3, 1, 2).float() / 127.5 - 1, (CLASSIFIER_SIDE,) * 2, mode="area")
        found = classifier(small).argmax(1).tolist()
    return [library.trained[index] for index in found], stored["accuracy"]


def neighbour(rows, index):
    """The prompt before this one in its category, the last one for the first; every category has several."""
    alike = [row for row in rows if row["kind"] == rows[index]["kind"]]
    return alike[alike.index(rows[index]) - 1]


def judge(library, out, name):
    """Shares by category: right by retrieval, by the classifier, and with the answers moved on by one (the control).

    `everyday` counts those prompts apart that name everyday things only, which training favours.
    """
    rows, pictures = read_pictures(out, name)
    candidates = Candidates(library, out)
    small, backgrounds = shrunk(pictures), background_of(pictures)
    classified, accuracy = classify(pictures, library, out)
    found, everyday = {}, {}
    for index, row in enumerate(rows):
        kind = found.setdefault(row["kind"], {"retrieval": [], "classifier": [], "shuffled": [], "missed": []})
        seen = seen_in(row["kind"], small[index], backgrounds[index], candidates)
        right = is_right(row, seen)
        kind["retrieval"].append(right)
        kind["shuffled"].append(is_right(neighbour(rows, index), seen))
        kind["classifier"].append(classified[index] == row["emoji"][0])
        if not right:
            kind["missed"].append(row["prompt"])
        if all(library.is_common(emoji) for emoji in row["emoji"]):
            group = everyday.setdefault(row["kind"].split()[0], {"right": 0, "of": 0})
            group["right"] += int(right)
            group["of"] += 1
    one_object = lambda kind: kind in ("single", "colour", "character") or kind.startswith("language")  # noqa: E731
    shares = {kind: {name: float(np.mean(values)) if name != "missed" else values for name, values in found_.items()
                     if name != "classifier" or one_object(kind)} for kind, found_ in found.items()}
    return {"kinds": shares, "everyday": everyday, "classifierOnOriginals": accuracy}


def main():
    task, data, out = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    tasks = {"prepare": prepare, "classifier": train_classifier, "judge": judge}
    print(json.dumps(tasks[task](compose.Library(data), out, *sys.argv[4:])))


if __name__ == "__main__":
    main()
