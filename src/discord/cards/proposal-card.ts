import { ButtonStyle } from "discord.js";

import type { Proposal } from "../../generation/types.ts";
import { type Say, sayTo } from "../../i18n/translate.ts";
import { type CustomIds, shortId } from "../custom-id.ts";
import { amountOf, durationOf } from "./amounts.ts";
import { ACCENT, type Card, card, pressButton, row, small, text } from "./components.ts";
import { promptText } from "./running-cards.ts";

const GIB = 2 ** 30;

/** What a dear request takes, in words, and whether to go on. */
export function proposalCard(proposal: Proposal, ids: CustomIds): Card {
  const { id, place } = proposal;
  const press = (action: string) => ids.write({ action, id: shortId(id), index: 0 });
  const say = sayTo(place);
  return card(ACCENT.working, [
    promptText(proposal),
    text(linesOf(proposal, say).join("\n")),
    small([say("proposal.nothing-yet"), place.isPrivate ? say("card.private") : null]),
    row(
      pressButton(press("go-on"), { label: say("proposal.go-on"), style: ButtonStyle.Primary }),
      pressButton(press("call-off"), { label: say("card.cancel") }),
    ),
  ]);
}

function linesOf(
  { request, place, usualPictures, picturesLeft, readySeconds, peakMemoryBytes }: Proposal,
  say: Say,
): string[] {
  const { locale } = place;
  const enlarging =
    request.kind === "upscale"
      ? [say(request.mode === "creative" ? "card.creative" : "card.upscale")]
      : [];
  return [
    ...enlarging,
    say("proposal.price", { pictures: amountOf(usualPictures, locale) }),
    ...(picturesLeft === null ? [] : [say("proposal.left", { count: picturesLeft })]),
    readySeconds === null
      ? say("proposal.ready-unknown")
      : say("proposal.ready", { duration: durationOf(readySeconds, locale) }),
    ...(peakMemoryBytes === null ? [] : [memoryLine(peakMemoryBytes, { locale, say })]),
  ];
}

function memoryLine(
  { host, device }: NonNullable<Proposal["peakMemoryBytes"]>,
  { locale, say }: { locale: string; say: Say },
): string {
  const gib = amountOf(host / GIB, locale);
  if (device === 0) return say("proposal.memory", { gib });
  return say("proposal.memory-card", { card: amountOf(device / GIB, locale), gib });
}
