import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { PROJECT_DIR } from "../../src/config.ts";
import { decodePictureFile } from "../../src/image/decode-picture.ts";
import type { RgbPicture } from "../../src/image/encode-picture.ts";
import { resizeLanczos } from "../../src/image/resize-lanczos.ts";
import { benchFolder } from "./bench-folder.ts";

/** A picture to measure with, at most 512 x 512, sides multiples of 4. */
export interface OpenPicture {
  readonly name: string;
  readonly kind: "photo" | "drawing" | "ours";
  readonly picture: RgbPicture;
}

interface Source {
  readonly package: string;
  /** As the package's own copyright file says; the pictures are fetched, not committed. */
  readonly licence: string;
  readonly folder: string;
  readonly photos: readonly string[];
  readonly drawings: readonly string[];
}

/** Debian packages with pictures under open licences. */
const SOURCES: readonly Source[] = [
  {
    package: "mate-backgrounds",
    licence: "GPL-2+, Ubuntu-Mate-Cold CC-BY-SA-4.0",
    folder: "usr/share/backgrounds/mate",
    photos: [
      "nature/Aqua.jpg",
      "nature/Blinds.jpg",
      "nature/Dune.jpg",
      "nature/FreshFlower.jpg",
      "nature/Garden.jpg",
      "nature/GreenMeadow.jpg",
      "nature/LadyBird.jpg",
      "nature/RainDrops.jpg",
      "nature/Storm.jpg",
      "nature/TwoWings.jpg",
      "nature/Wood.jpg",
      "nature/YellowFlower.jpg",
    ],
    drawings: [
      "abstract/Elephants.jpg",
      "desktop/Float-into-MATE.png",
      "desktop/GreenTraditional.jpg",
      "desktop/Ubuntu-Mate-Cold-no-logo.png",
    ],
  },
  {
    package: "python3-skimage",
    licence: "BSD-3-Clause, its pictures CC0 or public domain",
    folder: "usr/lib/python3/dist-packages/skimage/data",
    photos: [
      "astronaut.png",
      "camera.png",
      "chelsea.png",
      "coffee.png",
      "coins.png",
      "hubble_deep_field.jpg",
      "retina.jpg",
      "rocket.jpg",
    ],
    drawings: ["logo.png", "text.png"],
  },
];

/** Larger pictures are first made this long, where every pixel of a photo counts. */
const LONGEST_PX = 1024;
const CROP_PX = 512;
/** What is cut out of our own samples. */
const OWN_CROPS = [
  { left: 0, top: 0 },
  { left: 640, top: 128 },
];

/** Where the pictures come from, for a report. */
export const PICTURE_SOURCES = SOURCES.map(({ package: name, licence }) => `${name} (${licence})`);

/**
 * Fetches the packages once, with Debian's own client, and cuts the pictures.
 *
 * @throws {Error} where there is no such client or no network.
 */
export async function openPictures(): Promise<OpenPicture[]> {
  const pictures: OpenPicture[] = [];
  for (const source of SOURCES) {
    const folder = join(await fetchPackage(source.package), source.folder);
    for (const kind of ["photo", "drawing"] as const) {
      for (const name of kind === "photo" ? source.photos : source.drawings)
        pictures.push({
          name,
          kind,
          picture: prepare(await decodePictureFile(join(folder, name))),
        });
    }
  }
  const samples = await decodePictureFile(join(PROJECT_DIR, "models/emoji/samples.png"));
  const own = OWN_CROPS.map((at, index) => {
    const picture = crop(samples, { ...at, width: CROP_PX, height: CROP_PX });
    return { name: `samples-${index}`, kind: "ours" as const, picture };
  });
  return [...pictures, ...own];
}

async function fetchPackage(name: string): Promise<string> {
  const folder = join(await benchFolder(), "pictures", name);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  const run = promisify(execFile);
  await run("apt-get", ["download", name], { cwd: part });
  const [archive = ""] = await readdir(part);
  await run("dpkg-deb", ["-x", join(part, archive), part]);
  await rm(join(part, archive));
  await rename(part, folder);
  return folder;
}

function prepare(picture: RgbPicture): RgbPicture {
  const ratio = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const [width, height] = [
    Math.round(picture.width * ratio),
    Math.round(picture.height * ratio),
  ] as const;
  const fitted = resizeLanczos(picture, { width, height });
  const size = { width: cropped(width), height: cropped(height) };
  const left = Math.floor((width - size.width) / 2);
  return crop(fitted, { left, top: Math.floor((height - size.height) / 2), ...size });
}

function cropped(side: number): number {
  return Math.min(CROP_PX, side - (side % 4));
}

function crop(
  picture: RgbPicture,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): RgbPicture {
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    const from = 3 * ((top + y) * picture.width + left);
    rgb.set(picture.rgb.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { rgb, width, height };
}
