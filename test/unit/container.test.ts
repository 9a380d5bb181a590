import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";

import { type Copy, DockerfileParser, type Instruction } from "dockerfile-ast";
import { parse } from "yaml";
import { z } from "zod";

import packageJson from "../../package.json" with { type: "json" };
import { ENVIRONMENT_NAMES, parseConfig, PROJECT_DIR } from "../../src/config.ts";

const read = (path: string): string => readFileSync(join(PROJECT_DIR, path), "utf8");

interface Stage {
  readonly name: string;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of the Dockerfile, in their order. */
function stagesOf(text: string): Stage[] {
  const dockerfile = DockerfileParser.parse(text);
  const froms = dockerfile.getFROMs();
  const lineOf = (one: Instruction): number => one.getRange().start.line;
  return froms.map((from, index) => {
    const next = froms[index + 1];
    const [first, end] = [lineOf(from), next === undefined ? Infinity : lineOf(next)];
    return {
      name: from.getBuildStage() ?? "",
      image: from.getImage() ?? "",
      instructions: dockerfile
        .getInstructions()
        .filter((one) => lineOf(one) > first && lineOf(one) < end),
    };
  });
}

const stages = stagesOf(read("Dockerfile"));
const [cpu, cuda] = ["cpu", "cuda"].map((name) => stages.find((stage) => stage.name === name));
const shipped = [cpu, cuda].filter((stage) => stage !== undefined);

/** The arguments of a stage's instructions of one kind, as they are written. */
function given({ instructions }: Stage, keyword: string): string[] {
  return instructions
    .filter((one) => one.getKeyword() === keyword)
    .map((one) => one.getArgumentsContent() ?? "");
}

/** What a stage copies from the project, by the names in it. */
function copiedFromProject({ instructions }: Stage): string[] {
  return instructions
    .filter((one): one is Copy => one.getKeyword() === "COPY")
    .filter((one) => one.getFlags().every((flag) => flag.getName() !== "from"))
    .flatMap((one) =>
      one
        .getArguments()
        .slice(0, -1)
        .map((argument) => argument.getValue()),
    );
}

/** Top-level names of the project that its code reads: what it imports, and what it joins to the project's folder. */
function neededAtRunTime(): Set<string> {
  const files = globSync("{src,commands}/**/*.ts", { cwd: PROJECT_DIR });
  const named = files.flatMap((file) => {
    const text = read(file);
    const imported = [...text.matchAll(/(?:from|import|new URL\() ?"(\.{1,2}\/[^"]+)"/g)].map(
      ([, path = ""]) => relative(PROJECT_DIR, join(PROJECT_DIR, dirname(file), path)),
    );
    const joined = [...text.matchAll(/PROJECT_DIR, "([^"]+)"/g)].map(([, name = ""]) => name);
    return imported.concat(joined);
  });
  return new Set(named.map((path) => path.split("/")[0] ?? "").filter((name) => name !== "data"));
}

describe("the container's files", () => {
  it("have an image for the processor, which is the default, and one for CUDA", () => {
    assert.equal(stages.at(-1), cpu);
    assert.equal(shipped.length, 2);
  });

  it("begin from images of a version, Node's being the one that the project is tested with", () => {
    const earlier = new Set<string>();
    for (const { name, image } of stages) {
      if (!earlier.has(image)) assert.match(image, /^[a-z/]+:\d+\.\d+\.\d+-/);
      if (image.startsWith("node:"))
        assert.ok(image.startsWith(`node:${packageJson.devDependencies.node}-`), image);
      earlier.add(name);
    }
  });

  it("run as the same user in both images, who is not root and has the data's folder", () => {
    for (const stage of shipped) {
      assert.deepEqual(given(stage, "USER"), ["1000:1000"]);
      assert.ok(given(stage, "RUN").some((run) => run.includes("chown 1000:1000 /data")));
    }
  });

  it("ask for the program's health", () => {
    for (const stage of shipped) assert.match(given(stage, "HEALTHCHECK").join(), /\/livez/);
  });

  it("start the program that package.json starts", () => {
    for (const stage of shipped)
      assert.deepEqual(
        JSON.parse(given(stage, "CMD").join()),
        packageJson.scripts.start.split(" "),
      );
  });

  it("hold no secret", () => {
    const set = stages.flatMap((stage) => [...given(stage, "ENV"), ...given(stage, "ARG")]);
    for (const text of set) assert.doesNotMatch(text, /TOKEN|PASSWORD|SECRET|KEY/i);
    assert.ok(read(".dockerignore").split("\n").includes(".env"));
  });

  it("copy only what is there and not ignored", () => {
    const ignored = new Set(read(".dockerignore").split("\n"));
    for (const path of stages.flatMap(copiedFromProject)) {
      assert.ok(existsSync(join(PROJECT_DIR, path)), path);
      assert.ok(!ignored.has(path), path);
    }
  });

  it("copy everything that the program reads", () => {
    const needed = neededAtRunTime();
    assert.ok(needed.has("migrations") && needed.has("package.json") && needed.has("commands"));
    for (const stage of shipped) {
      const copied = new Set(copiedFromProject(stage));
      assert.deepEqual(
        [...needed].filter((name) => !copied.has(name)),
        [],
        stage.name,
      );
    }
  });

  it("set no variable that the program does not read", () => {
    const names = new Set([...ENVIRONMENT_NAMES, "NODE_ENV"]);
    for (const stage of shipped)
      for (const [, name = ""] of given(stage, "ENV")
        .join(" ")
        .matchAll(/(\w+)=/g))
        assert.ok(names.has(name), name);
  });
});

const serviceSchema = z.object({
  environment: z.record(z.string(), z.string()),
  build: z.object({ target: z.string() }).optional(),
  read_only: z.boolean().optional(),
  volumes: z.array(z.string()),
});
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
});

/** What Compose makes of a text where only variables without a default are set, each to its own name in small letters. */
function filled(text: string): string {
  return text
    .replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1")
    .replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => name.toLowerCase());
}

describe("compose.yaml", () => {
  const { services, volumes } = composeSchema.parse(parse(read("compose.yaml"), { merge: true }));
  const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);

  it("starts a gateway and a worker with settings that the program takes", () => {
    const roles = ours.map(([name, { environment }]) => {
      for (const key of Object.keys(environment)) assert.ok(ENVIRONMENT_NAMES.includes(key), key);
      const config = parseConfig(
        Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, filled(value)])),
      );
      assert.equal(config.databaseUrl, "postgres://sanabot:postgres_password@database/sanabot");
      return [name, config.role];
    });
    assert.deepEqual(roles, [
      ["gateway", "gateway"],
      ["worker", "worker"],
    ]);
  });

  it("gives the bot's token to the gateway alone, and writes no secret down", () => {
    assert.equal(services["worker"]?.environment["DISCORD_TOKEN"], undefined);
    for (const { environment } of Object.values(services))
      for (const [key, value] of Object.entries(environment))
        if (/TOKEN|PASSWORD/.test(key)) assert.match(value, /^\$\{\w+:[?-][^}]*\}$/);
  });

  it("gives gateway and worker the same model, links and folder of originals", () => {
    const [gateway, worker] = ours.map(([, service]) => service);
    for (const key of ["MODEL", "PUBLIC_URL", "DATABASE_URL"])
      assert.equal(gateway?.environment[key], worker?.environment[key]);
    assert.deepEqual(gateway?.volumes, worker?.volumes);
  });

  it("builds stages that there are, writes to volumes that there are, and to nothing else", () => {
    for (const [, { build, read_only: isReadOnly, volumes: used }] of ours) {
      assert.ok(stages.some(({ name }) => name === build?.target));
      assert.equal(isReadOnly, true);
      for (const volume of used) assert.ok((volume.split(":")[0] ?? "") in volumes);
    }
  });
});

describe(".env.example", () => {
  it("explains every variable that the program reads, and no other", () => {
    const explained = [...read(".env.example").matchAll(/^#([A-Z_]+)=/gm)].map(
      ([, name = ""]) => name,
    );
    assert.deepEqual(new Set(explained), new Set(ENVIRONMENT_NAMES));
    assert.equal(explained.length, ENVIRONMENT_NAMES.length);
  });
});
