import { hostname } from "node:os";
import { join } from "node:path";

import { REST } from "discord.js";

import { DiscordAttachmentFinder } from "../discord/attachment-finder.ts";
import { CustomIds } from "../discord/custom-id.ts";
import { Outbox } from "../generation/outbox.ts";
import { watchRequests } from "../discord/watch-requests.ts";
import { startPlayground } from "../playground/start.ts";
import { startGateway } from "./gateway.ts";
import { leaveAlert } from "./left-alerts.ts";
import type { Pages } from "./pages.ts";
import { messengerWith, speakingParts } from "./parts.ts";
import type { Running, Runtime } from "./runtime.ts";
import type { WorkerParts } from "./worker.ts";

const REST_TIMEOUT_MS = 120_000;

/** The side of the program that speaks to Discord, or to the playground in its place. */
export interface Discord extends Running, WorkerParts {
  readonly ready: readonly string[];
}

/** Starts the gateway, with the playground before it where there is no token; a worker speaks by interaction tokens alone. */
export async function startDiscord(runtime: Runtime, pages: Pages): Promise<Discord> {
  const { config } = runtime;
  if (config.role === "worker") return startTokenSpeaker(runtime);
  if (config.discordToken === undefined) return startWithPlayground(runtime, pages);
  const gateway = await startGateway(runtime, {
    token: config.discordToken,
    apiBase: config.discordApiBase,
    isPlayground: false,
  });
  pages.readiness.gateway = () => gateway.bot.isReady;
  return {
    ...gateway,
    ready: [
      "The bot is ready. Invite it to a server:",
      `  ${gateway.inviteLink}`,
      "A server of yours is served at once: type /imagine there. Others wait until you approve them: /owner guilds approve.",
      `Status: http://${config.host}:${pages.port}`,
    ],
  };
}

async function startWithPlayground(runtime: Runtime, pages: Pages): Promise<Discord> {
  const { config, log } = runtime;
  const playground = await startPlayground({
    port: config.port,
    host: config.host,
    dataDir: join(config.dataDir, "playground"),
    botHttp: `http://127.0.0.1:${pages.port}`,
    onExit: () => log.error("the playground has ended; start again"),
  });
  try {
    const gateway = await startGateway(runtime, {
      token: playground.token,
      apiBase: playground.apiBase,
      isPlayground: true,
    });
    pages.readiness.gateway = () => gateway.bot.isReady;
    return {
      ...gateway,
      ready: [
        `Playground: ${playground.address}`,
        "Your own bot in Discord: at https://discord.com/developers/applications press New Application, then Bot, Reset Token,",
        "put DISCORD_TOKEN=... into a file .env here, and start again.",
      ],
      stop: async () => {
        await gateway.stop();
        await playground.stop();
      },
    };
  } catch (error) {
    await playground.stop();
    throw error;
  }
}

/** No bot token, no gateway: what needs them is left to the outbox of one that has. */
function startTokenSpeaker(runtime: Runtime): Discord {
  const { config, log, engine, database, metrics } = runtime;
  const { db } = database;
  const apiBase = config.discordApiBase;
  runtime.alerts.tellBy(async (alert) => {
    if (alert.kind === "trouble") await leaveAlert(db, `${hostname()}: ${alert.text}`);
  });
  const rest = new REST({ api: apiBase, timeout: REST_TIMEOUT_MS });
  watchRequests(rest, metrics);
  const customIds = new CustomIds(runtime.key);
  const messenger = messengerWith(runtime, { rest, hasBotToken: false, customIds });
  const parts = speakingParts(runtime, messenger);
  const outbox = new Outbox({ db, engine, messenger, ...parts, roles: ["token"], log, metrics });
  outbox.start();
  return {
    ...parts,
    messenger,
    attachments: new DiscordAttachmentFinder(null, apiBase),
    ready: ["The worker is ready."],
    stop: () => outbox.stop(),
  };
}
