import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { CustomIds } from "../../src/discord/custom-id.ts";
import {
  readOpened,
  readQuery,
  writeOpened,
  writeQuery,
} from "../../src/discord/panels/history-query.ts";

const IDS = new CustomIds(Buffer.alloc(32));
const PICTURE = "A".repeat(22);

describe("a list of pictures in a custom id", () => {
  for (const search of ["", "red apple", "Käfer", "甲虫と花と緑の葉", "x".repeat(33)])
    it(`comes back with its search for ${JSON.stringify(search)}`, () => {
      const query = { search, favouritesOnly: true, page: 12 };
      const target = IDS.read(IDS.write(writeOpened(PICTURE, query, "h-family")));
      assert.ok(target);
      assert.deepEqual(readOpened(target), { picture: PICTURE, query });
      assert.deepEqual(readQuery(writeQuery(query, "h-list")), query);
    });

  it("has a search cut where it has no more room, never inside a character", () => {
    const query = { search: "虫".repeat(40), favouritesOnly: false, page: 0 };
    const { search } = readQuery(writeQuery(query, "h-list"));
    assert.equal(search, "虫".repeat(11));
  });
});
