/** What can be chosen for an option, from what the page knows itself. */
import type {
  APIApplicationCommandBasicOption,
  APIApplicationCommandOptionChoice,
} from "discord-api-types/v10";

import { channelItems, type Place, roleItems, userItems } from "../components/select-items.ts";
import { OptionType } from "../discord.ts";
import { localized } from "../state/world.ts";
import type { ListItem } from "../ui/listbox.ts";
import type { DraftField, OptionValue } from "./draft.ts";

export interface Suggestion {
  item: ListItem;
  value: OptionValue;
  /** What the field shows once it is chosen. */
  text: string;
}

/** Whether the option's values come from a list alone. */
export function isListed(option: APIApplicationCommandBasicOption): boolean {
  if ("choices" in option && option.choices !== undefined && option.choices.length > 0) return true;
  return ![
    OptionType.String,
    OptionType.Integer,
    OptionType.Number,
    OptionType.Attachment,
  ].includes(option.type);
}

export function asksTheBot(option: APIApplicationCommandBasicOption): boolean {
  return "autocomplete" in option && (option.autocomplete ?? false);
}

/** The option's list, narrowed to what is typed. */
export function suggestionsFor({ option, text, chosen }: DraftField, place: Place): Suggestion[] {
  const all = allSuggestions(option, place);
  // What was chosen is shown among the others.
  const wanted = chosen === null ? text.trim().toLocaleLowerCase().replace(/^[@#]/, "") : "";
  if (wanted === "") return all;
  const fits = ({ item }: Suggestion): boolean =>
    item.label.toLocaleLowerCase().includes(wanted) ||
    item.description?.toLocaleLowerCase().includes(wanted) === true;
  return all.filter(fits);
}

function allSuggestions(option: APIApplicationCommandBasicOption, place: Place): Suggestion[] {
  switch (option.type) {
    case OptionType.String:
    case OptionType.Integer:
    case OptionType.Number:
      return "choices" in option ? fromChoices(option.choices ?? [], place) : [];
    case OptionType.Boolean:
      return [true, false].map((value) => {
        const label = value ? "True" : "False";
        return { item: { key: label, label }, value, text: label };
      });
    case OptionType.User:
      return fromItems(userItems(place), "@");
    case OptionType.Role:
      return fromItems(roleItems(place), "@");
    case OptionType.Mentionable:
      return fromItems([...userItems(place, "Members"), ...roleItems(place, "Roles")], "@");
    case OptionType.Channel:
      return fromItems(channelItems(place, option.channel_types), "#");
    case OptionType.Attachment:
      return [];
  }
}

export function fromChoices(
  choices: readonly APIApplicationCommandOptionChoice[],
  { world }: Pick<Place, "world">,
): Suggestion[] {
  return choices.map((choice, index) => {
    const label = localized(world, choice, "name");
    return {
      item: { key: `${index} ${String(choice.value)}`, label },
      value: choice.value,
      text: label,
    };
  });
}

function fromItems(items: readonly ListItem[], prefix: string): Suggestion[] {
  return items.map((item) => ({
    item,
    value: item.key,
    text: prefix + item.label.replace(/^[@#]/, ""),
  }));
}

/** What an option takes, in a few words: `a whole number from 1 to 4`. */
export function describeType(option: APIApplicationCommandBasicOption): string {
  if (option.type === OptionType.String)
    return option.max_length === undefined ? "" : `up to ${option.max_length} characters`;
  if (option.type === OptionType.Integer) return `a whole number${range(option)}`;
  if (option.type === OptionType.Number) return `a number${range(option)}`;
  return option.type === OptionType.Attachment ? "a file: choose, drop or paste it" : "";
}

function range({
  min_value: min,
  max_value: max,
}: {
  min_value?: number;
  max_value?: number;
}): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` from ${min} up`;
  return max === undefined ? "" : ` up to ${max}`;
}
