import { cut } from "../../src/discord/cards/components.ts";
import { escapeMarkdown } from "../../src/discord/cards/markdown.ts";
import { relativeMoment } from "../../src/discord/cards/time.ts";
import { type AuditLine, readAudit } from "../../src/generation/policy/audit.ts";
import { code, type Say, sayTo, tellList } from "./answers.ts";
import type { Route } from "./routes.ts";

const PAGE = 10;
/** Characters of a state. */
const MAX_STATE = 100;

/** A page of the audit log: of a server, or, with null, the owner's. */
export async function tellAudit(
  interaction: Parameters<Route>[0],
  { db }: { db: Parameters<typeof readAudit>[0] },
  guildId: string | null,
): Promise<void> {
  const say = sayTo(interaction);
  const page = interaction.options.getInteger("page") ?? 1;
  const found = await readAudit(db, guildId, { limit: PAGE, offset: (page - 1) * PAGE });
  await tellList(interaction, {
    title: say("admin.audit-title", { page }),
    lines: found.map((line) => lineText(say, line)),
    empty: say("admin.audit-empty"),
  });
}

function lineText(say: Say, line: AuditLine): string {
  const { at, actor, action, target, before, after, reason } = line;
  return say("admin.audit-line", {
    when: relativeMoment(at),
    actor: `<@${actor}>`,
    action: code(action),
    target: code(cut(target, MAX_STATE)),
    before: stateText(before),
    after: stateText(after),
    reason: reason === null ? "none" : escapeMarkdown(cut(reason, MAX_STATE)),
  });
}

function stateText(state: unknown): string {
  return state === null ? "–" : code(cut(JSON.stringify(state), MAX_STATE));
}
