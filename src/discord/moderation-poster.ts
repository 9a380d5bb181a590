import { ButtonStyle, type REST, Routes } from "discord.js";
import type { APIGuild, APIMessage } from "discord.js";

import type { ModerationNotice, ModerationPoster } from "../generation/policy/moderation-notice.ts";
import { type MessageKey, sayTo } from "../i18n/translate.ts";
import {
  ACCENT,
  type Card,
  card,
  cut,
  gallery,
  pressButton,
  row,
  small,
  text,
} from "./cards/components.ts";
import { escapeMarkdown } from "./cards/markdown.ts";
import { relativeMoment } from "./cards/time.ts";
import { type CustomIds, shortId } from "./custom-id.ts";
import { obstacleOf } from "./discord-error.ts";
import { messageOf } from "./reply.ts";

/** Discord's limit of a nonce. */
const MAX_NONCE = 25;
/** Of all prompts together: escaped they may be twice as long, and Discord's 4,000 characters hold the reason too. */
const MAX_PROMPTS = 1200;

/** Posts reports and private pictures into a server's log channel, in the server's own language. */
export class DiscordModerationPoster implements ModerationPoster {
  readonly #rest: REST;
  readonly #customIds: CustomIds;
  /** By guild; a server seldom changes its language, and a restart reads it anew. */
  readonly #locales = new Map<string, string>();

  constructor({ rest, customIds }: { rest: REST; customIds: CustomIds }) {
    this.#rest = rest;
    this.#customIds = customIds;
  }

  async post(notice: ModerationNotice, signal: AbortSignal): Promise<string | null> {
    const locale = await this.#localeOf(notice.guildId, signal);
    const { components, files } = noticeCard(notice, locale, this.#customIds);
    const { flags } = messageOf({ components, files });
    try {
      const posted = (await this.#rest.post(Routes.channelMessages(notice.channelId), {
        body: {
          flags,
          components,
          allowed_mentions: { parse: [] },
          nonce: notice.id.replaceAll("-", "").slice(0, MAX_NONCE),
          enforce_nonce: true,
        },
        files: [...files],
        signal,
      })) as APIMessage;
      return posted.id;
    } catch (error) {
      // The channel is gone, or closed to the bot: it stays so until an admin chooses another.
      if (obstacleOf(error) !== null) return null;
      throw error;
    }
  }

  async #localeOf(guildId: string, signal: AbortSignal): Promise<string> {
    const known = this.#locales.get(guildId);
    if (known !== undefined) return known;
    const guild = (await this.#rest.get(Routes.guild(guildId), { signal })) as APIGuild;
    this.#locales.set(guildId, guild.preferred_locale);
    return guild.preferred_locale;
  }
}

/** What moderators decide by: who, what and why, and the buttons for it. */
export function noticeCard(notice: ModerationNotice, locale: string, ids: CustomIds): Card {
  const say = sayTo({ locale });
  const { report, guildId, userId, prompts, thumbnails } = notice;
  const who = userId === "" ? say("report.unknown-user") : `<@${userId}>`;
  const lines =
    report === null
      ? [say("report.private-title", { user: who })]
      : [
          say("report.title", { user: who, reporter: `<@${report.reporterId}>` }),
          report.reason === ""
            ? null
            : say("report.reason", { reason: escapeMarkdown(report.reason) }),
          `https://discord.com/channels/${guildId}/${report.channelId}/${report.messageId}`,
        ].filter((line) => line !== null);
  const names = thumbnails.map((_, index) => `picture-${index + 1}.webp`);
  const description = prompts.join(" / ");
  const button = (
    action: string,
    label: MessageKey,
    style: ButtonStyle.Danger | ButtonStyle.Secondary,
  ) =>
    pressButton(ids.write({ action, id: shortId(notice.id), index: 0 }), {
      label: say(label),
      style,
    });
  return card(
    report === null ? ACCENT.quiet : ACCENT.bad,
    [
      text(lines.join("\n")),
      ...prompts.map((prompt) => text(quoted(cut(prompt, MAX_PROMPTS / prompts.length)))),
      names.length === 0 ? null : gallery(names.map((name) => ({ name, description }))),
      report === null
        ? null
        : row(
            button("report-keep", "report.keep", ButtonStyle.Secondary),
            button("report-delete", "report.delete", ButtonStyle.Danger),
            userId === "" ? null : button("report-block", "report.block", ButtonStyle.Danger),
          ),
      small([
        report === null ? null : say("report.held", { when: relativeMoment(report.heldUntil) }),
      ]),
    ],
    names.map((name, index) => ({ name, data: Buffer.from(thumbnails[index] ?? []) })),
  );
}

function quoted(prompt: string): string {
  return `> ${escapeMarkdown(prompt.replaceAll(/\s+/g, " "))}`;
}
