import { randomBytes } from "node:crypto";
import type { EventEmitter } from "node:events";

import { ApplicationIntegrationType, type InteractionResponseType } from "discord-api-types/v10";

import { apiErrors } from "../rules/api-error.ts";
import type { Clock } from "./clock.ts";
import type { WorldEvents } from "./events.ts";
import { type SnowflakeSource, snowflakeTime } from "./snowflake.ts";
import type { Store } from "./store.ts";
import type { MessageInteraction, WorldInteraction } from "./types.ts";

/** Discord's: until the first answer, and for everything else by the token. */
const ANSWER_MS = 3000;
const TOKEN_LIFE_MS = 15 * 60_000;
/** When an interaction is forgotten; one that opened a dialog later, for the dialog may be left open. */
const REMEMBER_MS = TOKEN_LIFE_MS + 60_000;
const REMEMBER_DIALOG_MS = 24 * 60 * 60_000;

export type NewInteraction = Omit<
  WorldInteraction,
  "id" | "token" | "createdAtMs" | "state" | "originalMessageId" | "followUpIds" | "modal"
>;

interface InteractionParts {
  store: Store;
  clock: Clock;
  ids: SnowflakeSource;
  events: EventEmitter<WorldEvents>;
}

/** Interactions from the user's click to the token's end. */
export class Interactions {
  readonly #parts: InteractionParts;
  readonly #open = new Map<string, WorldInteraction>();
  readonly #deadlines = new Map<string, () => void>();
  readonly #expired = new Set<string>();
  /** An answer is being read: its deadline waits for what becomes of it. */
  readonly #claimed = new Set<string>();

  constructor(parts: InteractionParts) {
    this.#parts = parts;
    for (const interaction of parts.store.all("interaction")) {
      this.#open.set(interaction.id, interaction);
      if (interaction.state.name === "waiting") this.#setDeadline(interaction);
    }
  }

  /** Begins one; without an answer within 3 s it fails. */
  begin(draft: NewInteraction): WorldInteraction {
    this.#forgetOld();
    const id = this.#parts.ids.next();
    const nowMs = this.#parts.clock.now();
    const interaction: WorldInteraction = {
      ...draft,
      id,
      // Discord's tokens have this form as well: the id can be read from one.
      token: Buffer.from(`interaction:${id}:${randomBytes(60).toString("hex")}`).toString(
        "base64url",
      ),
      createdAtMs: nowMs,
      state: { name: "waiting" },
      originalMessageId: null,
      followUpIds: [],
      modal: null,
    };
    this.save(interaction);
    this.#setDeadline(interaction);
    return interaction;
  }

  find(id: string): WorldInteraction | null {
    return this.#open.get(id) ?? null;
  }

  save(interaction: WorldInteraction): void {
    this.#open.set(interaction.id, interaction);
    this.#parts.store.put("interaction", interaction.id, interaction);
  }

  /**
   * Runs the first answer to an interaction; when it throws, another may still be given in time.
   *
   * @throws {ApiError} 10062 of one that is unknown or too late, 40060 of one that was answered.
   */
  async answer<T>(
    { id, token }: { id: string; token: string },
    answer: (interaction: WorldInteraction) => Promise<[type: InteractionResponseType, result: T]>,
  ): Promise<T> {
    const interaction = this.#open.get(id);
    if (interaction?.token !== token) throw apiErrors.unknownInteraction();
    if (interaction.state.name === "failed") throw apiErrors.unknownInteraction();
    if (interaction.state.name === "answered" || this.#claimed.has(id))
      throw apiErrors.alreadyAcknowledged();
    this.#claimed.add(id);
    try {
      const [type, result] = await answer(interaction);
      this.save({ ...this.#current(id), state: { name: "answered", with: type } });
      this.#dropDeadline(id);
      return result;
    } finally {
      this.#claimed.delete(id);
      const { state, createdAtMs } = this.#current(id);
      if (state.name === "waiting" && this.#parts.clock.now() >= createdAtMs + ANSWER_MS)
        this.#fail(id);
    }
  }

  /**
   * The interaction of a webhook route.
   *
   * @throws {ApiError} 50027 when the token's life is over, 10015 when it never was one or has not been answered.
   */
  byToken(token: string): WorldInteraction {
    const id = /^interaction:(\d{1,19}):/.exec(Buffer.from(token, "base64url").toString())?.[1];
    if (id === undefined) throw apiErrors.unknownWebhook();
    const isOver = this.#parts.clock.now() >= snowflakeTime(id) + TOKEN_LIFE_MS;
    if (isOver || this.#expired.has(id)) throw apiErrors.invalidWebhookToken();
    const interaction = this.#open.get(id);
    if (interaction?.token !== token || interaction.state.name !== "answered")
      throw apiErrors.unknownWebhook();
    return interaction;
  }

  /** Makes the token of one void, or (null) those of all so far, as if 15 minutes had passed. */
  expire(id: string | null = null): void {
    for (const one of id === null ? this.#open.keys() : [id]) this.#expired.add(one);
  }

  /** What a message says of the interaction that it answers. */
  describe(interaction: WorldInteraction, isFollowUp: boolean): MessageInteraction {
    const trigger = interaction.openedBy === null ? null : this.find(interaction.openedBy);
    return {
      id: interaction.id,
      type: interaction.type,
      userId: interaction.userId,
      commandName: interaction.command?.name ?? null,
      owners: interaction.owners,
      interactedMessageId: trigger === null ? interaction.messageId : null,
      targetMessageId: interaction.targetMessageId,
      targetUserId: interaction.targetUserId,
      trigger: trigger === null ? null : this.describe(trigger, false),
      originalMessageId: isFollowUp ? interaction.originalMessageId : null,
    };
  }

  #current(id: string): WorldInteraction {
    const interaction = this.#open.get(id);
    if (interaction === undefined) throw apiErrors.unknownInteraction();
    return interaction;
  }

  #fail(id: string): void {
    this.#dropDeadline(id);
    const interaction = this.#open.get(id);
    if (interaction?.state.name !== "waiting") return;
    this.save({ ...interaction, state: { name: "failed" } });
    this.#parts.events.emit("client", interaction.userId, {
      type: "interaction_failure",
      interactionId: id,
      channelId: interaction.channelId,
      messageId: interaction.messageId,
      commandName: interaction.command?.name ?? null,
      message: "The application did not respond",
    });
  }

  #setDeadline({ id, createdAtMs }: WorldInteraction): void {
    const ring = (): void => {
      if (!this.#claimed.has(id)) this.#fail(id);
    };
    this.#deadlines.set(id, this.#parts.clock.at(createdAtMs + ANSWER_MS, ring));
  }

  #dropDeadline(id: string): void {
    this.#deadlines.get(id)?.();
    this.#deadlines.delete(id);
  }

  /** They are in the order of their age. */
  #forgetOld(): void {
    const nowMs = this.#parts.clock.now();
    for (const { id, createdAtMs, modal } of this.#open.values()) {
      if (createdAtMs >= nowMs - REMEMBER_MS) return;
      if (modal !== null && createdAtMs >= nowMs - REMEMBER_DIALOG_MS) continue;
      this.#open.delete(id);
      this.#expired.delete(id);
      this.#parts.store.delete("interaction", id);
    }
  }
}

/** Whether only the user, not the guild, has installed the application: then Discord narrows what it may do. */
export function isUserInstallOnly({ owners }: WorldInteraction): boolean {
  return owners[ApplicationIntegrationType.GuildInstall] === undefined;
}
