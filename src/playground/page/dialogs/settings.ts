import { h, type JSX } from "preact";

import { store, useApp } from "../state/store.ts";
import { channelOf, guildOf } from "../state/world.ts";
import { ChannelSettings } from "./channel-settings.ts";
import { GuildSettings } from "./guild-settings.ts";
import { PersonSettings } from "./person-settings.ts";

/** The settings that are open, if any. */
export function Settings(): JSX.Element | null {
  const settings = useApp((state) => state.settings);
  const world = useApp((state) => state.world);
  const guildId = useApp((state) => state.guildId);
  if (settings === null || world === null) return null;
  const onClose = (): void => store.set({ settings: null });
  if (settings.type === "person")
    return h(PersonSettings, { world, guild: guildOf(world, guildId), onClose });
  if (settings.type === "guild") {
    const guild = guildOf(world, settings.guildId);
    return guild === null ? null : h(GuildSettings, { guild, onClose });
  }
  const channel = channelOf(world, settings.channelId);
  const guild = guildOf(world, channel?.guildId ?? null);
  if (channel === null || guild === null) return null;
  return h(ChannelSettings, { world, guild, channel, onClose });
}
