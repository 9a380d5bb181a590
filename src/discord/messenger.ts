import {
  type APIMessage,
  MessageFlags,
  type RawFile,
  type REST,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
  Routes,
} from "discord.js";
import type { Logger } from "pino";

import type { EditLeases, TrueWhile } from "../generation/edit-leases.ts";
import {
  type Answer,
  DeliveryImpossible,
  type Messenger,
  type Notice,
  type Posted,
} from "../generation/messenger.ts";
import { type Place, TOKEN_LIFE_MS } from "../generation/place.ts";
import { translate } from "../i18n/translate.ts";
import { ACCENT, type Card, card, text } from "./cards/components.ts";
import { noticeCard } from "./cards/notice-card.ts";
import type { CustomIds } from "./custom-id.ts";
import { isAnswered, isDeadToken, loggable, obstacleOf } from "./discord-error.ts";
import { findOwnMessage } from "./own-message.ts";
import { UpdateOrder } from "./update-order.ts";

/** Discord counts from the interaction's creation by its own clock; ours may be a little off. */
const TOKEN_MARGIN_MS = 20_000;

/** Milliseconds from the taking of a lease until its edit is broken off, and until none can arrive that was sent before. */
const UPDATE_MS = 4000;
const HAND_OVER_MS = 10_000;
const ARRIVES_MS = 2000;

/** Forgetting them costs a refused request each, and no more. */
const MAX_DEAD_TOKENS = 10_000;

export interface MessengerParts {
  /** With the bot's token in a gateway; without any in a worker. */
  readonly rest: REST;
  readonly hasBotToken: boolean;
  readonly customIds: CustomIds;
  readonly leases: EditLeases;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** One way to show an answer; the next is tried where this one is closed. */
type Way = "token" | "message" | "channel" | "direct-message";

/** Speaks to Discord for the job loop; see the port for what is promised. */
export class DiscordMessenger implements Messenger {
  readonly #rest: REST;
  readonly #hasBotToken: boolean;
  readonly #ids: CustomIds;
  readonly #leases: EditLeases;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #order = new UpdateOrder();
  /** Interactions whose tokens are of no use here, though their time is not up. */
  readonly #deadTokens = new Set<string>();

  constructor({ rest, hasBotToken, customIds, leases, log, now = Date.now }: MessengerParts) {
    this.#rest = rest;
    this.#hasBotToken = hasBotToken;
    this.#ids = customIds;
    this.#leases = leases;
    this.#log = log;
    this.#now = now;
  }

  readonly canReach = ({ job }: Answer): boolean =>
    this.#hasBotToken || this.#isTokenAlive(job.place);

  readonly update = async (answer: Answer, notice: Notice, signal: AbortSignal): Promise<void> => {
    const way = this.#waysTo(answer).find((open) => open === "token" || open === "message");
    if (way === undefined) return;
    await this.#order.update(answer.job.id, signal, async (late) => {
      const shown = noticeCard(answer.job, notice, this.#ids);
      const trueWhile = notice.kind === "running" ? "running" : "waiting";
      const turn = { trueWhile, milliseconds: UPDATE_MS, signal: late } as const;
      try {
        await this.#alone(answer, turn, (only) =>
          this.#send(way, { answer, card: shown, signal: only }),
        );
      } catch (error) {
        this.#noteDeadToken(answer, error);
        this.#log.debug({ err: loggable(error), jobId: answer.job.id }, "an update was not shown");
      }
    });
  };

  readonly post = async (answer: Answer, notice: Notice, signal: AbortSignal): Promise<Posted> => {
    await this.#order.finish(answer.job.id);
    await this.#leases.over(answer.job.id, signal);
    const posted = await this.#deliver(answer, notice, signal);
    if (notice.kind === "finished" && notice.mention) await this.#mention(answer, posted, signal);
    return posted;
  };

  readonly handOver = async (
    answer: Answer,
    notice: Notice,
    signal: AbortSignal,
  ): Promise<Posted | null> => {
    await this.#order.settle(answer.job.id);
    const turn = { trueWhile: "open", milliseconds: HAND_OVER_MS, signal } as const;
    return this.#alone(answer, turn, (only) =>
      answer.job.isPrivate
        ? this.#sayPrivateIsLate(answer, only)
        : this.#deliver(answer, notice, only),
    );
  };

  /**
   * Edits while no other process does, and breaks off in time: nothing of it arrives once another may edit.
   *
   * @returns null where the job has gone on, or another process is at it: nothing was sent
   */
  async #alone<Result>(
    { job }: Answer,
    { trueWhile, milliseconds, signal }: Turn,
    edit: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | null> {
    const began = performance.now();
    const lease = await this.#leases.take(job, trueWhile, milliseconds + ARRIVES_MS);
    if (lease === null) return null;
    // This process may have stood still since.
    const leftMs = Math.floor(milliseconds - (performance.now() - began));
    if (leftMs <= 0 || signal.aborted) {
      await lease.release();
      return null;
    }
    try {
      const edited = await edit(AbortSignal.any([signal, AbortSignal.timeout(leftMs)]));
      await lease.release();
      return edited;
    } catch (error) {
      // What was broken off may yet arrive: its lease is left to end by itself.
      if (isAnswered(error) || error instanceof DeliveryImpossible) await lease.release();
      throw error;
    }
  }

  /** By the first way that is open; only a closed one leads to the next. */
  async #deliver(answer: Answer, notice: Notice, signal: AbortSignal): Promise<Posted> {
    const shown = noticeCard(answer.job, notice, this.#ids);
    const ways = this.#waysTo(answer);
    // Whoever cancelled knows it.
    if (notice.kind !== "cancelled" && this.#hasBotToken) ways.push("direct-message");
    let closed: unknown = null;
    for (const way of ways) {
      try {
        return await this.#send(way, { answer, card: shown, signal });
      } catch (error) {
        signal.throwIfAborted();
        this.#noteDeadToken(answer, error);
        const obstacle = obstacleOf(error);
        if (obstacle === null && !isDeadToken(error)) throw unsent(error);
        if (obstacle === "file-too-large" || obstacle === "rejected")
          throw new DeliveryImpossible(obstacle, { cause: loggable(error) });
        closed ??= isDeadToken(error) ? null : error;
        // Whoever deleted the answer does not want it in that channel again.
        if (obstacle === "message-deleted" && ways.includes("channel"))
          ways.splice(ways.indexOf("channel"), 1);
      }
    }
    if (this.#hasBotToken)
      throw new DeliveryImpossible(obstacleOf(closed) ?? "no-access", { cause: loggable(closed) });
    this.#giveUpToken(answer);
    throw new Error("Only a process with the bot's token has a way to this answer");
  }

  /** The public ways first; a private answer is never shown in a channel. */
  #waysTo({ job, message }: Answer): Way[] {
    const { place } = job;
    const ways: Way[] = [];
    if (this.#isTokenAlive(place)) ways.push("token");
    if (!this.#hasBotToken || job.isPrivate) return ways;
    if (message !== null) ways.push("message");
    if (place.canBotPost) ways.push("channel");
    return ways;
  }

  async #send(way: Way, sending: Sending): Promise<Posted> {
    const { answer } = sending;
    const { place } = answer.job;
    switch (way) {
      case "token": {
        const { applicationId, interaction } = place;
        const route = Routes.webhookMessage(applicationId, interaction?.token ?? "");
        return this.#edit(route, sending, false);
      }
      case "message": {
        const { channelId = place.channelId, messageId = "" } = answer.message ?? {};
        return this.#edit(Routes.channelMessage(channelId, messageId), sending, true);
      }
      case "channel":
        return this.#create(place.channelId, sending, "channel");
      case "direct-message": {
        const channel = (await this.#rest.post(Routes.userChannels(), {
          body: { recipient_id: place.userId },
          signal: sending.signal,
        })) as { id: string };
        return this.#create(channel.id, sending, "direct-message");
      }
    }
  }

  async #edit(
    route: `/${string}`,
    { card: shown, signal }: Sending,
    asBot: boolean,
  ): Promise<Posted> {
    const message = (await this.#rest.patch(route, {
      body: bodyOf(shown),
      files: [...shown.files],
      auth: asBot,
      signal,
    })) as APIMessage;
    return { channelId: message.channel_id, messageId: message.id, where: "interaction" };
  }

  /** Posts once: the nonce holds for some minutes, and after a longer break one's own message is looked for. */
  async #create(channelId: string, sending: Sending, where: Posted["where"]): Promise<Posted> {
    const { answer, card: shown, signal } = sending;
    const own = await findOwnMessage(
      { rest: this.#rest, customIds: this.#ids },
      { channelId, jobId: answer.job.id, nonce: answer.nonce, signal },
    );
    if (own !== null)
      return { ...(await this.#edit(Routes.channelMessage(channelId, own), sending, true)), where };
    const { replyToId } = answer.job.place;
    const body: RESTPostAPIChannelMessageJSONBody = {
      ...bodyOf(shown),
      nonce: answer.nonce,
      enforce_nonce: true,
      ...(replyToId === null || where === "direct-message"
        ? {}
        : { message_reference: { message_id: replyToId, fail_if_not_exists: false } }),
    };
    const message = (await this.#rest.post(Routes.channelMessages(channelId), {
      body,
      files: [...shown.files],
      signal,
    })) as APIMessage;
    return { channelId, messageId: message.id, where };
  }

  /** Tells the requester that the card is ready: an edit alone notifies nobody. Not told is no harm. */
  async #mention(answer: Answer, posted: Posted, signal: AbortSignal): Promise<void> {
    const { job, nonce } = answer;
    const { place } = job;
    if (job.isPrivate || posted.where === "direct-message") return;
    const body: RESTPostAPIChannelMessageJSONBody = {
      content: translate(place.locale, "card.ready", { user: job.userId }),
      allowed_mentions: { users: [job.userId] },
    };
    try {
      if (this.#hasBotToken && place.canBotPost) {
        const reference = { message_id: posted.messageId, fail_if_not_exists: false };
        await this.#rest.post(Routes.channelMessages(posted.channelId), {
          body: {
            ...body,
            message_reference: reference,
            nonce: `${nonce.slice(0, 24)}!`,
            enforce_nonce: true,
          },
          signal,
        });
      } else if (this.#isTokenAlive(place)) {
        const route = Routes.webhook(place.applicationId, place.interaction?.token ?? "");
        await this.#rest.post(route, { body, auth: false, signal });
      }
    } catch (error) {
      this.#log.info({ err: loggable(error), jobId: job.id }, "the requester was not mentioned");
    }
  }

  /** The last edit of a private answer that its token allows. */
  async #sayPrivateIsLate(answer: Answer, signal: AbortSignal): Promise<Posted> {
    const { job } = answer;
    const content = translate(job.place.locale, "card.private-late");
    return this.#send("token", { answer, card: card(ACCENT.quiet, [text(content)]), signal });
  }

  #isTokenAlive({ interaction }: Place): boolean {
    if (interaction === null || this.#deadTokens.has(interaction.id)) return false;
    return this.#now() < interaction.createdAt.getTime() + TOKEN_LIFE_MS - TOKEN_MARGIN_MS;
  }

  #noteDeadToken(answer: Answer, error: unknown): void {
    if (isDeadToken(error)) this.#giveUpToken(answer);
  }

  #giveUpToken({ job }: Answer): void {
    const { interaction } = job.place;
    if (interaction === null) return;
    if (this.#deadTokens.size >= MAX_DEAD_TOKENS) this.#deadTokens.clear();
    this.#deadTokens.add(interaction.id);
  }
}

interface Turn {
  readonly trueWhile: TrueWhile;
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

interface Sending {
  readonly answer: Answer;
  readonly card: Card;
  readonly signal: AbortSignal;
}

/** For both creating and editing: an edit that lists no old attachment drops it, as a preview must be. */
function bodyOf({ components, files }: Card) {
  return {
    flags: MessageFlags.IsComponentsV2,
    components: [...components],
    attachments: files.map(({ name }: RawFile, id) => ({ id, filename: name })),
    allowed_mentions: { parse: [] },
  } satisfies RESTPatchAPIChannelMessageJSONBody;
}

/** Without the token and the files that Discord's own errors carry. */
function unsent(error: unknown): Error {
  return new Error("Discord did not take the answer", { cause: loggable(error) });
}
