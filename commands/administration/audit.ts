import { cut } from "../../src/discord/cards/components.ts";
import { escapeMarkdown } from "../../src/discord/cards/markdown.ts";
import { relativeMoment } from "../../src/discord/cards/time.ts";
import { type AuditLine, readAudit } from "../../src/generation/policy/audit.ts";
import { type Say, sayTo } from "../../src/i18n/translate.ts";
import { code, creditsText, onOff, tellList } from "./answers.ts";
import type { Route } from "./routes.ts";

const PAGE = 10;
/** Characters of a state. */
const MAX_STATE = 100;
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

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
  const { at, actor, action, before, after, reason } = line;
  const state = (value: unknown): string => cut(stateText(say, line, value), MAX_STATE);
  return say("admin.audit-line", {
    when: relativeMoment(at),
    actor: `<@${actor}>`,
    action: code(action),
    target: targetText(say, line),
    same: JSON.stringify(before) === JSON.stringify(after) ? "yes" : "no",
    before: state(before),
    after: state(after),
    reason: reason === null ? "none" : escapeMarkdown(cut(reason, MAX_STATE)),
  });
}

/** Whom or what a line concerns, as Discord shows it where it is a member, a role or a channel. */
function targetText(say: Say, { action, target, guildId }: AuditLine): string {
  switch (action.split(".")[0] ?? "") {
    case "block":
    case "unblock":
      return `<@${target}>`;
    case "channels":
      return `<#${target}>`;
    case "roles":
      return `<@&${target}>`;
    case "quota":
    case "weight":
      return subjectText(say, target, guildId !== null);
    default:
      return code(cut(target, MAX_STATE));
  }
}

/** A scope and its subject, as limits and weights have them: `guild_user GUILD:USER` and so on. */
function subjectText(say: Say, target: string, isOfServer: boolean): string {
  const [scope = "", subject = ""] = target.split(" ");
  const id = subject.split(":").at(-1) ?? "";
  if (scope === "role") return `<@&${id}>`;
  if (scope === "guild" && isOfServer) return say("admin.target-guild");
  if (scope !== "user" && scope !== "guild_user") return code(target);
  return id === "*" ? say("admin.target-everyone") : `<@${id}>`;
}

/** A stored state in words; numbers of quotas are thousandths of a credit. */
function stateText(say: Say, line: Pick<AuditLine, "action" | "target">, state: unknown): string {
  if (state === null || state === undefined) return "–";
  if (typeof state === "boolean") return onOff(say, state);
  if (typeof state === "number")
    return line.action.startsWith("quota.") ? creditsText(say, state, null) : String(state);
  if (typeof state === "string")
    return MOMENT.test(state) ? relativeMoment(new Date(state)) : code(state);
  if (typeof state !== "object") return code(JSON.stringify(state));
  const isList = Array.isArray(state);
  const parts = isList
    ? state.map((part) => stateText(say, line, part))
    : Object.entries(state)
        .filter(([name, part]) => part !== null || name === line.target)
        .map(([name, part]) => {
          const value = stateText(say, line, part);
          // A setting's name stands before it already.
          return name === line.target ? value : `${name} ${value}`;
        });
  if (parts.length > 0) return parts.join(", ");
  // A block without an end and a reason is one all the same.
  return isList ? "–" : onOff(say, true);
}
