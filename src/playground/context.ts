import type { EventEmitter } from "node:events";

import type { Logger } from "pino";

import type { Gateway } from "./gateway/gateway.ts";
import type { Faults } from "./rest/faults.ts";
import type { RateLimits } from "./rest/rate-limits.ts";
import type { Transcript } from "./rest/transcript.ts";
import type { Attachments } from "./world/attachments.ts";
import type { Clock } from "./world/clock.ts";
import type { WorldEvents } from "./world/events.ts";
import type { Interactions } from "./world/interactions.ts";
import type { Messages } from "./world/messages.ts";
import type { Renderer } from "./world/render.ts";
import type { SnowflakeSource } from "./world/snowflake.ts";
import type { Store } from "./world/store.ts";
import type { World } from "./world/world.ts";

/** The parts of a running playground, as its routes see them. */
export interface Context {
  clock: Clock;
  ids: SnowflakeSource;
  store: Store;
  events: EventEmitter<WorldEvents>;
  world: World;
  attachments: Attachments;
  messages: Messages;
  interactions: Interactions;
  render: Renderer;
  gateway: Gateway;
  faults: Faults;
  rateLimits: RateLimits;
  transcript: Transcript;
  log: Logger;
  /** The only bot token that is right. */
  token: string;
  /** `http://127.0.0.1:PORT`: what the bot reaches it by. */
  origin: () => string;
}
