import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { PROJECT_DIR } from "../../src/config.ts";
import { CATALOGUE, findCatalogueEntry, NOT_SUPPORTED } from "../../src/models/catalogue.ts";
import { downloadBytes, estimateMemory } from "../../src/models/model-sizes.ts";
import { type MachineFacts, recommend } from "../../src/models/recommend.ts";

const GB = 1e9;
const DESKTOP: MachineFacts = {
  freeDiskBytes: 500 * GB,
  memoryBytes: 32 * GB,
  cpuFlopsPerSecond: 200e9,
  gpuFlopsPerSecond: null,
  provider: "cpu",
  gpuMemoryBytes: null,
  gpuName: null,
  downloaded: new Set(),
};

function find(machine: Partial<MachineFacts>, name: string) {
  const { all } = recommend({ ...DESKTOP, ...machine });
  const found = all.find(({ entry }) => entry.id.endsWith(`/${name}`));
  assert.ok(found !== undefined);
  return found;
}

/** Parameters by the tensor lists that diffusers' own classes gave. */
function parametersOf(list: string): number {
  const path = join(PROJECT_DIR, "bench/support/tensor-lists", `${list}.json`);
  const tensors = JSON.parse(readFileSync(path, "utf8")) as Record<string, number[]>;
  return Object.values(tensors).reduce(
    (total, shape) => total + shape.reduce((size, dim) => size * dim, 1),
    0,
  );
}

describe("the catalogue", () => {
  it("has every usable checkpoint of SANA.md 1.2 once", () => {
    assert.equal(new Set(CATALOGUE.map(({ id }) => id)).size, CATALOGUE.length);
    assert.equal(CATALOGUE.length, 17);
  });

  it("finds an entry by its id and by the name behind the slash", () => {
    const id = "Efficient-Large-Model/Sana_600M_512px_diffusers";
    assert.equal(findCatalogueEntry(id)?.id, id);
    assert.equal(findCatalogueEntry("Sana_600M_512px_diffusers")?.id, id);
    assert.equal(findCatalogueEntry("emoji"), undefined);
  });

  it("names none that it says cannot be used", () => {
    for (const id of Object.keys(NOT_SUPPORTED)) assert.equal(findCatalogueEntry(id), undefined);
  });

  it("gives the sizes that diffusers' tensors add up to", () => {
    const rest = 2 * 2_614_341_888 + 4 * parametersOf("dc-ae-f32c32") + 22e6;
    for (const [list, name] of [
      ["sana-0.6b", "Sana_600M_1024px_diffusers"],
      ["sana-1.6b", "Sana_1600M_1024px_diffusers"],
      ["sana-1.5-1.6b", "SANA1.5_1.6B_1024px_diffusers"],
      ["sana-1.5-4.8b", "SANA1.5_4.8B_1024px_diffusers"],
      ["sprint-0.6b", "Sana_Sprint_0.6B_1024px_diffusers"],
      ["sprint-1.6b", "Sana_Sprint_1.6B_1024px_diffusers"],
      ["sprint-teacher-0.6b", "Sana_Sprint_0.6B_1024px_teacher_diffusers"],
    ] as const) {
      const entry = findCatalogueEntry(name);
      assert.ok(entry !== undefined);
      assert.equal(downloadBytes(entry), 2 * parametersOf(list) + rest, name);
    }
    assert.equal(readdirSync(join(PROJECT_DIR, "bench/support/tensor-lists")).length, 8);
  });

  it("estimates less memory for one network at a time, half of a network and 8-bit weights", () => {
    const [entry] = CATALOGUE;
    assert.ok(entry !== undefined);
    const full = estimateMemory(entry, { transformer: "fp32", text: "fp32" });
    assert.ok(full.sequential < full.all);
    assert.ok(estimateMemory(entry, { transformer: "fp16", text: "fp32" }).all < full.all);
    assert.ok(estimateMemory(entry, { transformer: "fp32", text: "int8" }).all < full.all);
  });
});

describe("recommend", () => {
  it("says what fits and how, with reasons", () => {
    const small = find({}, "Sana_600M_1024px_diffusers");
    assert.equal(small.fits, true);
    assert.equal(small.memory.policy, "all");
    assert.deepEqual(
      small.reasons.map((reason) => reason.split(" ").slice(0, 3).join(" ")),
      ["Its download of", "It takes about", "A picture takes", "Licence: NVIDIA's terms"],
    );
  });

  it("loads one network at a time where all do not fit", () => {
    const { fits, memory } = find({ memoryBytes: 16 * GB }, "Sana_1600M_1024px_diffusers");
    assert.equal(fits, true);
    assert.deepEqual([memory.policy, memory.textPrecision], ["sequential", "fp32"]);
  });

  it("keeps the text encoder in 8 bits where even that does not fit", () => {
    const { fits, memory } = find({ memoryBytes: 8 * GB }, "Sana_600M_512px_diffusers");
    assert.equal(fits, true);
    assert.equal(memory.textPrecision, "int8");
  });

  it("refuses what fits in no way", () => {
    const { fits, reasons } = find({ memoryBytes: 8 * GB }, "SANA1.5_4.8B_1024px_diffusers");
    assert.equal(fits, false);
    assert.match(reasons.join(" "), /It needs about .* of memory, and 6\.8 GB can be had/);
  });

  it("counts the disk for what is not there yet, and only for that", () => {
    const machine = { freeDiskBytes: 2 * GB };
    const name = "Sana_600M_512px_diffusers";
    assert.equal(find(machine, name).fits, false);
    assert.match(find(machine, name).reasons.join(" "), /does not fit into the 2\.0 GB/);
    const downloaded = new Set([`Efficient-Large-Model/${name}`]);
    assert.equal(find({ ...machine, downloaded }, name).fits, true);
  });

  const RTX = {
    provider: "dml",
    gpuMemoryBytes: 8 * GB,
    gpuName: "RTX 3060 Ti",
    gpuFlopsPerSecond: 8e12,
  } as const;

  it("reckons with the card's memory where there is a GPU, and with the machine's for the text encoder", () => {
    const { fits, reasons } = find(RTX, "Sana_1600M_1024px_diffusers");
    assert.equal(fits, true);
    assert.match(reasons.join(" "), /GB of RTX 3060 Ti and 8\.1 GB of memory/);
    const little = find({ ...RTX, memoryBytes: 8 * GB }, "Sana_1600M_1024px_diffusers");
    assert.equal(little.memory.textPrecision, "int8");
    assert.equal(find({ ...RTX, memoryBytes: 2 * GB }, "Sana_1600M_1024px_diffusers").fits, false);
  });

  it("takes 8 GB for a card that cannot be asked, as the pipeline does", () => {
    const radeon = { ...RTX, provider: "webgpu", gpuMemoryBytes: null, gpuName: null } as const;
    assert.equal(find(radeon, "Sana_600M_1024px_diffusers").fits, true);
    const { fits, reasons } = find(radeon, "SANA1.5_4.8B_1024px_diffusers");
    assert.equal(fits, false);
    assert.match(reasons.join(" "), /of the graphics card, if it has 8 GB,.* 6\.8 GB and/);
  });

  it("tells a picture's seconds by the rate of what will draw it", () => {
    const name = "Sana_600M_1024px_diffusers";
    const [onCpu, onGpu] = [find({}, name), find(RTX, name)];
    assert.ok(Math.abs(onCpu.seconds / onGpu.seconds - 40) < 1e-9);
    assert.match(onCpu.reasons.join(" "), /A picture takes about \d+ minutes on this CPU/);
    assert.match(onGpu.reasons.join(" "), /A picture takes about \d+ seconds on this GPU/);
  });

  it("begins with the best pictures that come in time", () => {
    assert.match(recommend(DESKTOP).best?.entry.id ?? "", /Sprint_1\.6B/);
    const slow = { ...DESKTOP, cpuFlopsPerSecond: 20e9 };
    assert.match(recommend(slow).best?.entry.id ?? "", /Sprint_0\.6B/);
    const gpu = { ...DESKTOP, ...RTX, provider: "cuda", gpuMemoryBytes: 48 * GB } as const;
    assert.match(recommend(gpu).best?.entry.id ?? "", /SANA1\.5_4\.8B/);
  });

  it("recommends none where none fits", () => {
    const { best, all } = recommend({ ...DESKTOP, memoryBytes: 2 * GB });
    assert.equal(best, null);
    assert.equal(
      all.some(({ fits }) => fits),
      false,
    );
  });
});
