import type { QuotaView, QuotaWindow } from "../../generation/generation-port.ts";
import { translate } from "../../i18n/translate.ts";
import { amountOf } from "../cards/amounts.ts";
import { ACCENT, type Card, card, text } from "../cards/components.ts";
import { relativeMoment } from "../cards/time.ts";

const BAR_CELLS = 10;

/** What a member has left and what things cost, both in pictures of the usual kind. */
export function quotaCard({ windows, picturesLeft, prices }: QuotaView, locale: string): Card {
  const left =
    picturesLeft === null
      ? translate(locale, "quota.unlimited")
      : translate(locale, "quota.left", { count: picturesLeft });
  const lines = windows.map((window) => windowLine(window, locale));
  const costs = prices.map(({ kind, size, inUsualPictures }) =>
    translate(locale, kind === "generate" ? "quota.price-generate" : "quota.price-upscale", {
      size: String(size),
      pictures: amountOf(inUsualPictures, locale),
    }),
  );
  return card(ACCENT.quiet, [
    text(`${translate(locale, "quota.title")}\n${left}`),
    lines.length === 0 ? null : text(lines.join("\n")),
    costs.length === 0 ? null : text(`${translate(locale, "quota.prices")}\n${costs.join("\n")}`),
  ]);
}

function windowLine(window: QuotaWindow, locale: string): string {
  const { scope, period, limit, used, held, renewsAt, picturesLeft } = window;
  const share = limit === 0 ? 1 : Math.min(1, (used + held) / limit);
  const full = Math.round(share * BAR_CELLS);
  return translate(locale, "quota.window", {
    scope,
    period,
    bar: `${"▰".repeat(full)}${"▱".repeat(BAR_CELLS - full)}`,
    count: picturesLeft,
    renews: renewsAt === null ? "never" : relativeMoment(renewsAt),
  });
}
