import { languageOf } from "../../i18n/translate.ts";

const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
/** Up to so many of a unit are said in it. */
const MAX_OF_UNIT = 100;

/** Pictures or the like, with one decimal where it matters. */
export function amountOf(count: number, locale: string): string {
  return count.toLocaleString(locale, { maximumFractionDigits: count < 10 ? 1 : 0 });
}

/** How long something takes, in words: `12–30 minutes`. */
export function durationOf(
  { from, until }: { readonly from: number; readonly until: number },
  locale: string,
): string {
  const [unit, seconds] =
    until <= MAX_OF_UNIT
      ? (["second", 1] as const)
      : until <= MAX_OF_UNIT * SECONDS_PER_MINUTE
        ? (["minute", SECONDS_PER_MINUTE] as const)
        : (["hour", SECONDS_PER_HOUR] as const);
  const format = new Intl.NumberFormat(languageOf(locale), {
    style: "unit",
    unit,
    unitDisplay: "long",
  });
  const first = Math.max(1, Math.floor(from / seconds));
  const last = Math.max(1, Math.ceil(until / seconds));
  return first >= last ? format.format(last) : format.formatRange(first, last);
}
