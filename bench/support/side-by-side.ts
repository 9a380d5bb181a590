import { writeFile } from "node:fs/promises";

import { encodePicture, type RgbPicture } from "../../src/image/encode-picture.ts";

/** Pixels of one picture's cut, shown twice as large. */
const CUT_PX = 160;
const ZOOM = 2;
const GAP_PX = 8;

/** Writes the same cut of several versions of each picture next to each other, a row for each picture. */
export async function writeSideBySide(
  path: string,
  rows: readonly (readonly RgbPicture[])[],
): Promise<void> {
  const cell = CUT_PX * ZOOM + GAP_PX;
  const width = cell * Math.max(...rows.map((row) => row.length));
  const height = cell * rows.length;
  const sheet = { rgb: new Uint8Array(3 * width * height).fill(255), width, height };
  for (const [row, pictures] of rows.entries())
    for (const [column, picture] of pictures.entries())
      paste(sheet, picture, { left: column * cell, top: row * cell });
  await writeFile(path, await encodePicture(sheet, { format: "png", recipe: null }));
}

function paste(
  sheet: RgbPicture,
  picture: RgbPicture,
  { left, top }: { left: number; top: number },
): void {
  const [fromX, fromY] = [picture.width, picture.height].map((side) =>
    Math.max(0, Math.floor((side - CUT_PX) / 2)),
  );
  for (let y = 0; y < CUT_PX * ZOOM; y += 1) {
    for (let x = 0; x < CUT_PX * ZOOM; x += 1) {
      const sourceX = Math.min(picture.width - 1, (fromX ?? 0) + Math.floor(x / ZOOM));
      const sourceY = Math.min(picture.height - 1, (fromY ?? 0) + Math.floor(y / ZOOM));
      const from = 3 * (sourceY * picture.width + sourceX);
      sheet.rgb.set(picture.rgb.subarray(from, from + 3), 3 * ((top + y) * sheet.width + left + x));
    }
  }
}
