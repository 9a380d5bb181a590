import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { TestPlayground } from "../support/playground.ts";
import { Program } from "../support/program.ts";

const NO_SERVER = "postgres://127.0.0.1:1/sanabot";

describe("a program that cannot start", () => {
  let playground: TestPlayground;

  before(async () => {
    playground = await TestPlayground.start();
  });
  after(() => playground.close());

  /** What it wrote but its log's lines of the usual course, and its exit code. */
  async function startedWith(
    environment: Record<string, string>,
  ): Promise<{ code: number | null; words: string[]; logged: string[] }> {
    const program = await Program.launch({
      environment: { DATABASE_URL: "", DISCORD_API_BASE: playground.apiBase, ...environment },
    });
    const code = await program.ended();
    const lines = program.output.split("\n").filter((line) => line !== "");
    await program.remove();
    return {
      code,
      words: lines.filter((line) => !line.startsWith("{")),
      logged: lines.filter((line) => line.startsWith("{")),
    };
  }

  for (const [cause, environment, sentence] of [
    [
      "a token that Discord does not take",
      { DISCORD_TOKEN: "wrong" },
      /^Discord does not accept DISCORD_TOKEN\. Copy the bot's token anew from https:.*, Reset Token\.$/,
    ],
    [
      "a missing token where one is needed",
      { ROLE: "gateway", DATABASE_URL: NO_SERVER, DISCORD_TOKEN: "" },
      /^ROLE=gateway needs DISCORD_TOKEN\.$/,
    ],
    [
      "a database that cannot be reached",
      { DATABASE_URL: NO_SERVER, DISCORD_TOKEN: "any" },
      /^.*(?:DATABASE_URL|database).*$/i,
    ],
    ["a setting that cannot be", { PORT: "many" }, /^.*PORT.*many.*$/],
  ] as const)
    it(`says in one sentence that it has ${cause}, and ends with 1`, async () => {
      const { code, words, logged } = await startedWith(environment);
      assert.equal(code, 1);
      assert.equal(words.length, 1, words.join("\n"));
      assert.match(words[0] ?? "", sentence);
      // Where it is no terminal, each line of the log is JSON.
      for (const line of logged) assert.equal(typeof JSON.parse(line).msg, "string");
    });
});
