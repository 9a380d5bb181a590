import { createHash } from "node:crypto";

import {
  type APIApplicationCommand,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type REST,
  Routes,
} from "discord.js";

import type { Command } from "./command.ts";

/** Remembers what was registered last, across restarts. */
export interface RegistrationStore {
  readonly read: () => Promise<string | null>;
  readonly write: (hash: string) => Promise<void>;
}

interface Registration {
  readonly rest: REST;
  readonly applicationId: string;
  readonly commands: readonly Command[];
  /** One server for trying things out, where changes show at once; null: everywhere. */
  readonly guildId: string | null;
  /** Whether users may install the commands for themselves and take them along to other servers. */
  readonly userInstalls: boolean;
  readonly store: RegistrationStore;
}

/**
 * Tells Discord the commands in one request, unless it knows them already: it allows 200 new ones a day, and a bot that
 * registers at every start runs out of them.
 *
 * @returns whether Discord was told
 */
export async function registerCommands(registration: Registration): Promise<boolean> {
  const { rest, applicationId, commands, guildId, store } = registration;
  const body = commands.map(({ data }) => scoped(data, registration));
  const hash = createHash("sha256")
    .update(JSON.stringify([applicationId, guildId, body]))
    .digest("hex");
  if ((await store.read()) === hash) return false;
  await rest.put(routeOf(registration), { body });
  await store.write(hash);
  return true;
}

/** Discord's ids of the slash commands that are registered, by their names. */
export async function readCommandIds({
  rest,
  applicationId,
  guildId,
}: Pick<Registration, "rest" | "applicationId" | "guildId">): Promise<ReadonlyMap<string, string>> {
  const known = (await rest.get(routeOf({ applicationId, guildId }))) as APIApplicationCommand[];
  return new Map(
    known
      .filter(({ type }) => type === ApplicationCommandType.ChatInput)
      .map(({ name, id }) => [name, id]),
  );
}

function routeOf({
  applicationId,
  guildId,
}: Pick<Registration, "applicationId" | "guildId">): `/${string}` {
  return guildId === null
    ? Routes.applicationCommands(applicationId)
    : Routes.applicationGuildCommands(applicationId, guildId);
}

/** Where a command is at home: a server's own ones say nothing of it, and those for users' installs only where wanted. */
function scoped(
  { contexts, integration_types: installs, ...data }: Command["data"],
  { guildId, userInstalls }: Registration,
): Command["data"] {
  if (guildId !== null) return data;
  if (userInstalls) return { ...data, contexts, integration_types: installs };
  return {
    ...data,
    contexts: contexts?.filter((context) => context !== InteractionContextType.PrivateChannel),
    integration_types: installs?.filter(
      (install) => install !== ApplicationIntegrationType.UserInstall,
    ),
  };
}
