import type { Renderer } from "../world/render.ts";
import type { WorldGuild } from "../world/types.ts";
import { isThread, type World } from "../world/world.ts";

/** The payload of GUILD_CREATE as a bot without the members' intent gets it: of the members, itself. */
export function guildCreate(
  guild: WorldGuild,
  { world, render }: { world: World; render: Renderer },
): object {
  const channels = world.channelsOf(guild.id);
  const bot = world.member(guild.id, world.botId);
  return {
    ...render.guild(guild),
    joined_at: bot.joinedAt,
    large: false,
    unavailable: false,
    member_count: world.membersOf(guild.id).length,
    voice_states: [],
    members: [render.member(bot)],
    channels: channels.filter((one) => !isThread(one)).map((one) => render.channel(one)),
    threads: channels
      .filter((one) => isThread(one) && world.canSee(one, world.botId))
      .map((one) => render.channel(one)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
