import { time, TimestampStyles } from "discord.js";

/** A moment so many seconds from now, which each reader's Discord counts down in their own language. */
export function relativeTime(secondsFromNow: number): string {
  return relativeMoment(new Date(Date.now() + secondsFromNow * 1000));
}

export function relativeMoment(moment: Date): string {
  return time(moment, TimestampStyles.RelativeTime);
}
