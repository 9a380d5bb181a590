import type { RepliableInteraction } from "discord.js";

import type { Accepted, ModelFacts, Wish } from "../generation/types.ts";
import { translate } from "../i18n/translate.ts";
import { checkPlace, placeOf } from "./answer-place.ts";
import type { Context } from "./command.ts";
import { remark } from "./reply.ts";
import { requesterOf } from "./requester.ts";

/** Who waits less than this sees no card of the queue flicker by, as one of progress would. */
const SHORT_WAIT_S = 3;
const UPDATE_DEADLINE_MS = 10_000;

/**
 * Asks for a picture as the answer to an interaction that was acknowledged by a deferred reply; that reply shows it.
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
  const accepted = await context.generation.request({
    wish,
    requester: requesterOf(interaction, context.isOwner),
    place: placeOf(interaction, isPrivate),
    interactionId: interaction.id,
    message: null,
  });
  await showQueued(accepted, context);
  await giveHint(interaction, accepted.job.model, context);
}

/** Shows where a job stands in the queue, where it has to wait. */
export async function showQueued(
  { job, position, etaSeconds }: Accepted,
  { messenger }: Pick<Context, "messenger">,
  message: { readonly channelId: string; readonly messageId: string } | null = null,
): Promise<void> {
  const waits = etaSeconds === null ? position > 1 : etaSeconds.median > SHORT_WAIT_S;
  if (job.state !== "waiting" || !waits) return;
  await messenger.update(
    { job, message, nonce: "" },
    { kind: "queued", position, etaSeconds },
    AbortSignal.timeout(UPDATE_DEADLINE_MS),
  );
}

/** What a member should know of a model, said to them once, privately. */
async function giveHint(
  interaction: RepliableInteraction,
  model: ModelFacts,
  { generation, log }: Context,
): Promise<void> {
  const { user, locale } = interaction;
  const [language = ""] = locale.split("-");
  try {
    if (model.isBuiltIn && (await generation.takeHint(user.id, "built-in-model")))
      await remark(interaction, translate(locale, "hint.built-in-model"));
    else if (
      !model.languages.includes(language) &&
      (await generation.takeHint(user.id, "english-prompts"))
    )
      await remark(interaction, translate(locale, "hint.english-prompts", { model: model.title }));
  } catch (error) {
    log.warn({ err: error, userId: user.id }, "a hint was not given");
  }
}
