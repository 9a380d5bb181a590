import { eq, sql } from "drizzle-orm";
import { z } from "zod";

import { COMMANDS, COMPONENTS, onMessage } from "../../commands/index.ts";
import { botState } from "../db/schema.ts";
import { DiscordAttachmentFinder } from "../discord/attachment-finder.ts";
import { Bot, type GuildEvents } from "../discord/bot.ts";
import { approvalCard } from "../discord/cards/approval-card.ts";
import type { Card } from "../discord/cards/components.ts";
import { CustomIds } from "../discord/custom-id.ts";
import { DiscordModerationPoster } from "../discord/moderation-poster.ts";
import { watchRequests } from "../discord/watch-requests.ts";
import { noteCard } from "../discord/reply.ts";
import type { RegistrationStore } from "../discord/register-commands.ts";
import type { AttachmentFinder } from "../generation/attachment.ts";
import { Generation } from "../generation/generation.ts";
import { noteGuild, noteGuildLeft, takeApprovalQuestion } from "../generation/guilds.ts";
import { handOverOld } from "../generation/hand-over.ts";
import type { Messenger } from "../generation/messenger.ts";
import { QueuePositions } from "../generation/queue-positions.ts";
import { Outbox } from "../generation/outbox.ts";
import { PictureFiles } from "../generation/picture-files.ts";
import { postModerationNotices } from "../generation/policy/moderation-log.ts";
import { readOwnerSettings } from "../generation/policy/owner-settings.ts";
import { takeAlerts } from "./left-alerts.ts";
import type { OwnerAlert } from "./owner-alerts.ts";
import { messengerWith, originalsDir, speakingParts } from "./parts.ts";
import type { Running, Runtime, Speaking } from "./runtime.ts";

const HAND_OVER_EVERY_MS = 15_000;
/** So soon the switches for messages and users' installs take effect. */
const SWITCHES_EVERY_MS = 5000;
const QUEUE_POSITIONS_EVERY_MS = 5000;
const MODERATORS_LOG_EVERY_MS = 5000;
const WORKERS_ALERTS_EVERY_MS = 5000;

export interface GatewayOptions {
  readonly token: string;
  /** Without the version. */
  readonly apiBase: string;
  /** The playground's servers need nobody's approval, and it forgets commands with its data. */
  readonly isPlayground: boolean;
}

/** A gateway: it speaks with the bot's token, so it answers interactions and posts what a dead token cannot. */
export interface Gateway extends Running, Speaking {
  readonly bot: Bot;
  readonly messenger: Messenger;
  readonly attachments: AttachmentFinder;
  readonly inviteLink: string;
}

/**
 * Connects to Discord.
 *
 * @throws {UserError} `invalid_config` for a token that Discord does not take
 */
export async function startGateway(runtime: Runtime, options: GatewayOptions): Promise<Gateway> {
  const { log, engine, models, database, config, metrics } = runtime;
  const { db } = database;
  const customIds = new CustomIds(runtime.key);
  const bot: Bot = new Bot({
    token: options.token,
    apiBase: options.apiBase,
    commands: COMMANDS,
    components: COMPONENTS,
    onMessage,
    onGuild: guildEvents(runtime, options, (userId) => bot.isOwner(userId)),
    registration: {
      guildId: config.devGuildId ?? null,
      userInstalls: async () => (await readOwnerSettings(db)).userInstalls,
      store: registrationStore(runtime, options),
    },
    log,
    onAcknowledged: (milliseconds) => metrics.acknowledged(milliseconds),
  });
  measureDiscord(runtime, bot);
  const messenger = messengerWith(runtime, { rest: bot.rest, hasBotToken: true, customIds });
  const attachments = new DiscordAttachmentFinder(bot.rest, options.apiBase);
  const parts = speakingParts(runtime, messenger);
  const generation = new Generation({
    db,
    engine,
    models,
    defaultModel: config.model,
    metrics,
    answers: parts.answers,
    files: new PictureFiles(db, originalsDir(config)),
  });
  const roles = ["token", "bot"] as const;
  const outbox = new Outbox({ db, engine, messenger, ...parts, roles, log, metrics });
  // Servers that wait are told of during the start.
  runtime.alerts.tellBy((alert) => bot.tellOwners(alertCard(alert, customIds)));
  const { inviteLink } = await bot.start({
    generation,
    administration: { db, retag: (tx, guild) => engine.retag(tx, guild) },
    customIds,
    messenger,
    attachments,
  });
  runtime.caretaker.add("switches", SWITCHES_EVERY_MS, async () => {
    await bot.listenToMessages(await generation.wantsMessages());
    await bot.registerCommands();
  });
  outbox.start();
  addChores(runtime, { ...parts, messenger, bot, customIds });
  return {
    bot,
    messenger,
    attachments,
    ...parts,
    inviteLink,
    stop: async () => {
      await outbox.stop();
      await bot.stop();
    },
  };
}

function measureDiscord({ metrics }: Runtime, bot: Bot): void {
  watchRequests(bot.rest, metrics);
  metrics.gauge(
    { name: "shards_ready", help: "Connections to the gateway" },
    async () => bot.readyShards,
  );
  metrics.gauge(
    { name: "gateway_latency_seconds", help: "The gateway's answers to heartbeats" },
    async () => bot.gatewayLatencyMs / 1000,
  );
}

function alertCard(alert: OwnerAlert, customIds: CustomIds): Card {
  return alert.kind === "guild" ? approvalCard(alert, customIds) : noteCard(alert.text);
}

/** What needs the bot's token and is looked after again and again. */
function addChores(
  { caretaker, database, engine, log }: Runtime,
  {
    answers,
    messenger,
    bot,
    customIds,
  }: Pick<Gateway, "answers" | "messenger" | "bot"> & { customIds: CustomIds },
): void {
  const { db } = database;
  const poster = new DiscordModerationPoster({ rest: bot.rest, customIds });
  caretaker.add("moderators' log", MODERATORS_LOG_EVERY_MS, (signal) =>
    postModerationNotices(db, { poster, log }, signal),
  );
  caretaker.add("workers' alerts", WORKERS_ALERTS_EVERY_MS, async () => {
    for (const text of await takeAlerts(db)) await bot.tellOwners(noteCard(text));
  });
  const positions = new QueuePositions({
    db,
    engine,
    answers,
    messenger,
    serves: (guildId) => bot.serves(guildId),
    log,
  });
  caretaker.add("queue positions", QUEUE_POSITIONS_EVERY_MS, (signal) => positions.show(signal));
  caretaker.add("hand over", HAND_OVER_EVERY_MS, (signal) =>
    handOverOld({ db, engine, answers, messenger, log }, signal),
  );
}

/** The owner's own servers are served at once: adding the bot was the approval. */
function guildEvents(
  { database, log, alerts }: Runtime,
  { isPlayground }: GatewayOptions,
  isOwner: (userId: string) => boolean,
): GuildEvents {
  const { db } = database;
  return {
    joined: async ({ id, name, ownerId }) => {
      const isTrusted = isPlayground || isOwner(ownerId);
      const state = await noteGuild(db, { id, name }, { isTrusted });
      if (state !== "pending") return;
      log.warn({ guildId: id, name }, "a server waits for approval: /owner guilds approve");
      if (await takeApprovalQuestion(db, id)) alerts.guildWaits({ id, name });
    },
    left: (guildId) => noteGuildLeft(db, guildId),
  };
}

function registrationStore(
  { database }: Runtime,
  { isPlayground }: GatewayOptions,
): RegistrationStore {
  const { db } = database;
  const key = "commands";
  // The playground may have forgotten what an earlier process told it.
  let shown: string | null = null;
  return {
    read: async () => {
      if (isPlayground) return shown;
      const [row] = await db.select().from(botState).where(eq(botState.key, key));
      return z
        .string()
        .nullable()
        .catch(null)
        .parse(row?.value ?? null);
    },
    write: async (value) => {
      shown = value;
      await db
        .insert(botState)
        .values({ key, value })
        .onConflictDoUpdate({ target: botState.key, set: { value, updatedAt: sql`now()` } });
    },
  };
}
