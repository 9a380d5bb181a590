import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  stat,
  writeFile,
} from "node:fs/promises";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";

import { readDownloadRecord } from "../../src/models/hub/download-record.ts";
import {
  type PullLicense,
  type PullOptions,
  type PullPlan,
  pullModel,
} from "../../src/models/hub/pull-model.ts";
import {
  indexOf,
  LICENSE_TEXT,
  REPOSITORY_ID,
  tinyRepositoryFiles,
  WEIGHTS,
  weightsOf,
} from "../support/hub-repository.ts";
import { HubServer } from "../support/hub-server.ts";
import { encodeFile } from "../support/safetensors-bytes.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

/** Real pauses, but short ones. */
const POLICY = { stallMs: 400, backOffMs: 5, attempts: 4, maxWaitMs: 3000 };
const FOLDER = REPOSITORY_ID.replace("/", "--");
const TOKEN = "hf_secret";
const ROOT = await temporaryFolder();
const TINY = await tinyRepositoryFiles();

let hub: HubServer;
let modelsDir: string;
beforeEach(async () => {
  hub = await HubServer.start();
  hub.repositories.set(REPOSITORY_ID, { files: { ...TINY } });
  modelsDir = await mkdtemp(join(ROOT, "models-"));
});
afterEach(() => hub.stop());

function pull(options: Partial<PullOptions> = {}): ReturnType<typeof pullModel> {
  return pullModel(REPOSITORY_ID, {
    endpoint: hub.endpoint,
    modelsDir,
    dtype: null,
    policy: POLICY,
    ...options,
  });
}

function placed(path: string): Promise<Buffer> {
  return readFile(join(modelsDir, FOLDER, path));
}

/** Where a transfer of the weights went on, for each request after the one that read the header. */
function rangesOfWeights(): (string | undefined)[] {
  return hub
    .transfersOf(WEIGHTS)
    .filter(({ server }) => server === "cdn")
    .slice(1)
    .map(({ headers }) => headers.range);
}

describe("pullModel", () => {
  it("puts every file in its place, byte for byte", async () => {
    const { folder, isNew } = await pull();
    assert.equal(folder, join(modelsDir, FOLDER));
    assert.equal(isNew, true);
    for (const [path, content] of Object.entries(TINY)) {
      if (path === ".gitattributes") continue;
      assert.deepEqual(await placed(path), Buffer.from(content), path);
    }
    assert.deepEqual(await readdir(modelsDir), [FOLDER]);
  });

  it("records each file's SHA-256 and the commit", async () => {
    const { folder } = await pull();
    const record = await readDownloadRecord(folder);
    assert.equal(record?.commit, "a".repeat(40));
    const weights = record?.files.find(({ path }) => path === WEIGHTS);
    const expected = createHash("sha256")
      .update(TINY[WEIGHTS] ?? "")
      .digest("hex");
    assert.equal(weights?.sha256, expected);
    assert.equal(record?.files.length, Object.keys(TINY).length - 1);
  });

  it("transfers nothing when the same commit is there", async () => {
    await pull();
    hub.requests.length = 0;
    assert.equal((await pull()).isNew, false);
    assert.deepEqual(
      hub.transfersOf(WEIGHTS).filter(({ headers }) => headers.range === undefined),
      [],
    );
  });

  it("tells the plan and the licence before the weights come", async () => {
    hub.repositories.set(REPOSITORY_ID, { files: TINY, cardData: { license_name: "kind-1.0" } });
    const seen: string[] = [];
    let license: PullLicense | undefined;
    let plan: PullPlan | undefined;
    await pull({
      onPlan: (given) => (plan = given),
      onLicense: (given) => {
        license = given;
        seen.push(...rangesOfWeights().map(String));
      },
    });
    assert.deepEqual(license, { name: "kind-1.0", text: LICENSE_TEXT });
    assert.deepEqual(seen, []);
    assert.equal(plan?.missingBytes, plan?.totalBytes);
    assert.equal(plan?.dtypes["transformer"], "F32");
  });

  it("counts every byte up to the total", async () => {
    const done: number[] = [];
    let total = 0;
    await pull({
      onProgress: ({ doneBytes, totalBytes }) => {
        done.push(doneBytes);
        total = totalBytes;
      },
    });
    const expected = Object.entries(TINY).reduce(
      (sum, [path, { byteLength }]) => sum + (path === ".gitattributes" ? 0 : byteLength),
      0,
    );
    assert.equal(total, expected);
    assert.equal(done.at(-1), expected);
  });

  it("sends the token to the hub and not to the host that it redirects to", async () => {
    hub.repositories.set(REPOSITORY_ID, { files: TINY, token: TOKEN });
    await pull({ token: TOKEN });
    const tokens = (server: string): Set<string | undefined> =>
      new Set(
        hub.requests
          .filter((request) => request.server === server)
          .map(({ headers }) => headers.authorization),
      );
    assert.deepEqual(tokens("hub"), new Set([`Bearer ${TOKEN}`]));
    assert.deepEqual(tokens("cdn"), new Set([undefined]));
  });

  it("goes on where a broken connection left off", async () => {
    hub.fail(WEIGHTS, { kind: "ignore-range" }, { kind: "break", afterBytes: 100_000 });
    await pull();
    assert.deepEqual(rangesOfWeights(), [undefined, "bytes=100000-"]);
    assert.deepEqual(await placed(WEIGHTS), Buffer.from(TINY[WEIGHTS] ?? ""));
  });

  it("goes on after a stalled connection", async () => {
    hub.fail(WEIGHTS, { kind: "ignore-range" }, { kind: "stall", afterBytes: 100_000 });
    await pull();
    assert.deepEqual(rangesOfWeights(), [undefined, "bytes=100000-"]);
  });

  it("begins anew when the server ignores the range", async () => {
    hub.fail(
      WEIGHTS,
      { kind: "ignore-range" },
      { kind: "break", afterBytes: 100_000 },
      { kind: "ignore-range" },
    );
    await pull();
    assert.deepEqual(await placed(WEIGHTS), Buffer.from(TINY[WEIGHTS] ?? ""));
  });

  it("does not glue two versions of a file together", async () => {
    hub.fail(WEIGHTS, { kind: "ignore-range" }, { kind: "break", afterBytes: 100_000 });
    const changing = pull({
      onProgress: ({ doneBytes }) => {
        if (doneBytes > 200_000) hub.etagSalt = "-changed";
      },
    });
    await changing;
    assert.equal(rangesOfWeights().length, 2);
    assert.deepEqual(await placed(WEIGHTS), Buffer.from(TINY[WEIGHTS] ?? ""));
  });

  it("goes on in the next pull after all attempts failed", async () => {
    hub.fail(
      WEIGHTS,
      { kind: "ignore-range" },
      { kind: "break", afterBytes: 100_000 },
      ...Array.from({ length: POLICY.attempts }, () => ({ kind: "status", status: 503 }) as const),
    );
    await assert.rejects(pull(), { code: "network", message: /fault \(503\).*pull again/s });
    assert.equal((await readdir(modelsDir)).includes(FOLDER), false);
    hub.fail(WEIGHTS);
    hub.requests.length = 0;
    await pull();
    assert.deepEqual(rangesOfWeights(), ["bytes=100000-"]);
  });

  it("deletes a file with a wrong hash and says so", async () => {
    hub.fail(WEIGHTS, { kind: "ignore-range" }, { kind: "corrupt" });
    await assert.rejects(pull(), {
      code: "network",
      message:
        /diffusion_pytorch_model\.safetensors arrived damaged and was deleted: its sha256 is/,
    });
    const staging = join(modelsDir, `.${FOLDER}.download`);
    assert.deepEqual(
      (await readdir(join(staging, "transformer"))).filter((name) => name.includes("safetensors")),
      [],
    );
    await pull();
    assert.deepEqual(await placed(WEIGHTS), Buffer.from(TINY[WEIGHTS] ?? ""));
  });

  it("checks git's own files by their blob hash", async () => {
    hub.fail("README.md", { kind: "corrupt" });
    await assert.rejects(pull(), { message: /README\.md arrived damaged.*git-sha1/ });
  });

  it("waits as long as Retry-After says", async () => {
    hub.fail("revision", { kind: "status", status: 429, headers: { "retry-after": "1" } });
    const started = performance.now();
    await pull();
    assert.ok(performance.now() - started >= 990);
  });

  it("does not wait for longer than it would", async () => {
    hub.fail("revision", { kind: "status", status: 429, headers: { "retry-after": "3600" } });
    await assert.rejects(pull(), { code: "network", message: /It asks to wait 3600 seconds/ });
  });

  it("tries again when the list meets a fault of the server", async () => {
    hub.fail("tree", { kind: "status", status: 502 }, { kind: "status", status: 500 });
    assert.equal((await pull()).isNew, true);
  });

  it("says that a repository does not exist or is private", async () => {
    await assert.rejects(pullModel("no/such", { endpoint: hub.endpoint, modelsDir, dtype: null }), {
      code: "no_access",
      message: /no\/such does not exist on .* or is private\. Check the name, or set HF_TOKEN/,
    });
  });

  it("says when the terms have to be accepted", async () => {
    hub.repositories.set(REPOSITORY_ID, { files: TINY, token: TOKEN });
    await assert.rejects(pull({ token: "other" }), {
      code: "no_access",
      message: /the account of HF_TOKEN has no access/,
    });
  });

  it("says which revision does not exist", async () => {
    hub.fail("revision", { kind: "status", status: 404 });
    await assert.rejects(pull({ revision: "v9" }), { code: "model_not_found" });
  });

  it("refuses a name that is none", async () => {
    for (const id of ["emoji", "../../etc", "a/b/c", "a/../b"])
      await assert.rejects(pullModel(id, { endpoint: hub.endpoint, modelsDir, dtype: null }), {
        code: "invalid_option",
      });
  });

  it("refuses what the disk has no room for, before the transfer", async () => {
    const huge = 9e15;
    const entry = { dtype: "F32", shape: [huge / 4], data_offsets: [0, huge] };
    const weights = encodeFile({ all: entry }, 0);
    hub.repositories.set(REPOSITORY_ID, {
      files: { ...TINY, [WEIGHTS]: weights, "LICENSE-GEMMA": Buffer.from("x") },
      listedSizes: {
        "tokenizer/tokenizer.json": 40_000_000,
        [WEIGHTS]: weights.byteLength + huge,
      },
    });
    await assert.rejects(pull(), { code: "disk", message: /GB free, and 9000000\.0 GB are still/ });
    assert.deepEqual(hub.transfersOf("LICENSE"), []);
  });

  it("says that the disk became full, and goes on when there is room", async (t) => {
    const handle = await open(join(modelsDir, "any"), "w");
    const written = t.mock.method(Object.getPrototypeOf(handle) as FileHandle, "write", () => {
      throw Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" });
    });
    await assert.rejects(pull(), {
      code: "disk",
      message: /^The disk is full at .*what has arrived is kept/,
    });
    written.mock.restore();
    await handle.close();
    assert.equal((await pull()).isNew, true);
  });

  it("stops on a signal and goes on in the next pull", async () => {
    hub.fail(WEIGHTS, { kind: "ignore-range" }, { kind: "stall", afterBytes: 100_000 });
    const controller = new AbortController();
    const stopped = pull({
      signal: controller.signal,
      onProgress: ({ doneBytes, totalBytes }) => {
        if (doneBytes > 0.7 * totalBytes) controller.abort();
      },
    });
    await assert.rejects(stopped, { code: "cancelled", message: /what has arrived is kept/ });
    await pull();
    assert.deepEqual(await placed(WEIGHTS), Buffer.from(TINY[WEIGHTS] ?? ""));
  });

  it("keeps nothing of a cancelled pull of another dtype", async () => {
    const shard = "transformer/diffusion_pytorch_model.fp16-00001-of-00001.safetensors";
    const files = {
      ...TINY,
      "transformer/diffusion_pytorch_model.safetensors.index.fp16.json": indexOf(basename(shard)),
      [shard]: weightsOf("F16"),
    };
    hub.repositories.set(REPOSITORY_ID, { files });
    const outage = Array.from(
      { length: POLICY.attempts },
      () => ({ kind: "status", status: 503 }) as const,
    );
    hub.fail(shard, { kind: "ignore-range" }, { kind: "break", afterBytes: 1000 }, ...outage);
    await assert.rejects(pull({ dtype: "F16" }), { code: "network" });
    const left = await readdir(join(modelsDir, `.${FOLDER}.download`, "transformer"));
    assert.ok(left.includes(`${basename(shard)}.part`), left.join());
    hub.fail(shard);
    await pull({ dtype: "F32" });
    assert.deepEqual((await readdir(join(modelsDir, FOLDER, "transformer"))).sort(), [
      "config.json",
      "diffusion_pytorch_model.safetensors",
    ]);
  });

  it("keeps a second process out, and lets it in afterwards", async () => {
    hub.fail("revision", { kind: "status", status: 429, headers: { "retry-after": "1" } });
    const first = pull();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await assert.rejects(pull(), { code: "disk", message: /Another process is pulling/ });
    await first;
    assert.equal((await pull()).isNew, false);
  });

  it("takes over unchanged weights and the owner's own files into a new commit", async () => {
    await pull();
    await writeFile(join(modelsDir, FOLDER, "sanabot.json"), '{ "name": "mine" }');
    const files = { ...TINY, "README.md": Buffer.from("# Tiny, second edition\n") };
    hub.repositories.set(REPOSITORY_ID, { files, commit: "b".repeat(40) });
    hub.requests.length = 0;
    let plan: PullPlan | undefined;
    await pull({ onPlan: (given) => (plan = given) });
    assert.ok((plan?.missingBytes ?? Infinity) < 10_000, `${plan?.missingBytes}`);
    assert.deepEqual(rangesOfWeights(), []);
    assert.equal((await placed("README.md")).toString(), "# Tiny, second edition\n");
    assert.equal((await placed("sanabot.json")).toString(), '{ "name": "mine" }');
  });

  it("fetches anew what was damaged in the folder that it left", async () => {
    hub.fail(
      WEIGHTS,
      { kind: "ignore-range" },
      ...Array.from({ length: 9 }, () => ({ kind: "status", status: 500 }) as const),
    );
    await assert.rejects(pull());
    const vae = join(modelsDir, `.${FOLDER}.download`, "vae/diffusion_pytorch_model.safetensors");
    const { size } = await stat(vae);
    await writeFile(vae, Buffer.alloc(size));
    hub.fail(WEIGHTS);
    await pull();
    const path = "vae/diffusion_pytorch_model.safetensors";
    assert.deepEqual(await placed(path), Buffer.from(TINY[path] ?? ""));
  });

  it("leaves a folder alone that somebody else made", async () => {
    await mkdir(join(modelsDir, FOLDER));
    await assert.rejects(pull(), { code: "disk", message: /was not made by pull/ });
  });

  it("gives up on a hub that is not there", async () => {
    hub.stop();
    await assert.rejects(pull(), {
      code: "network",
      message: /the connection failed .*Tried 4 times/s,
    });
  });
});
