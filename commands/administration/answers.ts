import { type APIComponentInContainer, ComponentType, type RepliableInteraction } from "discord.js";

import { ACCENT, card, cut, small, text } from "../../src/discord/cards/components.ts";
import { escapeMarkdown } from "../../src/discord/cards/markdown.ts";
import { relativeMoment } from "../../src/discord/cards/time.ts";
import type { Context } from "../../src/discord/command.ts";
import { messageOf } from "../../src/discord/reply.ts";
import type { BlockState } from "../../src/generation/policy/blocks.ts";
import type { QuotaTarget } from "../../src/generation/policy/quota-admin.ts";
import type { Requester } from "../../src/generation/types.ts";
import { type Say, sayTo } from "../../src/i18n/translate.ts";

export interface Told {
  /** What was changed, as a heading. */
  readonly title: string;
  readonly before: string;
  readonly after: string;
  readonly isNew: boolean;
  readonly remark?: string | undefined;
}

/** Says what a change has done: before and after. */
export async function tellChange(
  interaction: RepliableInteraction,
  { title, before, after, isNew, remark }: Told,
): Promise<void> {
  const say = sayTo(interaction);
  const lines =
    before === after
      ? say("admin.same", { value: after })
      : say("admin.before-after", { before, after });
  const shown = card(ACCENT.good, [
    text(`**${title}**\n${lines}`),
    small([isNew ? null : say("admin.repeated"), remark ?? null]),
  ]);
  await interaction.editReply(messageOf(shown));
}

/** A list under a heading, or what stands there where it is empty; attached files below it. */
export async function tellList(
  interaction: RepliableInteraction,
  {
    title,
    lines,
    empty,
    remark,
    files = [],
  }: {
    title: string;
    lines: readonly string[];
    empty: string;
    remark?: string | undefined;
    files?: readonly { name: string; data: Uint8Array }[];
  },
): Promise<void> {
  const content = lines.length === 0 ? empty : fitting(lines).join("\n");
  const parts = [text(`**${title}**\n${content}`), ...fileParts(files), small([remark ?? null])];
  const rawFiles = files.map(({ name, data }) => ({ name, data: Buffer.from(data) }));
  await interaction.editReply(messageOf(card(ACCENT.quiet, parts, rawFiles)));
}

/** Of Discord's 4,000 characters for all texts of a message; title and remark have the rest. */
const MAX_LIST = 3400;

/** The lines that a message has room for; a last one says that there are more. */
export function fitting(lines: readonly string[]): string[] {
  let room = MAX_LIST;
  const shown = lines
    // With the line break after it, a line alone always fits.
    .map((line) => cut(line, MAX_LIST - 1))
    .filter((line) => {
      room -= line.length + 1;
      return room >= 0;
    });
  return shown.length === lines.length ? shown : [...shown, "…"];
}

/** Attached files as a message of components shows them. */
export function fileParts(files: readonly { readonly name: string }[]): APIComponentInContainer[] {
  return files.map(({ name }) => ({
    type: ComponentType.File,
    file: { url: `attachment://${name}` },
  }));
}

/** Thousandths of a credit that a usual picture costs; null while no model is there. */
export async function usualCost(
  requester: Requester,
  { generation }: Pick<Context, "generation">,
): Promise<number | null> {
  const { prices } = await generation.quotaOf(requester);
  const [first] = prices;
  return first === undefined ? null : first.cost / first.inUsualPictures;
}

/** Credits with the pictures that they are worth. */
export function creditsText(say: Say, millicredits: number, usual: number | null): string {
  const pictures = usual === null || millicredits === 0 ? -1 : Math.floor(millicredits / usual);
  return say("admin.credits", { credits: millicredits / 1000, pictures });
}

/** A limit, or that there is none. */
export function limitText(say: Say, millicredits: number | null, usual: number | null): string {
  return millicredits === null ? say("admin.no-limit") : creditsText(say, millicredits, usual);
}

export function onOff(say: Say, isOn: boolean): string {
  return say(isOn ? "admin.on" : "admin.off");
}

export function blockText(say: Say, state: BlockState | null): string {
  if (state === null) return say("admin.not-blocked");
  const { until, reason } = state;
  return say("admin.blocked", {
    until: until === null ? "none" : relativeMoment(new Date(until)),
    reason: reason === null ? "none" : escapeMarkdown(reason),
  });
}

/** Whom a limit is for. */
export function targetName(say: Say, target: QuotaTarget): string {
  switch (target.kind) {
    case "guild":
      return say("admin.target-guild");
    case "everyone":
      return say("admin.target-everyone");
    case "role":
      return `<@&${target.roleId}>`;
    case "member":
      return `<@${target.userId}>`;
  }
}

/** A text as code, in which nothing has a meaning. */
export function code(content: string): string {
  return `\`${content.replaceAll("`", "ˋ")}\``;
}
