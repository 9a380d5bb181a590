import { ButtonStyle } from "discord.js";

import { translate } from "../../i18n/translate.ts";
import type { CustomIds } from "../custom-id.ts";
import { ACCENT, type Card, card, cut, pressButton, row, text } from "./components.ts";
import { escapeMarkdown } from "./markdown.ts";

const MAX_NAME = 100;

/** Tells the bot's owner of a server that waits, and lets them decide at once; nobody has said in which language. */
export function approvalCard(
  { id, name }: { readonly id: string; readonly name: string },
  ids: CustomIds,
): Card {
  const press = (action: string) => ids.write({ action, id, index: 0 });
  return card(ACCENT.working, [
    text(translate("en", "approval.waits", { name: escapeMarkdown(cut(name, MAX_NAME)), id })),
    row(
      pressButton(press("guild-approve"), {
        label: translate("en", "approval.approve"),
        style: ButtonStyle.Success,
      }),
      pressButton(press("guild-refuse"), {
        label: translate("en", "approval.refuse"),
        style: ButtonStyle.Danger,
      }),
    ),
  ]);
}
