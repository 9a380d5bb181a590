import type { APISelectMenuComponent } from "discord-api-types/v10";
import { h, type JSX } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";

import { pressComponent } from "../state/interactions.ts";
import { useApp } from "../state/store.ts";
import { channelOf, guildOf } from "../state/world.ts";
import { Select } from "../ui/select.ts";
import { isBusy, MessageContext } from "./message-context.ts";
import { defaultValues, selectItems } from "./select-items.ts";

/** A select under a message: what is chosen goes to the bot as soon as the list closes. */
export function MessageSelect({
  component,
}: {
  component: APISelectMenuComponent;
}): JSX.Element | null {
  const message = useContext(MessageContext);
  const world = useApp((state) => state.world);
  const busy = useApp((state) => isBusy(state, message, component.custom_id));
  const [values, setValues] = useState(() => defaultValues(component));
  const defaults = defaultValues(component).join("\n");
  useEffect(() => setValues(defaultValues(component)), [defaults]);
  if (world === null || message === null) return null;
  const guild = guildOf(world, channelOf(world, message.channel_id)?.guildId ?? null);
  return h(Select, {
    label: component.placeholder ?? "Make a selection",
    placeholder: component.placeholder ?? "Make a selection",
    items: selectItems(component, { world, guild }),
    values,
    min: component.min_values ?? 1,
    max: component.max_values ?? 1,
    isDisabled: component.disabled === true,
    isBusy: busy,
    onChange: setValues,
    onCommit: (chosen) => {
      void pressComponent(message, { customId: component.custom_id, values: chosen });
    },
  });
}
