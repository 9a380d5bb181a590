/** What can be chosen in selects of all kinds, and who or what a name stands for. */
import type {
  APIMentionableSelectComponent,
  APIRoleSelectComponent,
  APISelectMenuComponent,
  APIStringSelectComponent,
  APIUserSelectComponent,
  APIChannelSelectComponent,
} from "discord-api-types/v10";
import { h } from "preact";

import type { ClientGuild, ClientState } from "../../client-api.ts";
import { ChannelType, ComponentType } from "../discord.ts";
import { cssColour, nameIn } from "../state/world.ts";
import { avatar } from "../ui/avatar.ts";
import { icon } from "../ui/icons.ts";
import type { ListItem } from "../ui/listbox.ts";

/** Where it is chosen: in direct messages there is no guild. */
export interface Place {
  world: ClientState;
  guild: ClientGuild | null;
}

export function selectItems(component: APISelectMenuComponent, place: Place): ListItem[] {
  switch (component.type) {
    case ComponentType.StringSelect:
      return stringItems(component);
    case ComponentType.UserSelect:
      return userItems(place);
    case ComponentType.RoleSelect:
      return roleItems(place);
    case ComponentType.MentionableSelect:
      return [...userItems(place, "Members"), ...roleItems(place, "Roles")];
    case ComponentType.ChannelSelect:
      return channelItems(place, component.channel_types);
  }
}

/** The values that are chosen at first. */
export function defaultValues(component: APISelectMenuComponent): string[] {
  if (component.type === ComponentType.StringSelect)
    return component.options.filter((option) => option.default === true).map(({ value }) => value);
  return entitySelect(component).map(({ id }) => id);
}

type EntitySelect =
  | APIUserSelectComponent
  | APIRoleSelectComponent
  | APIMentionableSelectComponent
  | APIChannelSelectComponent;

function entitySelect(component: EntitySelect): readonly { id: string }[] {
  return component.default_values ?? [];
}

function stringItems(component: APIStringSelectComponent): ListItem[] {
  return component.options.map(({ value, label, description, emoji }) => ({
    key: value,
    label,
    description,
    ...(emoji !== undefined && {
      lead: emoji.id === undefined ? emoji.name : `:${emoji.name ?? ""}:`,
    }),
  }));
}

/** Everybody in the guild, the bot too; in direct messages the two who talk. */
export function userItems({ world, guild }: Place, group?: string): ListItem[] {
  const people = [...world.users, { ...world.bot.user, bot: true }];
  const present =
    guild === null
      ? people.filter(({ id }) => id === world.userId || id === world.bot.user.id)
      : people.filter(({ id }) => guild.members.some(({ userId }) => userId === id));
  return present.map((person) => ({
    key: person.id,
    label: nameIn(guild, person),
    description: person.username,
    lead: avatar(person, 24),
    group,
  }));
}

export function roleItems({ guild }: Place, group?: string): ListItem[] {
  return (guild?.roles ?? [])
    .toSorted((a, b) => b.position - a.position)
    .map(({ id, name, color }) => ({
      key: id,
      label: name,
      lead: h("span", {
        class: "role-dot",
        style: color === 0 ? {} : { backgroundColor: cssColour(color) },
      }),
      group,
    }));
}

export function channelItems({ guild }: Place, types?: readonly number[]): ListItem[] {
  const accepted = types === undefined || types.length === 0 ? null : types;
  return (guild?.channels ?? [])
    .filter(({ type, permissions }) => permissions.view && (accepted?.includes(type) ?? true))
    .map(({ id, name, type }) => ({
      key: id,
      label: name,
      lead: icon(type === ChannelType.PublicThread ? "thread" : "hash", 18),
    }));
}
