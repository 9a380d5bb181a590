import { ApplicationCommandType } from "discord-api-types/v10";
import type { Hono } from "hono";

import type { Context } from "../context.ts";
import { apiErrors } from "../rules/api-error.ts";
import { type CommandBody, parseCommand, parseCommands } from "../rules/command.ts";
import type { WorldCommand } from "../world/types.ts";
import { isTrue, type RestContext, type RestEnv } from "./request.ts";

/** Commands that may be made anew in one guild, or globally, in a day. */
const MAX_DAILY_CREATES = 200;
const DAY_MS = 24 * 60 * 60_000;

/** Registering commands, globally and in single guilds. */
export function commandRoutes(rest: Hono<RestEnv>, context: Context): void {
  const registry = new CommandRegistry(context);
  for (const base of ["/applications/:app/commands", "/applications/:app/guilds/:guild/commands"]) {
    const guildOf = (c: RestContext): string | null => {
      if (c.req.param("app") !== context.world.botId) throw apiErrors.unknownApplication();
      const guild = c.req.param("guild");
      if (guild !== undefined && !context.world.guild(guild).hasBot)
        throw apiErrors.missingAccess();
      return guild ?? null;
    };
    const show = (c: RestContext, command: WorldCommand) =>
      isTrue(c.req.query("with_localizations")) || c.req.method !== "GET"
        ? command
        : withoutLocalizations(command);

    rest.get(base, (c) => c.json(registry.of(guildOf(c)).map((command) => show(c, command))));
    rest.put(base, (c) => {
      const guildId = guildOf(c);
      return c.json(registry.replace(guildId, parseCommands(c.get("body").value)));
    });
    rest.post(base, (c) => {
      const guildId = guildOf(c);
      const { command, isNew } = registry.upsert(guildId, parseCommand(c.get("body").value, []));
      return c.json(command, isNew ? 201 : 200);
    });
    rest.get(`${base}/:command`, (c) =>
      c.json(show(c, registry.get(guildOf(c), c.req.param("command") ?? ""))),
    );
    rest.patch(`${base}/:command`, (c) => {
      const guildId = guildOf(c);
      const old = registry.get(guildId, c.req.param("command") ?? "");
      const changed = parseCommand({ ...old, ...(c.get("body").value as object) }, []);
      return c.json(registry.save(guildId, changed, old));
    });
    rest.delete(`${base}/:command`, (c) => {
      context.world.deleteCommand(registry.get(guildOf(c), c.req.param("command") ?? "").id);
      return c.body(null, 204);
    });
  }
}

class CommandRegistry {
  readonly #context: Context;
  /** When new ones were made, by guild ("" for global), in ms since 1970. */
  readonly #creates = new Map<string, number[]>();

  constructor(context: Context) {
    this.#context = context;
  }

  of(guildId: string | null): WorldCommand[] {
    return this.#context.world.commands.filter((command) => (command.guild_id ?? null) === guildId);
  }

  /** @throws {ApiError} 10063 */
  get(guildId: string | null, id: string): WorldCommand {
    const found = this.of(guildId).find((command) => command.id === id);
    if (found === undefined) throw apiErrors.unknownCommand();
    return found;
  }

  /** The whole list at once; those not in it are gone, those of the same name and type keep their id. */
  replace(guildId: string | null, bodies: readonly CommandBody[]): WorldCommand[] {
    const old = this.of(guildId);
    const isKnown = (body: CommandBody) => old.some((command) => isSame(command, body));
    this.#countCreates(guildId, bodies.filter((body) => !isKnown(body)).length);
    for (const command of old)
      if (!bodies.some((body) => isSame(command, body)))
        this.#context.world.deleteCommand(command.id);
    return bodies.map((body) =>
      this.save(guildId, body, old.find((command) => isSame(command, body)) ?? null),
    );
  }

  upsert(guildId: string | null, body: CommandBody): { command: WorldCommand; isNew: boolean } {
    const old = this.of(guildId).find((command) => isSame(command, body)) ?? null;
    if (old === null) this.#countCreates(guildId, 1);
    return { command: this.save(guildId, body, old), isNew: old === null };
  }

  save(guildId: string | null, body: CommandBody, old: WorldCommand | null): WorldCommand {
    const { ids, world } = this.#context;
    const id = old?.id ?? ids.next();
    const command = {
      id,
      application_id: world.botId,
      ...(guildId !== null && { guild_id: guildId }),
      version: ids.next(),
      ...body,
      default_member_permissions: body.default_member_permissions ?? null,
      ...(guildId === null
        ? {
            contexts: body.contexts ?? null,
            integration_types: body.integration_types ?? [0],
            dm_permission: body.contexts?.includes(1) ?? true,
          }
        : {}),
    } as unknown as WorldCommand;
    world.saveCommand(command);
    return command;
  }

  #countCreates(guildId: string | null, count: number): void {
    const nowMs = this.#context.clock.now();
    const recent = (this.#creates.get(guildId ?? "") ?? []).filter((at) => at > nowMs - DAY_MS);
    if (recent.length + count > MAX_DAILY_CREATES) throw apiErrors.dailyCommandCreates();
    for (let n = 0; n < count; n += 1) recent.push(nowMs);
    this.#creates.set(guildId ?? "", recent);
  }
}

function isSame(command: WorldCommand, body: CommandBody): boolean {
  return (
    command.name === body.name && command.type === (body.type ?? ApplicationCommandType.ChatInput)
  );
}

function withoutLocalizations(command: WorldCommand): unknown {
  return JSON.parse(
    JSON.stringify(command, (key, value: unknown) =>
      key === "name_localizations" || key === "description_localizations" ? undefined : value,
    ),
  );
}
