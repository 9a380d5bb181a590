import { addStyle, dropStyle } from "../../src/generation/policy/guild-rules.ts";
import { checkTexts } from "../../src/generation/policy/check-policy.ts";
import { loadPolicy } from "../../src/generation/policy/load-policy.ts";
import { listStyles, type Style } from "../../src/generation/policy/styles.ts";
import { cut } from "../../src/discord/cards/components.ts";
import { type Say, sayTo } from "../../src/i18n/translate.ts";
import { code, tellChange, tellList } from "../administration/answers.ts";
import { asAdmin } from "../administration/rights.ts";
import { type Completion, matching, type Route } from "../administration/routes.ts";

const SHOWN_TEMPLATE = 120;

function styleText(say: Say, style: Style | null): string {
  if (style === null) return say("admin.style-none");
  return code(cut(style.template, SHOWN_TEMPLATE));
}

export const styleAdd: Route = async (interaction, context) => {
  const { actor, requester } = asAdmin(interaction, context);
  const { options } = interaction;
  const say = sayTo(interaction);
  const { db } = context.administration;
  const style = {
    name: options.getString("name", true),
    template: options.getString("template", true),
    negative: options.getString("negative") ?? "",
  };
  // A style is drawn from by everyone: what no prompt may hold, no template may.
  checkTexts(await loadPolicy(db, actor), requester, [style.name, style.template, style.negative]);
  const changed = await addStyle(db, actor, style);
  await tellChange(interaction, {
    title: say("admin.style-title", { name: code(style.name) }),
    before: styleText(say, changed.before),
    after: styleText(say, changed.after),
    isNew: changed.isNew,
  });
};

export const styleRemove: Route = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const name = interaction.options.getString("name", true);
  const changed = await dropStyle(context.administration.db, actor, name);
  await tellChange(interaction, {
    title: say("admin.style-title", { name: code(name) }),
    before: styleText(say, changed.before),
    after: styleText(say, changed.after),
    isNew: changed.isNew,
  });
};

export const completeStyle: Completion = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const styles = await listStyles(context.administration.db, actor.guildId);
  return matching(
    interaction,
    styles.map(({ name }) => ({ name, value: name })),
  );
};

export const styleList: Route = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const styles = await listStyles(context.administration.db, actor.guildId);
  await tellList(interaction, {
    title: say("admin.styles-title"),
    lines: styles.map(({ name, template }) => `**${name}** ${code(cut(template, SHOWN_TEMPLATE))}`),
    empty: say("admin.style-none"),
  });
};
