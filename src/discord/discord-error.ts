import { DiscordAPIError, HTTPError } from "discord.js";

import type { DeliveryObstacle } from "../generation/messenger.ts";

/** Codes of Discord's API errors that this program tells apart; discord.com/developers/docs/topics/opcodes-and-status-codes. */
const CODE = {
  unknownChannel: 10_003,
  unknownGuild: 10_004,
  unknownMessage: 10_008,
  unknownUser: 10_013,
  unknownWebhook: 10_015,
  unknownInteraction: 10_062,
  entityTooLarge: 40_005,
  alreadyAcknowledged: 40_060,
  missingAccess: 50_001,
  cannotMessageUser: 50_007,
  missingPermissions: 50_013,
  invalidWebhookToken: 50_027,
  invalidFormBody: 50_035,
  archivedThread: 50_083,
} as const;

const OBSTACLES: ReadonlyMap<number | string, DeliveryObstacle> = new Map([
  [CODE.unknownChannel, "unknown-channel"],
  [CODE.unknownGuild, "unknown-channel"],
  [CODE.unknownMessage, "message-deleted"],
  [CODE.unknownUser, "direct-messages-closed"],
  [CODE.entityTooLarge, "file-too-large"],
  [CODE.missingAccess, "no-access"],
  [CODE.cannotMessageUser, "direct-messages-closed"],
  [CODE.missingPermissions, "no-access"],
  [CODE.invalidFormBody, "rejected"],
  [CODE.archivedThread, "no-access"],
]);

const DEAD_TOKEN: ReadonlySet<number | string> = new Set([
  CODE.unknownWebhook,
  CODE.unknownInteraction,
  CODE.invalidWebhookToken,
]);

/** Why Discord will refuse the same request again; null for what may pass: rate limits, its own faults, the network. */
export function obstacleOf(error: unknown): DeliveryObstacle | null {
  if (!(error instanceof DiscordAPIError)) return null;
  const known = OBSTACLES.get(error.code);
  if (known !== undefined) return known;
  if (error.status === 413) return "file-too-large";
  if (error.status === 403) return "no-access";
  return error.status === 400 ? "rejected" : null;
}

/** Whether an interaction has had its first answer. */
export function isAcknowledgedBefore(error: unknown): boolean {
  return error instanceof DiscordAPIError && error.code === CODE.alreadyAcknowledged;
}

/** Whether Discord has answered, so that nothing of the request is on its way any more. */
export function isAnswered(error: unknown): boolean {
  return error instanceof DiscordAPIError || error instanceof HTTPError;
}

/** Whether an interaction's token is past its life. */
export function isDeadToken(error: unknown): boolean {
  return error instanceof DiscordAPIError && DEAD_TOKEN.has(error.code);
}

/**
 * An error fit for logs: Discord's errors hold the request's address with the interaction's token in it, and the whole
 * files of its body.
 */
export function loggable(error: unknown): unknown {
  if (error instanceof DiscordAPIError) {
    const { code, status, method, message } = error;
    return { type: "DiscordAPIError", code, status, method, message, route: routeOf(error.url) };
  }
  if (error instanceof HTTPError) {
    const { status, method, message } = error;
    return { type: "HTTPError", status, method, message, route: routeOf(error.url) };
  }
  return error;
}

/** The path without tokens: they are far longer than any other part. */
function routeOf(url: string): string {
  const { pathname } = new URL(url);
  return pathname
    .split("/")
    .map((part) => (part.length > 30 ? "…" : part))
    .join("/");
}
