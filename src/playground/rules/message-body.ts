import { MessageFlags } from "discord-api-types/v10";
import { z } from "zod";

import { apiErrors } from "./api-error.ts";
import { checkComponents } from "./check-components.ts";
import { componentsV2, legacyComponents } from "./components.ts";
import { cleanFilename } from "./filename.ts";
import { FormErrors, integer, lengthOf, list, parseForm, snowflake, text } from "./form.ts";

/** Of a message that a bot writes; all else is refused or left out, as Discord does. */
const SETTABLE_FLAGS =
  MessageFlags.SuppressEmbeds |
  MessageFlags.Ephemeral |
  MessageFlags.SuppressNotifications |
  MessageFlags.IsComponentsV2;
const MAX_FILES = 10;
const MAX_EMBED_TEXT = 6000;

const embedMedia = z.object({ url: text(1, 2048) }).nullish();
const embed = z.object({
  title: text(0, 256).nullish(),
  description: text(0, 4096).nullish(),
  url: text(0, 2048).nullish(),
  timestamp: z.string().nullish(),
  color: integer(0, 0xff_ff_ff).nullish(),
  footer: z.object({ text: text(1, 2048), icon_url: z.string().nullish() }).nullish(),
  image: embedMedia,
  thumbnail: embedMedia,
  author: z
    .object({ name: text(1, 256), url: z.string().nullish(), icon_url: z.string().nullish() })
    .nullish(),
  fields: list(
    z.object({ name: text(1, 256), value: text(1, 1024), inline: z.boolean().nullish() }),
    0,
    25,
  ).nullish(),
});

/** New files are named by their number `n` of `files[n]`, those that stay by their id. */
const attachment = z.object({
  id: z.union([z.string(), z.int()]).transform(String),
  filename: text(1, 1024).nullish(),
  description: text(0, 1024).nullish(),
  is_spoiler: z.boolean().nullish(),
});

const allowedMentions = z.object({
  parse: z.array(z.enum(["roles", "users", "everyone"])).nullish(),
  users: list(snowflake, 0, 100).nullish(),
  roles: list(snowflake, 0, 100).nullish(),
  replied_user: z.boolean().nullish(),
});

const common = z.object({
  content: text(0, 2000).nullish(),
  embeds: list(embed, 0, 10).nullish(),
  allowed_mentions: allowedMentions.nullish(),
  flags: z.int().nullish(),
  attachments: list(attachment, 0, MAX_FILES).nullish(),
  tts: z.boolean().nullish(),
  poll: z.unknown().optional(),
  sticker_ids: z.array(snowflake).nullish(),
  nonce: z.union([text(0, 25), z.int().transform(String)]).nullish(),
  enforce_nonce: z.boolean().nullish(),
  message_reference: z
    .object({
      message_id: snowflake,
      channel_id: snowflake.nullish(),
      fail_if_not_exists: z.boolean().nullish(),
    })
    .nullish(),
});

export type MessageBody = Omit<z.infer<typeof common>, "poll"> & {
  components?: z.infer<typeof componentsV2> | null;
  /** Those that are set, of those that may be. */
  flags: number;
};

/** What a body is weighed against. */
export interface MessageCircumstances {
  /** Where the body is in the request: `data` of a callback. */
  at: readonly PropertyKey[];
  /** Of the message that is edited, or null of a new one. */
  edited: {
    flags: number;
    content: string;
    embeds: number;
    attachments: ReadonlyMap<string, string>;
  } | null;
  /** `files[n]` by n to its name. */
  files: ReadonlyMap<string, string>;
}

/**
 * Checks a message that a bot writes or edits against Discord's rules.
 *
 * @throws {ApiError} 50035 with every fault, or 50006 of a message with nothing in it.
 */
export function parseMessageBody(value: unknown, circumstances: MessageCircumstances): MessageBody {
  const { at, edited } = circumstances;
  const body = parseForm(common, value ?? {}, at);
  const flags = (body.flags ?? 0) & SETTABLE_FLAGS;
  const isV2 = ((flags | (edited?.flags ?? 0)) & MessageFlags.IsComponentsV2) !== 0;
  const given = z.object({ components: z.unknown().optional() }).parse(value ?? {}).components;
  const components =
    given === undefined || given === null
      ? given
      : parseForm<unknown>(isV2 ? componentsV2 : legacyComponents, given, [...at, "components"]);
  const message = { ...body, components, flags } as MessageBody;
  const errors = new FormErrors();
  if (isV2) checkLegacyFields(errors, message, circumstances);
  checkEmbeds(errors, message, at);
  const filenames = filenamesAfter(message, circumstances);
  if (filenames.length > MAX_FILES)
    errors.add(
      [...at, "attachments"],
      "BASE_TYPE_MAX_LENGTH",
      `Must be ${MAX_FILES} or fewer in length.`,
    );
  checkComponents(errors, message.components ?? [], {
    at: [...at, "components"],
    filenames: new Set(filenames.map(cleanFilename)),
  });
  errors.throwIfAny();
  if (edited === null && isEmpty(message, filenames)) throw apiErrors.emptyMessage();
  return message;
}

/** The names that the message's attachments will have: Discord keeps the listed ones, or all when none is listed. */
function filenamesAfter(body: MessageBody, { edited, files }: MessageCircumstances): string[] {
  const old = edited?.attachments ?? new Map<string, string>();
  const listed = body.attachments;
  if (listed === undefined || listed === null) return [...old.values(), ...files.values()];
  const kept = listed.flatMap(({ id }) => old.get(id) ?? []);
  const named = new Map(listed.map(({ id, filename }) => [id, filename]));
  return [...kept, ...[...files].map(([n, filename]) => named.get(n) ?? filename)];
}

function checkLegacyFields(
  errors: FormErrors,
  body: MessageBody,
  { at, edited }: MessageCircumstances,
): void {
  const says = (field: string) =>
    errors.add(
      [...at, field],
      "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
      `The '${field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
    );
  const hadContent = edited !== null && edited.content !== "" && body.content === undefined;
  const hadEmbeds = edited !== null && edited.embeds > 0 && body.embeds === undefined;
  if ((body.content ?? "") !== "" || hadContent) says("content");
  if ((body.embeds?.length ?? 0) > 0 || hadEmbeds) says("embeds");
  if ((body.sticker_ids?.length ?? 0) > 0) says("sticker_ids");
}

function checkEmbeds(
  errors: FormErrors,
  { embeds }: MessageBody,
  at: readonly PropertyKey[],
): void {
  const length = (embeds ?? []).reduce((sum, { title, description, footer, author, fields }) => {
    const texts = [title, description, footer?.text, author?.name];
    for (const field of fields ?? []) texts.push(field.name, field.value);
    return sum + texts.reduce((all, part) => all + lengthOf(part ?? ""), 0);
  }, 0);
  if (length > MAX_EMBED_TEXT)
    errors.add(
      [...at, "embeds"],
      "MAX_EMBED_SIZE_EXCEEDED",
      `Embed size exceeds maximum size of ${MAX_EMBED_TEXT}`,
    );
}

function isEmpty(body: MessageBody, filenames: readonly string[]): boolean {
  return (
    (body.content ?? "").trim() === "" &&
    (body.embeds?.length ?? 0) === 0 &&
    (body.components?.length ?? 0) === 0 &&
    (body.sticker_ids?.length ?? 0) === 0 &&
    filenames.length === 0
  );
}
