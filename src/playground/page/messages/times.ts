/** When a message was sent, short for its heading and long for its hint. */
const DAY_MS = 86_400_000;

export function shortTime(timestamp: string, nowMs: number, locale: string): string {
  const date = new Date(timestamp);
  const clock = clockTime(timestamp, locale);
  const day = (ms: number): string => new Date(ms).toDateString();
  if (date.toDateString() === day(nowMs)) return clock;
  if (date.toDateString() === day(nowMs - DAY_MS)) return `Yesterday at ${clock}`;
  return `${date.toLocaleDateString(locale)} ${clock}`;
}

export function clockTime(timestamp: string, locale: string): string {
  return new Date(timestamp).toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit" });
}

export function longTime(timestamp: string, locale: string): string {
  return new Date(timestamp).toLocaleString(locale, { dateStyle: "full", timeStyle: "short" });
}

export function dayName(timestamp: string, locale: string): string {
  return new Date(timestamp).toLocaleDateString(locale, { dateStyle: "long" });
}
