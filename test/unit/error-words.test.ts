import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { ERROR_REASONS, UserError, type UserErrorCode } from "../../src/errors.ts";
import { decodeStill } from "../../src/image/decode-picture.ts";
import { errorWords } from "../../src/i18n/error-words.ts";
import { targetSize } from "../../src/upscale/target-size.ts";

const LOCALES = ["en-US", "de", "ja"] as const;
/** Every code that a request can end in. */
const CODES: readonly UserErrorCode[] = [
  "invalid_option",
  "invalid_prompt",
  "invalid_image",
  "model_not_found",
  "model_invalid",
  "not_supported",
  "out_of_memory",
  "disk",
  "network",
  "no_access",
];
const PARAMETERS = {
  width: 1,
  height: 2,
  wanted: 3,
  mebibytes: 4,
  kinds: "PNG",
  max: 5,
  length: 6,
};

async function thrownBy(act: () => unknown): Promise<UserError> {
  try {
    await act();
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error;
  }
  return assert.fail("Nothing was thrown");
}

describe("the words of an error that a member meets", () => {
  for (const code of CODES)
    it(`are in every language where it is ${code}`, () => {
      const error = new UserError(code, "The seed is odd.");
      const words = LOCALES.map((locale) => errorWords(error, locale));
      assert.equal(new Set(words).size, LOCALES.length, words.join(" / "));
      for (const said of words) assert.notEqual(said.trim(), "");
    });

  for (const name of ERROR_REASONS)
    it(`say in every language that it is ${name}`, () => {
      const reason = { name, parameters: PARAMETERS };
      const error = new UserError("invalid_option", "In English only.", { reason });
      const words = LOCALES.map((locale) => errorWords(error, locale));
      assert.equal(new Set(words).size, LOCALES.length, words.join(" / "));
      for (const said of words) assert.doesNotMatch(said, /In English only/);
    });

  it("keep the English sentence where nothing better is known", () => {
    const error = new UserError("invalid_option", "The seed is odd.");
    assert.equal(errorWords(error, "fr"), "The seed is odd.");
    assert.equal(errorWords(error, "de"), "Diese Angabe geht nicht: The seed is odd.");
  });

  it("name no folder of the machine", () => {
    const error = new UserError("model_invalid", "/home/olivia/models/x is damaged.");
    for (const locale of LOCALES) assert.doesNotMatch(errorWords(error, locale), /olivia/);
  });

  it("come with what is thrown of a member's picture and its size", async () => {
    const noPicture = await thrownBy(() => decodeStill(new Uint8Array(9)));
    assert.match(errorWords(noPicture, "de"), /kein Bild, das ich lesen kann.*PNG, JPEG/);
    const large = await thrownBy(() => targetSize({ width: 4096, height: 100 }, 4096));
    assert.match(errorWords(large, "ja"), /4096 × 100ピクセル/);
  });
});
