import { MessageFlags } from "discord-api-types/v10";

import type { ClientEvent, ClientMessage } from "../../src/playground/client-api.ts";
import type { TestPlayground } from "./playground.ts";

export type MessagePredicate = (message: ClientMessage) => boolean;
export type ModalEvent = Extract<ClientEvent, { type: "modal" }>;
type SuccessEvent = Extract<ClientEvent, { type: "interaction_success" }>;
type FailureEvent = Extract<ClientEvent, { type: "interaction_failure" }>;

/** An interaction that was begun: what Discord's client would show of it. */
export class BegunInteraction {
  readonly id: string;
  readonly #playground: TestPlayground;

  constructor(playground: TestPlayground, id: string) {
    this.#playground = playground;
    this.id = id;
  }

  /** The first answer's message, as soon as it is there (it may still be "thinking"). */
  async reply(): Promise<ClientMessage> {
    return this.#playground.waitForMessage(
      ({ interaction_metadata: metadata }) => metadata?.id === this.id,
    );
  }

  /** The answer once it is filled and `isRight`. */
  async answer(isRight: MessagePredicate = () => true): Promise<ClientMessage> {
    return this.#playground.waitForMessage(
      (message) =>
        message.interaction_metadata?.id === this.id &&
        ((message.flags ?? 0) & MessageFlags.Loading) === 0 &&
        isRight(message),
    );
  }

  async modal(): Promise<ModalEvent> {
    return this.#playground.waitForEvent(
      (event): event is ModalEvent => event.type === "modal" && event.interactionId === this.id,
    );
  }

  async acknowledged(): Promise<void> {
    await this.#playground.waitForEvent(
      (event): event is SuccessEvent =>
        event.type === "interaction_success" && event.interactionId === this.id,
    );
  }

  async failure(): Promise<FailureEvent> {
    return this.#playground.waitForEvent(
      (event): event is FailureEvent =>
        event.type === "interaction_failure" && event.interactionId === this.id,
    );
  }
}
