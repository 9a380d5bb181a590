import type { Client } from "discord.js";

import { obstacleOf } from "../../src/discord/discord-error.ts";
import type { Context } from "../../src/discord/command.ts";
import { shownBy } from "../../src/discord/shown-by.ts";
import { fetchMessage } from "../../src/discord/target-message.ts";
import { type GuildActor, changeBy } from "../../src/generation/policy/actor.ts";
import { audited } from "../../src/generation/policy/audit.ts";
import { shownByRecord } from "../../src/generation/policy/reports.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { Requester, Shown } from "../../src/generation/types.ts";
import { sayTo } from "../../src/i18n/translate.ts";
import { tellChange } from "../administration/answers.ts";
import { asModerator } from "../administration/rights.ts";
import type { Route } from "../administration/routes.ts";

/** A message's link; `canary.` and `ptb.` are Discord's test versions. */
const LINK =
  /discord(?:app)?\.com\/channels\/(?<guildId>\d{1,20})\/(?<channelId>\d{1,20})\/(?<messageId>\d{1,20})/;

export interface Target {
  readonly channelId: string;
  readonly messageId: string;
}

/** Deletes what a message of the bot shows: the pictures from everywhere that they are kept, and the message. */
export const deletePicture: Route = async (interaction, context) => {
  const { actor, requester } = asModerator(interaction, context);
  const say = sayTo(interaction);
  const { guildId, channelId, messageId } =
    LINK.exec(interaction.options.getString("message", true))?.groups ?? {};
  if (channelId === undefined || messageId === undefined) throw new Refusal("refusal.message-link");
  if (guildId !== actor.guildId) throw new Refusal("refusal.message-elsewhere");
  const target = { channelId, messageId };
  await deleteEverywhere(interaction.client, { context, requester, target });
  const { isNew } = await auditDeletion(context, actor, messageId);
  await tellChange(interaction, {
    title: say("admin.delete-title"),
    before: `https://discord.com/channels/${actor.guildId}/${channelId}/${messageId}`,
    after: say("admin.deleted"),
    isNew,
  });
};

async function auditDeletion(
  { administration }: Pick<Context, "administration">,
  actor: GuildActor,
  messageId: string,
): Promise<{ isNew: boolean }> {
  const change = changeBy(actor, { action: "delete", target: messageId });
  return audited(administration.db, change, async () => ({ before: "posted", after: "deleted" }));
}

/**
 * Deletes a message's pictures and the message itself; what is gone already is no fault.
 *
 * @throws {Refusal} `refusal.not-ours` for a message that the bot has not written
 */
export async function deleteEverywhere(
  client: Client,
  { context, requester, target }: { context: Context; requester: Requester; target: Target },
): Promise<void> {
  const { administration, generation } = context;
  const shown =
    (await shownByRecord(administration.db, target.messageId)) ??
    (await shownByMessage(client, target, context));
  if (shown !== null) {
    try {
      await generation.deletePictures(shown, requester);
    } catch (error) {
      if (!(error instanceof Refusal && error.key === "refusal.picture-gone")) throw error;
    }
  }
  await deleteMessage(client, target);
}

/** Without a record, the message itself must say that it is ours, and may say what it shows. */
async function shownByMessage(
  client: Client,
  target: Target,
  { customIds }: Context,
): Promise<Shown | null> {
  const message = await fetchMessage(client, target);
  if (message === null) return null;
  if (message.author.id !== client.user?.id) throw new Refusal("refusal.not-ours");
  return shownBy(message, customIds);
}

async function deleteMessage(client: Client, { channelId, messageId }: Target): Promise<void> {
  try {
    const channel = await client.channels.fetch(channelId);
    if (channel?.isTextBased() === true) await channel.messages.delete(messageId);
  } catch (error) {
    if (obstacleOf(error) === null) throw error;
  }
}
