import assert from "node:assert/strict";
import { type ChildProcess, execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";

import { PROJECT_DIR } from "../../src/config.ts";
import {
  LICENSE_TEXT,
  REPOSITORY_ID,
  tinyRepositoryFiles,
  WEIGHTS,
} from "../support/hub-repository.ts";
import { HubServer, type Request } from "../support/hub-server.ts";
import { temporaryFolder, tinyCheckpoint } from "../support/tiny-checkpoint.ts";

const ROOT = await temporaryFolder();
const TINY = await tinyRepositoryFiles();
/** DirectML is on Windows only, CUDA on Linux only. */
const NO_PROVIDER = process.platform === "win32" ? "cuda" : "dml";

let hub: HubServer;
let dataDir: string;
before(async () => {
  hub = await HubServer.start();
});
beforeEach(async () => {
  hub.requests.length = 0;
  hub.repositories.set(REPOSITORY_ID, { files: TINY });
  dataDir = await mkdtemp(join(ROOT, "data-"));
});
after(() => hub.stop());

interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

function models(
  args: string[],
  environment: Record<string, string> = {},
  onStart?: (child: ChildProcess) => void,
): Promise<Outcome> {
  const { MODEL: _, MODELS_DIR: __, HF_TOKEN: ___, ...rest } = process.env;
  const env = { ...rest, DATA_DIR: dataDir, HF_ENDPOINT: hub.endpoint, ...environment };
  const command = [join(PROJECT_DIR, "src/cli.ts"), "models", ...args];
  return new Promise((resolve) => {
    const settings = { cwd: ROOT, env };
    const child = execFile(process.execPath, command, settings, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
    onStart?.(child);
  });
}

async function waitUntil(isReached: () => boolean): Promise<void> {
  while (!isReached()) await setTimeout(20);
}

/** The transfer itself, which comes after the header was read by a range. */
function isWholeTransfer({ server, headers }: Request): boolean {
  return server === "cdn" && headers.range === undefined;
}

function parse(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("sanabot models", () => {
  it("lists the catalogue and what is here", async () => {
    await mkdir(join(dataDir, "models"));
    await cp(tinyCheckpoint("base"), join(dataDir, "models/mine"), { recursive: true });
    const { stdout, stderr } = await models(["list"]);
    assert.match(
      stdout,
      /Efficient-Large-Model\/Sana_600M_512px_diffusers +512 px +fp16 +7\.7 GB +8\.\d to 12\.\d GB/,
    );
    assert.match(stdout, /Also here: mine\n/);
    assert.equal(stderr, "");
  });

  it("lists as JSON", async () => {
    const { stdout } = await models(["list", "--json"]);
    const { models: known, default: used } = parse(stdout);
    assert.ok(Array.isArray(known) && known.length >= 17);
    assert.equal(used, "emoji");
  });

  it("recommends with reasons for this machine", async () => {
    const { stdout, stderr } = await models(["recommend"], { PROVIDER: "cpu" });
    assert.match(stdout, /This machine: \d+\.\d GB of memory, .* GFLOP\/s on the CPU/);
    assert.match(stdout, /A picture takes about/);
    assert.equal(stderr, "");
  });

  it("pulls, shows the licence, verifies what came, and draws with it once it is used", async () => {
    const pulled = await models(["pull", REPOSITORY_ID]);
    assert.equal(pulled.stderr, "");
    assert.ok(pulled.stdout.includes(`  | ${LICENSE_TEXT.trim()}`));
    assert.match(pulled.stdout, /Gemma's terms/);
    assert.deepEqual(
      await readFile(join(dataDir, "models/Efficient-Large-Model--Tiny_diffusers", WEIGHTS)),
      Buffer.from(TINY[WEIGHTS] ?? ""),
    );
    const verified = await models(["verify", REPOSITORY_ID, "--json"], { PROVIDER: "cpu" });
    const { hashedFiles, unusedTensors, dryRun } = parse(verified.stdout);
    assert.equal(hashedFiles, Object.keys(TINY).length - 1);
    assert.deepEqual(unusedTensors, []);
    assert.notEqual(dryRun, null);
    await models(["use", REPOSITORY_ID]);
    const { default: used, others } = parse((await models(["list", "--json"])).stdout);
    assert.equal(used, REPOSITORY_ID);
    assert.deepEqual(others, ["Efficient-Large-Model--Tiny_diffusers"]);
  });

  it("finds a downloaded model by the name behind its owner", async () => {
    await models(["pull", REPOSITORY_ID]);
    const { stdout } = await models(["use", "Tiny_diffusers"]);
    assert.match(stdout, /Efficient-Large-Model--Tiny_diffusers is used from now on/);
  });

  it("shows a licence without what would steer the terminal", async () => {
    const LICENSE = Buffer.from("\u001B[31mRed\u001B]0;title\u0007 \u202Eterms\n");
    hub.repositories.set(REPOSITORY_ID, { files: { ...TINY, LICENSE } });
    const { stdout } = await models(["pull", REPOSITORY_ID]);
    assert.ok(stdout.includes("  | [31mRed]0;title terms\n"), stdout);
  });

  it("lets MODEL win over the remembered model, and says so", async () => {
    const { stdout } = await models(["use", tinyCheckpoint("base")], { MODEL: "emoji" });
    assert.match(stdout, /MODEL=emoji .* still wins/);
    const list = await models(["list", "--json"], { MODEL: "emoji" });
    assert.equal(parse(list.stdout)["default"], "emoji");
    const plain = await models(["list", "--json"]);
    assert.equal(parse(plain.stdout)["default"], tinyCheckpoint("base"));
  });

  it("builds a folder's graphs and says what they cost", async () => {
    const { stdout } = await models(["build", tinyCheckpoint("base")]);
    assert.match(stdout, /transformer +\d+ +\d\.\d MB +\d\.\d+ GFLOP/);
    assert.match(stdout, /No tensor is left over/);
  });

  it("stops a pull at Ctrl-C and says that it will go on", async () => {
    hub.fail(WEIGHTS, { kind: "ignore-range" }, { kind: "stall", afterBytes: 100_000 });
    const stopping = models(["pull", REPOSITORY_ID], {}, (child) => {
      void waitUntil(() => hub.transfersOf(WEIGHTS).some(isWholeTransfer)).then(() =>
        child.kill("SIGINT"),
      );
    });
    const { status, stderr } = await stopping;
    assert.equal(status, 130);
    assert.match(stderr, /Cancelled the download; what has arrived is kept/);
    const again = await models(["pull", REPOSITORY_ID]);
    assert.match(again.stdout, /still to come/);
    assert.equal(again.status, 0);
  });

  const mistakes: [args: string[], words: RegExp][] = [
    [["pull", "no/such"], /no\/such does not exist on http.* or is private/],
    [["pull", "nonsense"], /"nonsense" is no repository of the hub/],
    [["pull", "mit-han-lab/svdq-int4-sana-1600m"], /cannot be used here: its int4 weights/],
    [["use", "Sana_600M_512px_diffusers"], /models pull Efficient-Large-Model\/Sana_600M_512px/],
    [["verify", "missing"], /There is no model "missing"/],
    [["use", "/nowhere/at/all"], /To download one: npx sanabot models pull ID$/m],
    [["recommend"], /^The provider \w+ is not available here\. .* (only|fetches)\.$/m],
  ];
  for (const [args, words] of mistakes) {
    it(`answers ${args.join(" ")} with one sentence`, async () => {
      const { status, stdout, stderr } = await models(args, { PROVIDER: NO_PROVIDER });
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.match(stderr, words);
      assert.equal(stderr.trimEnd().split("\n").length, 1);
    });
  }
});
