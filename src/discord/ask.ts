import { setTimeout } from "node:timers/promises";

import { type ButtonInteraction, MessageFlags, type RepliableInteraction } from "discord.js";

import type { Accepted, ModelFacts, Proposal, Wish } from "../generation/types.ts";
import { translate } from "../i18n/translate.ts";
import { checkPlace, placeOf } from "./answer-place.ts";
import { proposalCard } from "./cards/proposal-card.ts";
import type { Context } from "./command.ts";
import { loggable } from "./discord-error.ts";
import { withRecipe } from "./find-recipe.ts";
import { messageOf, remark } from "./reply.ts";
import { requesterOf } from "./requester.ts";

/** Who waits less than this sees no card of the queue flicker by, as one of progress would. */
const SHORT_WAIT_S = 3;
const UPDATE_DEADLINE_MS = 10_000;

/**
 * Asks for a picture as the answer to an interaction that was acknowledged by a deferred reply; that reply shows it, or
 * first what it costs where that is much.
 *
 * @throws {Refusal} for what is not allowed, or where the bot could not post
 */
export async function ask(
  interaction: RepliableInteraction,
  wish: Wish,
  context: Context,
): Promise<void> {
  const isPrivate = interaction.ephemeral === true;
  checkPlace(interaction, isPrivate);
  const answer = await context.generation.request({
    wish: "picture" in wish ? { ...wish, picture: await withRecipe(wish.picture, context) } : wish,
    requester: requesterOf(interaction, context.isOwner),
    place: placeOf(interaction, isPrivate),
    interactionId: interaction.id,
    message: null,
    agreed: null,
  });
  if (answer.kind === "proposed") await showProposal(interaction, answer, context);
  else await follow(interaction, answer, context);
}

/**
 * Begins what was proposed, as the answer to the press on its card, which shows it from now on.
 *
 * @throws {Refusal} as {@link ask} does, and for whoever else presses, and where the question is no longer open
 */
export async function goOn(
  interaction: ButtonInteraction,
  proposalId: string,
  context: Context,
): Promise<void> {
  const isPrivate = interaction.message.flags.has(MessageFlags.Ephemeral);
  checkPlace(interaction, isPrivate);
  const answer = await context.generation.goOn(proposalId, {
    requester: requesterOf(interaction, context.isOwner),
    place: placeOf(interaction, isPrivate),
    interactionId: interaction.id,
  });
  if (answer.kind === "proposed") await showProposal(interaction, answer, context);
  else await showQueued(answer, context);
}

async function showProposal(
  interaction: RepliableInteraction,
  proposal: Proposal,
  { customIds }: Context,
): Promise<void> {
  await interaction.editReply(messageOf(proposalCard(proposal, customIds)));
}

/** Shows where the job stands as soon as that is worth a card. */
async function follow(
  interaction: RepliableInteraction,
  accepted: Accepted,
  context: Context,
): Promise<void> {
  const hint = await hintFor(interaction, accepted.job.model, context);
  // A follow-up to an answer that is still deferred would take its place: a hint waits for the first card.
  if (hint !== null || waits(accepted)) await showQueued(accepted, context);
  if (hint !== null) await giveHint(interaction, hint, context);
  if (hint === null && accepted.etaSeconds === null && !waits(accepted))
    await showIfStillQueued(accepted, context);
}

/** Where nobody can tell how long it will wait, the card comes once the wait is no longer a short one. */
async function showIfStillQueued(accepted: Accepted, context: Context): Promise<void> {
  await setTimeout(SHORT_WAIT_S * 1000);
  try {
    const job = await context.generation.job(accepted.job.id);
    if (job?.state === "waiting") await showQueued(accepted, context);
  } catch (error) {
    // It waits all the same: its answer must not become an apology.
    context.log.warn(
      { err: loggable(error), jobId: accepted.job.id },
      "a queue card was not shown",
    );
  }
}

/** The picture is on its way: a hint that does not arrive must not be taken for its failure. */
async function giveHint(
  interaction: RepliableInteraction,
  hint: string,
  { log }: Context,
): Promise<void> {
  try {
    await remark(interaction, hint);
  } catch (error) {
    log.info({ err: loggable(error), interactionId: interaction.id }, "a hint did not arrive");
  }
}

/** Whether a job has to wait so long that its place in the queue is worth a card. */
export function waits({ job, position, etaSeconds }: Accepted): boolean {
  if (job.state !== "waiting") return false;
  return etaSeconds === null ? position > 1 : etaSeconds.median > SHORT_WAIT_S;
}

/** Shows where a job stands in the queue. */
export async function showQueued(
  { job, position, etaSeconds }: Accepted,
  { messenger }: Pick<Context, "messenger">,
  message: { readonly channelId: string; readonly messageId: string } | null = null,
): Promise<void> {
  await messenger.update(
    { job, message, nonce: "" },
    { kind: "queued", position, etaSeconds },
    AbortSignal.timeout(UPDATE_DEADLINE_MS),
  );
}

/** What a member should know of a model and was not told yet; null for nothing, also where that cannot be looked up. */
async function hintFor(
  { user, locale }: RepliableInteraction,
  model: ModelFacts,
  { generation, log }: Context,
): Promise<string | null> {
  const [language = ""] = locale.split("-");
  try {
    if (model.isBuiltIn && (await generation.takeHint(user.id, "built-in-model")))
      return translate(locale, "hint.built-in-model");
    const speaksIt = model.languages.includes(language);
    if (!speaksIt && (await generation.takeHint(user.id, "english-prompts")))
      return translate(locale, "hint.english-prompts", { model: model.title });
  } catch (error) {
    log.warn({ err: error, userId: user.id }, "a hint was not given");
  }
  return null;
}
