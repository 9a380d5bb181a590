// Draws every emoji (flags and components left out) of the three picture sets at SIZE x SIZE into one raw
// RGBA file, with an index beside it.  node rasterize.mjs DATA_DIR   (DATA_DIR holds node_modules)
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { once } from 'node:events'
import path from 'node:path'

const SIZE = 256
const SKIPPED_GROUPS = new Set([2, 9]) // emojibase: components, flags
const dataDir = path.resolve(process.argv[2] ?? '.')
const sharp = createRequire(path.join(dataDir, 'package.json'))('sharp')
sharp.concurrency(1)

const readJson = (name) => JSON.parse(readFileSync(path.join(dataDir, 'node_modules', name), 'utf8'))
const plainCode = (hexcode) => hexcode.toLowerCase().replaceAll('-fe0f', '')

/** Icon name by code point sequence: the character table of `charsFrom`, drawn with the icons of `prefix`. */
function iconSet(prefix, charsFrom = prefix) {
  const { icons, aliases = {}, width = 16, height = 16 } = readJson(`@iconify-json/${prefix}/icons.json`)
  const names = new Map()
  for (const [code, name] of Object.entries(readJson(`@iconify-json/${charsFrom}/chars.json`))) {
    names.set(plainCode(code), name)
  }
  return (hexcode) => {
    const name = names.get(plainCode(hexcode))
    const icon = icons[name] ?? icons[aliases[name]?.parent]
    if (!icon) return undefined
    const box = `${icon.left ?? 0} ${icon.top ?? 0} ${icon.width ?? width} ${icon.height ?? height}`
    return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${SIZE}" height="${SIZE}" viewBox="${box}">${icon.body}</svg>`
  }
}

const sets = {
  flat: iconSet('fluent-emoji-flat'),
  noto: iconSet('noto'),
  '3d': iconSet('fluent-emoji', 'fluent-emoji-flat'),
}
const emojis = readJson('emojibase-data/en/data.json').filter((e) => e.group !== undefined && !SKIPPED_GROUPS.has(e.group))
const out = createWriteStream(path.join(dataDir, 'pictures.raw'))
const index = []
for (const [set, draw] of Object.entries(sets)) {
  for (const { hexcode } of emojis) {
    const svg = draw(hexcode)
    if (!svg) continue
    const pixels = await sharp(Buffer.from(svg))
      .resize(SIZE, SIZE, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
      .ensureAlpha().raw().toBuffer()
    if (pixels.length !== SIZE * SIZE * 4) throw new Error(`${set} ${hexcode}: ${pixels.length} bytes`)
    if (!out.write(pixels)) await once(out, 'drain')
    index.push({ set, hexcode })
  }
  process.stderr.write(`${set}: ${index.length} pictures so far\n`)
}
out.end()
await once(out, 'finish')
writeFileSync(path.join(dataDir, 'pictures.json'), JSON.stringify({ size: SIZE, pictures: index }))
