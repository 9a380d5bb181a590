import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { parseComputeApps } from "../../src/cli/peak-memory.ts";
import { toRequest } from "../../src/cli/imagine-options.ts";
import { planOutput } from "../../src/cli/output-files.ts";
import { PROJECT_DIR } from "../../src/config.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "sanabot-cli-"));
  await mkdir(join(root, "models", "Owner--tiny", "transformer"), { recursive: true });
  await writeFile(join(root, "models", "Owner--tiny", "transformer", "config.json"), "{}");
  await writeFile(join(root, "words.png"), "no picture");
});
after(() => rm(root, { recursive: true, force: true }));

/** Runs the command line in an empty folder. */
function run(args: string[], environment: Record<string, string> = {}) {
  const env = {
    ...process.env,
    MODELS_DIR: join(root, "models"),
    DATA_DIR: join(root, "data"),
    ...environment,
  };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT_DIR, "src/cli.ts"), ...args],
    {
      cwd: root,
      env,
      encoding: "utf8",
    },
  );
  return { status, stdout, stderr };
}

describe("sanabot imagine", () => {
  const faults: [name: string, args: string[], words: RegExp][] = [
    [
      "a width that is no multiple of 32",
      ["--no-binning", "--width", "100"],
      /--width 100 is not a multiple of 32, .*try 96 or 128/,
    ],
    [
      "a width that is no number",
      ["--width", "wide"],
      /--width <n>' argument 'wide' is invalid\. It must be a whole number from 1 to 8192/,
    ],
    ["a strength without a picture", ["--strength", "0.5"], /--strength needs a picture/],
    ["a strength of 0", ["--init-image", "x.png", "--strength", "0"], /above 0 and up to 1/],
    ["a strength above 1", ["--init-image", "x.png", "--strength", "1.5"], /above 0 and up to 1/],
    ["an unknown scheduler", ["--scheduler", "ddim"], /Allowed choices are dpm\+\+, euler, scm/],
    ["an unknown provider", ["--provider", "gpu"], /Allowed choices are auto, cpu/],
    [
      "a negative seed",
      ["--seed", "-1"],
      /'-1' is invalid\. It must be a whole number from 0 to 2\^53 - 1/,
    ],
    ["a seed of 2^53", ["--seed", "9007199254740992"], /from 0 to 2\^53 - 1/],
    [
      "a last seed above 2^53 - 1",
      ["--seed", "9007199254740991", "--count", "2"],
      /goes beyond 2\^53 - 1/,
    ],
    ["a count of 0", ["--count", "0"], /from 1 to 64/],
    ["half a step", ["--steps", "1.5"], /whole number from 1 to 1000/],
    ["a guidance that is NaN", ["--guidance", "NaN"], /number from 0 to 100/],
    ["an option that does not exist", ["--stepz", "3"], /unknown option '--stepz'\n?.*--steps/],
    [
      "a file of an unknown kind",
      ["--model", "Owner/tiny", "--out", "x.bmp"],
      /--out x\.bmp must end in \.png/,
    ],
    [
      "a folder that is missing",
      ["--model", "tiny2"],
      /There is no model "tiny2"[^]*There is: .*Owner--tiny/,
    ],
    [
      "an output folder that is missing",
      ["--model", "Owner/tiny", "--out", "none/x.png"],
      /there is no folder none/,
    ],
    [
      "a trace that cannot be written",
      ["--model", "Owner/tiny", "--trace", "none/t"],
      /--trace none.t cannot be written/,
    ],
    [
      "a picture that is missing",
      ["--model", "Owner/tiny", "--init-image", "none.png"],
      /none\.png cannot be read/,
    ],
    [
      "a picture that is none",
      ["--model", "Owner/tiny", "--init-image", "words.png"],
      /words\.png: This is not a picture/,
    ],
  ];
  for (const [name, args, words] of faults) {
    it(`answers ${name} with one sentence and exit code 1`, () => {
      const { status, stdout, stderr } = run(["imagine", "a cat", ...args]);
      assert.match(stderr, words);
      assert.doesNotMatch(stderr, /^\s+at /m);
      assert.ok(stderr.trim().split("\n").length <= 2, stderr);
      assert.equal(stdout, "");
      assert.equal(status, 1);
    });
  }

  it("names a bad environment variable before anything starts", () => {
    const { status, stderr } = run(["imagine", "a cat"], { MEMORY: "some" });
    assert.equal(stderr, 'MEMORY is "some"; it must be one of auto, all, sequential.\n');
    assert.equal(status, 1);
  });

  it("names a bad line of .env", async () => {
    await writeFile(join(root, ".env"), "PRECISION=bf16\n");
    const { status, stderr } = run(["imagine", "a cat"]);
    await rm(join(root, ".env"));
    assert.match(stderr, /^PRECISION is "bf16"/);
    assert.equal(status, 1);
  });

  it("leaves nothing behind after a wrong option", async () => {
    assert.deepEqual((await readdir(root)).sort(), ["models", "words.png"]);
  });

  it("shows every option of the contract in --help", () => {
    const { status, stdout } = run(["imagine", "--help"]);
    const options =
      "model out width height steps guidance negative seed count scheduler init-image strength no-binning provider precision rng trace json";
    for (const option of options.split(" ")) assert.ok(stdout.includes(`--${option}`), option);
    assert.equal(status, 0);
  });

  it("prints the version", () => {
    assert.match(run(["--version"]).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

describe("toRequest", () => {
  const base = { count: 1, binning: true, rng: "cpu" } as const;

  it("draws a random seed when none is given", () => {
    const seeds = new Set(Array.from({ length: 20 }, () => toRequest("a cat", base).seed));
    assert.ok(seeds.size > 1);
    assert.ok([...seeds].every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32));
  });

  it("takes the last seed that a number holds exactly", () => {
    assert.equal(
      toRequest("a cat", { ...base, seed: Number.MAX_SAFE_INTEGER }).seed,
      Number.MAX_SAFE_INTEGER,
    );
  });
});

describe("planOutput", () => {
  it("numbers the files of several pictures", async () => {
    const out = join(root, "a.b.webp");
    const { paths, format } = await planOutput(out, { prompt: "x", seed: 1, count: 2 });
    assert.deepEqual(paths, [join(root, "a.b-1.webp"), join(root, "a.b-2.webp")]);
    assert.equal(format, "webp");
  });

  it("takes JPEG by both of its endings, in any case", async () => {
    const facts = { prompt: "x", seed: 1, count: 1 };
    assert.equal((await planOutput(join(root, "a.JPG"), facts)).format, "jpeg");
    assert.equal((await planOutput(join(root, "a.jpeg"), facts)).format, "jpeg");
  });

  it("names a file from prompt and seed without any character that a file system minds", async () => {
    const { paths } = await planOutput(undefined, {
      prompt: "../../A <b>Café</b>: 猫?\n",
      seed: 7,
      count: 1,
    });
    assert.deepEqual(paths, ["a-b-café-b-猫-7.png"]);
  });

  it("names a file for a prompt without letters", async () => {
    assert.deepEqual((await planOutput(undefined, { prompt: "!!", seed: 7, count: 1 })).paths, [
      "picture-7.png",
    ]);
  });

  it("refuses a folder as a file", async () => {
    await mkdir(join(root, "folder.png"), { recursive: true });
    await assert.rejects(
      planOutput(join(root, "folder.png"), { prompt: "x", seed: 1, count: 1 }),
      /is a folder/,
    );
  });
});

describe("parseComputeApps", () => {
  it("adds up the process's memory on all devices", () => {
    assert.equal(parseComputeApps("12, 100\n77, 5\n12, 28\n", 12), 128 * 2 ** 20);
  });

  it("knows nothing where the driver does not say", () => {
    assert.equal(parseComputeApps("12, [N/A]\n", 12), null);
    assert.equal(parseComputeApps("", 12), null);
  });
});
