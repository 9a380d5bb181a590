import type { BaseInteraction } from "discord.js";

import type { Context } from "../../src/discord/command.ts";
import { requesterOf } from "../../src/discord/requester.ts";
import type { Actor, GuildActor } from "../../src/generation/policy/actor.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { Requester } from "../../src/generation/types.ts";

/**
 * Who acts, with their right to it checked at every command and click: who lost the right since a panel was opened cannot
 * use it any more.
 */
export interface Acting<By extends Actor> {
  readonly actor: By;
  readonly requester: Requester;
}

/** @throws {Refusal} `refusal.not-admin` without Manage Server, or outside of a server */
export function asAdmin(
  interaction: BaseInteraction,
  { isOwner }: Pick<Context, "isOwner">,
): Acting<GuildActor> {
  const requester = requesterOf(interaction, isOwner);
  const { guildId, userId } = requester;
  if (guildId === null || !requester.isAdmin) throw new Refusal("refusal.not-admin");
  return { actor: { userId, guildId, interactionId: interaction.id }, requester };
}

/** @throws {Refusal} `refusal.not-moderator` without Moderate Members, or outside of a server */
export function asModerator(
  interaction: BaseInteraction,
  { isOwner }: Pick<Context, "isOwner">,
): Acting<GuildActor> {
  const requester = requesterOf(interaction, isOwner);
  const { guildId, userId } = requester;
  if (guildId === null || !requester.isModerator) throw new Refusal("refusal.not-moderator");
  return { actor: { userId, guildId, interactionId: interaction.id }, requester };
}

/** @throws {Refusal} `refusal.not-owner` for anybody but the owner of the bot */
export function asOwner(
  interaction: BaseInteraction,
  { isOwner }: Pick<Context, "isOwner">,
): Acting<Actor> {
  const requester = requesterOf(interaction, isOwner);
  if (!requester.isOwner) throw new Refusal("refusal.not-owner");
  const { userId } = requester;
  return { actor: { userId, guildId: null, interactionId: interaction.id }, requester };
}
