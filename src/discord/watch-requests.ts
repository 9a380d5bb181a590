import { type REST, RESTEvents } from "discord.js";

export interface RequestWatch {
  /** With the route's pattern, which holds neither ids nor tokens. */
  readonly answered: (route: string, code: number) => void;
  /** A request waits this many milliseconds for one of Discord's limits. */
  readonly heldBack: (milliseconds: number) => void;
}

/** Tells of every answer of Discord's API, and of every wait for one of its limits. */
export function watchRequests(rest: REST, { answered, heldBack }: RequestWatch): void {
  rest.on(RESTEvents.Response, ({ method, route }, { status }) =>
    answered(`${method} ${route}`, status),
  );
  rest.on(RESTEvents.RateLimited, ({ timeToReset }) => heldBack(timeToReset));
}
