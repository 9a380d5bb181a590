import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { describe, it } from "node:test";

import { PROJECT_DIR } from "../../src/config.ts";

/** DESIGN.md section 3: a room imports only from the floors below its own; rooms of one floor do not see each other. */
const FLOORS: readonly (readonly string[])[] = [
  ["main", "cli"],
  ["playground"],
  ["commands"],
  ["discord", "http"],
  ["generation"],
  ["queue", "quota", "inference"],
  ["upscale"],
  ["pipeline"],
  ["models"],
  ["image"],
  ["onnx"],
  ["safetensors"],
  ["db"],
  ["i18n"],
  ["telemetry"],
  ["config"],
  ["log"],
  ["errors"],
];
/** The playground stands for Discord itself, so it may know nothing of the bot. */
const PLAYGROUND_MAY_IMPORT: ReadonlySet<string> = new Set(["config", "log", "errors"]);
const ONNX_RUNTIME = /^onnxruntime-/;
/** `import ... from "x"`, `export ... from "x"`, `import "x"` and `import("x")`. */
const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*(["'])(?<specifier>[^"'\n]+)\1/g;

interface Import {
  file: string;
  specifier: string;
}

function filesUnder(folder: string): string[] {
  try {
    const entries = readdirSync(resolve(PROJECT_DIR, folder), {
      recursive: true,
      encoding: "utf8",
    });
    return entries
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name.replaceAll(sep, "/")}`);
  } catch {
    return [];
  }
}

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(PROJECT_DIR, file), "utf8").replaceAll(
    /\/\*[^]*?\*\/|^\s*\/\/.*$/gm,
    "",
  );
  return [...text.matchAll(SPECIFIER)].map((match) => ({
    file,
    specifier: match.groups?.["specifier"] ?? "",
  }));
}

/** The room of a file of the project: `src/onnx/dim.ts` is in `onnx`, `src/errors.ts` in `errors`. */
function roomOf(file: string): string | null {
  const [top = "", second = ""] = file.split("/");
  if (top === "commands") return "commands";
  return top === "src" ? second.replace(/\.ts$/, "") : null;
}

function targetOf({ file, specifier }: Import): string | null {
  if (!specifier.startsWith(".")) return null;
  return relative(PROJECT_DIR, resolve(PROJECT_DIR, dirname(file), specifier)).replaceAll(sep, "/");
}

/** What is wrong with one import, or null. */
function faultOf(found: Import): string | null {
  const room = roomOf(found.file) ?? "";
  if (ONNX_RUNTIME.test(found.specifier))
    return room === "onnx" ? null : "only onnx imports ONNX Runtime";
  const target = targetOf(found);
  if (target === null || target === "package.json") return null;
  const targetRoom = roomOf(target);
  if (targetRoom === null) return "src imports nothing from outside src and commands";
  if (targetRoom === room) return null;
  if (room === "playground" && !PLAYGROUND_MAY_IMPORT.has(targetRoom))
    return "the playground is on its own";
  return floorOf(targetRoom) > floorOf(room) ? null : `${room} is not above ${targetRoom}`;
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

const FILES = [...filesUnder("src"), ...filesUnder("commands")];

describe("the architecture", () => {
  it("has a floor for every file of src", () => {
    assert.ok(FILES.length > 50);
    assert.deepEqual(
      FILES.filter((file) => floorOf(roomOf(file) ?? "") < 0),
      [],
    );
  });

  it("lets a room import only from the floors below its own", () => {
    const faults = FILES.flatMap(importsOf).flatMap((found) => {
      const fault = faultOf(found);
      return fault === null ? [] : [`${found.file} imports ${found.specifier}: ${fault}`];
    });
    assert.deepEqual(faults, []);
  });

  it("keeps Python's training out of the program", () => {
    const outside = FILES.flatMap(importsOf).filter(
      (found) => targetOf(found)?.startsWith("training/") === true,
    );
    assert.deepEqual(outside, []);
  });

  // The rules themselves, so that a test that finds nothing is known to look.
  const cases: [file: string, specifier: string, isAllowed: boolean][] = [
    ["src/pipeline/decode.ts", "../models/x.ts", true],
    ["src/pipeline/text/prompt.ts", "../../errors.ts", true],
    ["src/pipeline/text/prompt.ts", "../types.ts", true],
    ["src/cli/imagine.ts", "../pipeline/sana-pipeline.ts", true],
    ["src/onnx/session.ts", "onnxruntime-node", true],
    ["commands/imagine.ts", "../src/generation/x.ts", true],
    ["src/playground/server.ts", "../config.ts", true],
    ["src/models/x.ts", "../pipeline/decode.ts", false],
    ["src/queue/x.ts", "../quota/x.ts", false],
    ["src/discord/x.ts", "../../commands/index.ts", false],
    ["src/playground/server.ts", "../db/client.ts", false],
    ["src/pipeline/decode.ts", "onnxruntime-node", false],
    ["src/pipeline/decode.ts", "onnxruntime-common", false],
    ["src/image/x.ts", "../../test/support/gemma.ts", false],
    ["src/errors.ts", "./log.ts", false],
    ["src/main.ts", "./cli.ts", false],
  ];
  for (const [file, specifier, isAllowed] of cases) {
    it(`${isAllowed ? "allows" : "refuses"} ${specifier} in ${file}`, () => {
      assert.equal(faultOf({ file, specifier }) === null, isAllowed);
    });
  }

  it("sees imports in every form", () => {
    const text =
      'import a from "a";\nexport { b } from \'b\';\nimport "c";\nawait import("d");\nimport {\n  e,\n} from "e";';
    assert.deepEqual(
      [...text.matchAll(SPECIFIER)].map((match) => match.groups?.["specifier"]),
      ["a", "b", "c", "d", "e"],
    );
  });
});
