import type { Database } from "../../db/database.ts";
import { SIZE_MULTIPLE_PX } from "../../pipeline/limits.ts";
import { takeRate } from "../../quota/rate-limit.ts";
import { Refusal } from "../refusal.ts";
import type { Requester } from "../types.ts";
import type { Policy } from "./load-policy.ts";
import { pauseAt } from "./owner-settings.ts";
import { findForbidden } from "./word-rules.ts";

const MS_PER_DAY = 24 * 60 * 60 * 1000;
/** Channels that a refusal names. */
const MAX_CHANNELS_NAMED = 5;
/** By so much at most a side is longer than what was asked for, since it is rounded to a multiple. */
const ROUNDING_PX = SIZE_MULTIPLE_PX / 2;

/** What is asked for, as far as a policy cares. */
export interface PolicyRequest {
  /** Prompt, negative prompt, the style's template and every text of a modal. */
  readonly texts: readonly string[];
  readonly isPrivate: boolean;
  /** Whether a picture that the bot did not make is used. */
  readonly usesForeignPicture: boolean;
  /** Pixels of the picture that would be made; null where none is. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

/**
 * Whether somebody may use the bot at all, here and now.
 *
 * @throws {Refusal}
 */
export function checkAccess(policy: Policy, requester: Requester): void {
  checkPlace(policy, requester);
  checkBlocks(policy);
  checkChannel(policy, requester);
  checkMember(policy, requester);
  checkPause(policy);
}

function checkPlace({ guildState, owner }: Policy, { guildId }: Requester): void {
  if (guildId === null) {
    if (!owner.directMessages) throw new Refusal("refusal.direct-messages-off");
  } else if (guildState === "refused") throw new Refusal("refusal.guild-refused");
  else if (guildState === "pending") throw new Refusal("refusal.guild-pending");
  else if (guildState === null && !owner.userInstalls) throw new Refusal("refusal.guild-pending");
}

function checkBlocks({ blocks }: Policy): void {
  const [first] = blocks;
  if (first === undefined) return;
  const last = blocks.reduce((longest, block) => (endOf(block) > endOf(longest) ? block : longest));
  throw new Refusal("refusal.blocked", {
    until: last.until === null ? "none" : timestamp(last.until, "f"),
    reason: last.reason ?? "none",
  });
}

function endOf({ until }: { until: Date | null }): number {
  return until?.getTime() ?? Number.POSITIVE_INFINITY;
}

/** A thread is where its channel is, unless it has a rule of its own; a denial always wins. */
function checkChannel(
  { channels }: Policy,
  { channelId, parentChannelId }: Pick<Requester, "channelId" | "parentChannelId">,
): void {
  const isHere = (id: string): boolean => id === channelId || id === parentChannelId;
  const allowed = channels.filter(({ rule }) => rule === "allow").map((found) => found.channelId);
  const isDenied = channels.some((found) => found.rule === "deny" && isHere(found.channelId));
  if (!isDenied && (allowed.length === 0 || allowed.some(isHere))) return;
  const named = allowed.slice(0, MAX_CHANNELS_NAMED).map((id) => `<#${id}>`);
  throw new Refusal("refusal.channel", {
    channels: named.length === 0 ? "none" : named.join(", "),
  });
}

function checkMember({ allowedRoleIds, settings, now }: Policy, requester: Requester): void {
  const { roleIds, accountCreatedAt, joinedAt } = requester;
  if (allowedRoleIds.length > 0 && !allowedRoleIds.some((id) => roleIds.includes(id)))
    throw new Refusal("refusal.role", {
      roles: allowedRoleIds.map((id) => `<@&${id}>`).join(", "),
    });
  const { minAccountAgeDays, minMembershipAgeDays } = settings;
  if (now.getTime() - accountCreatedAt.getTime() < minAccountAgeDays * MS_PER_DAY)
    throw new Refusal("refusal.account-age", { days: minAccountAgeDays });
  if (joinedAt !== null && now.getTime() - joinedAt.getTime() < minMembershipAgeDays * MS_PER_DAY)
    throw new Refusal("refusal.membership-age", { days: minMembershipAgeDays });
}

function checkPause({ owner, settings, now }: Policy): void {
  const pause = pauseAt(owner, now);
  if (pause !== null)
    throw new Refusal("refusal.paused", {
      when: pause.until === null ? "unknown" : timestamp(pause.until, "R"),
    });
  if (settings.isPaused) throw new Refusal("refusal.guild-paused");
}

/**
 * Whether what is asked for is allowed to somebody who may use the bot.
 *
 * @throws {Refusal}
 */
export function checkRequest(policy: Policy, requester: Requester, request: PolicyRequest): void {
  const { settings } = policy;
  if (request.isPrivate && requester.guildId !== null && !settings.allowsPrivate)
    throw new Refusal("refusal.private-off");
  if (request.usesForeignPicture && !mayUseForeignPictures(policy, requester))
    throw new Refusal("refusal.foreign-pictures-off");
  checkTexts(policy, requester, request.texts);
  if (request.size !== null) checkSize(policy, request.size);
}

/** @throws {Refusal} `refusal.word` */
export function checkTexts(
  { words }: Policy,
  { isAgeRestrictedChannel }: Pick<Requester, "isAgeRestrictedChannel">,
  texts: readonly string[],
): void {
  const forbidden = findForbidden(texts, words, { isAgeRestricted: isAgeRestrictedChannel });
  if (forbidden !== null) throw new Refusal("refusal.word", { word: forbidden.found });
}

/** Every shape of the allowed size passes, however its sides were rounded. @throws {Refusal} `refusal.size` */
function checkSize(
  { settings }: Policy,
  { width, height }: { width: number; height: number },
): void {
  if ((width - ROUNDING_PX) * (height - ROUNDING_PX) > settings.maxSize ** 2)
    throw new Refusal("refusal.size", { width, height, max: settings.maxSize });
}

/** In a direct message everyone may: there, nobody else sees it. */
function mayUseForeignPictures(
  { settings }: Policy,
  { guildId, roleIds }: Pick<Requester, "guildId" | "roleIds">,
): boolean {
  if (guildId === null) return true;
  if (settings.foreignPictures === "roles")
    return settings.foreignPictureRoleIds.some((id) => roleIds.includes(id));
  return settings.foreignPictures === "everyone";
}

/**
 * Where a server keeps a card's buttons for who asked for it; moderators may help.
 *
 * @throws {Refusal} `refusal.buttons-owner-only`
 */
export function checkButton(
  { settings }: Policy,
  { userId, isModerator }: Pick<Requester, "userId" | "isModerator">,
  pictureOwnerId: string,
): void {
  if (settings.buttonsFor === "everyone" || isModerator || pictureOwnerId === userId) return;
  throw new Refusal("refusal.buttons-owner-only");
}

/** @throws {Refusal} `refusal.waiting-user` or `refusal.waiting-guild` */
export function checkWaiting(
  { settings }: Policy,
  { user, guild }: { user: number; guild: number },
): void {
  if (user >= settings.maxWaitingPerUser)
    throw new Refusal("refusal.waiting-user", { count: user });
  if (guild >= settings.maxWaitingPerGuild)
    throw new Refusal("refusal.waiting-guild", { count: guild });
}

/**
 * Takes one from the member's burst limit; the owner of the bot has none.
 *
 * @throws {Refusal} `refusal.rate`
 */
export async function takeBurst(
  db: Database,
  { owner, now }: Policy,
  { userId, isOwner }: Requester,
): Promise<void> {
  if (isOwner) return;
  const { size, secondsEach } = owner.burst;
  const wait = await takeRate(db, `user:${userId}`, { burst: size, secondsEach });
  if (wait > 0)
    throw new Refusal("refusal.rate", {
      when: timestamp(new Date(now.getTime() + wait * 1000), "R"),
    });
}

/** A moment in Discord's own notation, which each reader sees in their time zone. */
function timestamp(moment: Date, style: "R" | "f"): string {
  return `<t:${Math.ceil(moment.getTime() / 1000)}:${style}>`;
}
