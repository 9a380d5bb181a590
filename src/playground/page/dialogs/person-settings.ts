import { h, type JSX } from "preact";

import type { ClientGuild, ClientState } from "../../client-api.ts";
import { api } from "../state/api.ts";
import { actAs, report } from "../state/session.ts";
import { actingUser, memberOf, nameIn, rolesOf } from "../state/world.ts";
import { avatar } from "../ui/avatar.ts";
import { icon } from "../ui/icons.ts";
import { Dialog } from "./dialog.ts";
import { Chooser, SettingsGroup, SettingsHeader, Toggle } from "./fields.ts";

/** Discord's locales, each in its own words. */
const LOCALES = [
  "en-US",
  "en-GB",
  "de",
  "ja",
  "fr",
  "es-ES",
  "es-419",
  "pt-BR",
  "it",
  "nl",
  "pl",
  "ru",
  "uk",
  "tr",
  "sv-SE",
  "da",
  "fi",
  "no",
  "cs",
  "hu",
  "ro",
  "bg",
  "el",
  "hr",
  "lt",
  "hi",
  "th",
  "vi",
  "id",
  "ko",
  "zh-CN",
  "zh-TW",
].map((value) => ({ value, label: nameOf(value) }));

interface PersonSettingsProps {
  world: ClientState;
  guild: ClientGuild | null;
  onClose: () => void;
}

/** Who to be here: another member, other roles, another language. */
export function PersonSettings({ world, guild, onClose }: PersonSettingsProps): JSX.Element {
  const user = actingUser(world);
  return h(
    Dialog,
    { label: "Act as somebody else", class: "settings", onClose },
    h(SettingsHeader, { title: "Act as", onClose }),
    h(
      "div",
      { class: "settings-body" },
      h(
        "div",
        { class: "people", role: "radiogroup", "aria-label": "Act as" },
        world.users.map((person) => personChoice(person.id, { world, guild, onClose })),
      ),
      h(
        SettingsGroup,
        { title: `${nameIn(guild, user)}’s account` },
        h(Chooser, {
          label: "Language of the Discord client",
          value: user.locale,
          options: LOCALES,
          onChange: (locale) => void api.changeUser(user.id, { locale }).catch(report),
        }),
        h(Toggle, {
          label: "Direct messages from server members",
          isOn: user.allowsDirectMessages,
          onChange: (allowsDirectMessages) =>
            void api.changeUser(user.id, { allowsDirectMessages }).catch(report),
        }),
        h(Toggle, {
          label: `Has ${world.bot.user.username} installed as an app`,
          description: "Commands then work where the bot is no member",
          isOn: user.hasInstalledApp,
          onChange: (hasInstalledApp) =>
            void api.changeUser(user.id, { hasInstalledApp }).catch(report),
        }),
      ),
      guild !== null && memberOf(guild, user.id) !== null && roles(guild, user.id),
    ),
  );
}

function nameOf(locale: string): string {
  const name = new Intl.DisplayNames(locale, { type: "language" }).of(locale);
  return name === undefined || name === locale ? locale : `${name} (${locale})`;
}

function personChoice(
  userId: string,
  { world, guild, onClose }: PersonSettingsProps,
): JSX.Element | null {
  const person = world.users.find(({ id }) => id === userId);
  if (person === undefined) return null;
  const isChosen = userId === world.userId;
  return h(
    "button",
    {
      key: userId,
      type: "button",
      role: "radio",
      "aria-checked": isChosen ? "true" : "false",
      class: "person",
      onClick: () => {
        if (!isChosen) void actAs(userId).catch(report);
        onClose();
      },
    },
    avatar(person, 36),
    h(
      "span",
      { class: "person-text" },
      h("span", null, nameIn(guild, person)),
      h("span", { class: "muted" }, describePerson(guild, person)),
    ),
    isChosen && icon("check", 20),
  );
}

function describePerson(guild: ClientGuild | null, person: { id: string; locale: string }): string {
  const parts = [
    guild?.ownerId === person.id ? "owner" : "",
    ...rolesOf(guild, person.id).map(({ name }) => name),
    guild !== null && memberOf(guild, person.id) === null ? "not a member here" : "",
    nameOf(person.locale).replace(/ \([^)]*\)$/, ""),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

function roles(guild: ClientGuild, userId: string): JSX.Element {
  const has = new Set(memberOf(guild, userId)?.roles);
  const choosable = guild.roles.filter(({ id, managed }) => id !== guild.id && !managed);
  return h(
    SettingsGroup,
    { title: `Roles in ${guild.name}` },
    choosable.length === 0 && h("p", { class: "muted" }, "This server has no roles."),
    choosable.map((role) =>
      h(Toggle, {
        key: role.id,
        label: role.name,
        isOn: has.has(role.id),
        onChange: (isOn) => {
          const ids = [...has].filter((id) => id !== role.id);
          const change = { roles: isOn ? [...ids, role.id] : ids };
          void api.changeMember({ guildId: guild.id, userId }, change).catch(report);
        },
      }),
    ),
  );
}
