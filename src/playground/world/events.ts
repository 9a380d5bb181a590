import { EventEmitter } from "node:events";

import type { ClientEvent } from "../client-api.ts";
import type { WorldChannel, WorldGuild, WorldMember, WorldMessage } from "./types.ts";

/** What happens in the world, for the gateway and for the pages that are open. */
export interface WorldEvents {
  messageCreate: [message: WorldMessage];
  messageUpdate: [message: WorldMessage];
  messageDelete: [message: WorldMessage];
  typing: [channelId: string, userId: string];
  channelUpdate: [channel: WorldChannel];
  memberUpdate: [member: WorldMember];
  roleUpdate: [guild: WorldGuild, roleId: string];
  guildUpdate: [guild: WorldGuild];
  guildJoin: [guild: WorldGuild];
  guildLeave: [guild: WorldGuild];
  /** Something that a page's state shows has changed. */
  stateChange: [];
  /** To one user's pages. */
  client: [userId: string, event: ClientEvent];
}

export function createWorldEvents(): EventEmitter<WorldEvents> {
  // One listener for each open page, and more than ten may be open.
  return new EventEmitter<WorldEvents>().setMaxListeners(0);
}
