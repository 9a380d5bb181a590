import type { APIRole } from "discord-api-types/v10";
import { h, type JSX } from "preact";

import type { ClientGuild } from "../../client-api.ts";
import { Permission } from "../discord.ts";
import { api } from "../state/api.ts";
import { report } from "../state/session.ts";
import { Dialog } from "./dialog.ts";
import { Chooser, SettingsGroup, SettingsHeader, Toggle } from "./fields.ts";

const TIERS = [
  { value: "0", label: "None: 10 MB a file" },
  { value: "1", label: "Level 1: 10 MB a file" },
  { value: "2", label: "Level 2: 50 MB a file" },
  { value: "3", label: "Level 3: 100 MB a file" },
] as const;

const LANGUAGES = [
  { value: "en-US", label: "English" },
  { value: "de", label: "Deutsch" },
  { value: "ja", label: "日本語" },
] as const;

/** The rights that commands ask for. */
const RIGHTS = [
  { label: "Administrator", bit: Permission.administrator },
  { label: "Manage server", bit: Permission.manageGuild },
  { label: "Manage messages", bit: Permission.manageMessages },
  { label: "Use app commands", bit: Permission.useApplicationCommands },
] as const;

export function GuildSettings({
  guild,
  onClose,
}: {
  guild: ClientGuild;
  onClose: () => void;
}): JSX.Element {
  const change = (fresh: Parameters<typeof api.changeGuild>[1]): void => {
    void api.changeGuild(guild.id, fresh).catch(report);
  };
  return h(
    Dialog,
    { label: `Settings of ${guild.name}`, class: "settings", onClose },
    h(SettingsHeader, { title: guild.name, onClose }),
    h(
      "div",
      { class: "settings-body" },
      h(Toggle, {
        label: "The bot is a member",
        description: "Switch it off and on to remove and invite it again",
        isOn: guild.hasBot,
        onChange: (hasBot) => change({ hasBot }),
      }),
      h(Chooser, {
        label: "Boosts (they raise the limit of uploads)",
        value: String(guild.premiumTier),
        options: TIERS,
        onChange: (tier) => change({ premiumTier: Number(tier) }),
      }),
      h(Chooser, {
        label: "The server’s language",
        value: guild.preferredLocale,
        options: LANGUAGES,
        onChange: (preferredLocale) => change({ preferredLocale }),
      }),
      guild.roles
        .filter(({ managed }) => !managed)
        .toSorted((a, b) => b.position - a.position)
        .map((role) => h(RoleRights, { key: role.id, guild, role })),
    ),
  );
}

function RoleRights({ guild, role }: { guild: ClientGuild; role: APIRole }): JSX.Element {
  const permissions = BigInt(role.permissions);
  return h(
    SettingsGroup,
    { title: `Rights of ${role.name}` },
    RIGHTS.map(({ label, bit }) =>
      h(Toggle, {
        key: label,
        label,
        isOn: (permissions & bit) !== 0n,
        onChange: (isOn) => {
          const fresh = (isOn ? permissions | bit : permissions & ~bit).toString();
          const ids = { guildId: guild.id, roleId: role.id };
          void api.changeRole(ids, { permissions: fresh }).catch(report);
        },
      }),
    ),
  );
}
