import { Locale, OverwriteType } from "discord-api-types/v10";
import type { Hono } from "hono";
import { z } from "zod";

import type { Context } from "../context.ts";
import { jsonOf } from "./json.ts";
import { Refusal } from "./refusal.ts";

const bits = z.string().regex(/^\d{1,20}$/);
const userChange = z.object({
  locale: z.enum(Locale).optional(),
  allowsDirectMessages: z.boolean().optional(),
  hasInstalledApp: z.boolean().optional(),
});
const guildChange = z.object({
  premiumTier: z.int().min(0).max(3).optional(),
  preferredLocale: z.enum(Locale).optional(),
  hasBot: z.boolean().optional(),
});
const memberChange = z.object({
  roles: z.array(z.string()).optional(),
  nick: z.string().max(32).nullable().optional(),
});
const roleChange = z.object({ permissions: bits.optional() });
const channelChange = z.object({
  nsfw: z.boolean().optional(),
  overwrites: z
    .array(z.object({ id: z.string(), type: z.enum(OverwriteType), allow: bits, deny: bits }))
    .optional(),
});

/** What the owner of a world can change in it while a bot runs. */
export function changeRoutes(client: Hono, { world }: Context): void {
  const read = <T extends object>(schema: z.ZodType<T>, value: unknown): Defined<T> => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return defined(parsed.data);
    throw new Refusal(400, z.prettifyError(parsed.error));
  };
  client.patch("/users/:user", async (c) => {
    const change = read(userChange, await jsonOf(c));
    world.saveUser({ ...world.user(c.req.param("user")), ...change });
    return c.body(null, 204);
  });
  client.patch("/guilds/:guild", async (c) => {
    const change = read(guildChange, await jsonOf(c));
    world.saveGuild({ ...world.guild(c.req.param("guild")), ...change });
    return c.body(null, 204);
  });
  client.patch("/guilds/:guild/members/:user", async (c) => {
    const { guild, user } = c.req.param();
    const change = read(memberChange, await jsonOf(c));
    for (const roleId of change.roles ?? []) world.role(guild, roleId);
    world.saveMember({ ...world.member(guild, user), ...change });
    return c.body(null, 204);
  });
  client.patch("/guilds/:guild/roles/:role", async (c) => {
    const { guild: guildId, role: roleId } = c.req.param();
    const change = read(roleChange, await jsonOf(c));
    const role = { ...world.role(guildId, roleId), ...change };
    const guild = world.guild(guildId);
    const roles = guild.roles.map((one) => (one.id === roleId ? role : one));
    world.saveGuild({ ...guild, roles }, roleId);
    return c.body(null, 204);
  });
  client.patch("/channels/:channel", async (c) => {
    const change = read(channelChange, await jsonOf(c));
    world.saveChannel({ ...world.channel(c.req.param("channel")), ...change });
    return c.body(null, 204);
  });
}

type Defined<T> = { [field in keyof T]?: Exclude<T[field], undefined> };

/** Without the fields that are undefined, which would overwrite what is there. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as Defined<T>;
}
