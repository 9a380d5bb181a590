import type { Context } from "../../src/discord/command.ts";
import { longId, shortId } from "../../src/discord/custom-id.ts";
import { queueCard, queueLabel } from "../../src/discord/panels/queue-card.ts";
import { messageOf } from "../../src/discord/reply.ts";
import { changeBy } from "../../src/generation/policy/actor.ts";
import { audited } from "../../src/generation/policy/audit.ts";
import { changeSettings } from "../../src/generation/policy/guild-rules.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { Requester } from "../../src/generation/types.ts";
import { sayTo } from "../../src/i18n/translate.ts";
import { onOff, tellChange } from "../administration/answers.ts";
import { asAdmin, asModerator } from "../administration/rights.ts";
import { type Completion, matching, type Route } from "../administration/routes.ts";

export const queueShow: Route = async (interaction, context) => {
  const { requester } = asAdmin(interaction, context);
  const view = await context.generation.queueOf(requester);
  const { userId } = requester;
  const shown = queueCard(view, { userId, locale: interaction.locale }, context.customIds);
  await interaction.editReply(messageOf(shown));
};

function pauseRoute(isPaused: boolean): Route {
  return async (interaction, context) => {
    const { actor } = asAdmin(interaction, context);
    const say = sayTo(interaction);
    const { db } = context.administration;
    const changed = await changeSettings(db, actor, { isPaused });
    await tellChange(interaction, {
      title: say("admin.pause-title"),
      before: onOff(say, changed.before.isPaused === true),
      after: onOff(say, changed.after.isPaused === true),
      isNew: changed.isNew,
      remark: isPaused ? say("admin.pause-remark") : undefined,
    });
  };
}

export const queuePause = pauseRoute(true);
export const queueResume = pauseRoute(false);

/** Every cancellation is a transaction of its own, so the line of the audit log comes after them. */
export const queueClear: Route = async (interaction, context) => {
  const { actor, requester } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const { entries } = await context.generation.queueOf(requester);
  const waiting = entries.filter(({ position }) => position !== null);
  let cancelled = 0;
  for (const { job } of waiting) {
    if (await isCancelledNow(job.id, requester, context)) cancelled += 1;
  }
  const change = changeBy(actor, { action: "queue.clear", target: actor.guildId });
  const changed = await audited(context.administration.db, change, async () => ({
    before: waiting.length,
    after: waiting.length - cancelled,
  }));
  await tellChange(interaction, {
    title: say("admin.clear-title"),
    before: say("admin.waiting", { count: changed.before }),
    after: say("admin.waiting", { count: changed.after }),
    isNew: changed.isNew,
    remark: say("admin.clear-remark"),
  });
};

/** False for a job that has ended meanwhile. */
async function isCancelledNow(
  jobId: string,
  requester: Requester,
  { generation }: Context,
): Promise<boolean> {
  try {
    await generation.cancel(jobId, requester);
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.key === "refusal.job-ended") return false;
    throw error;
  }
}

/** Shared with `/mod cancel`: a moderator may do that too. */
export const queueCancel: Route = async (interaction, context) => {
  const { actor, requester } = asModerator(interaction, context);
  const say = sayTo(interaction);
  const jobId = longId(interaction.options.getString("request", true));
  const job = await context.generation.job(jobId).catch(() => null);
  if (job === null || job.guildId !== actor.guildId) throw new Refusal("refusal.job-unknown");
  await context.generation.cancel(jobId, requester);
  const change = changeBy(actor, { action: "queue.cancel", target: jobId });
  const changed = await audited(context.administration.db, change, async () => ({
    before: job.state,
    after: "cancelled",
  }));
  const stateText = (state: string): string => say("admin.job-state", { state });
  await tellChange(interaction, {
    title: say("admin.cancel-title", { user: `<@${job.userId}>` }),
    before: stateText(changed.before),
    after: stateText(changed.after),
    isNew: changed.isNew,
  });
};

export const completeJob: Completion = async (interaction, context) => {
  const { requester } = asModerator(interaction, context);
  const { entries } = await context.generation.queueOf(requester);
  const reader = { userId: requester.userId, locale: interaction.locale };
  const choices = entries.map((entry) => ({
    name: queueLabel(entry, reader),
    value: shortId(entry.job.id),
  }));
  return matching(interaction, choices);
};
