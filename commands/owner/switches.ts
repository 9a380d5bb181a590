import { relativeMoment } from "../../src/discord/cards/time.ts";
import { isTimeZone } from "../../src/generation/policy/guild-settings.ts";
import { listWeights, setOwnerSettings } from "../../src/generation/policy/owner-rules.ts";
import {
  type OwnerSettings,
  readOwnerSettings,
} from "../../src/generation/policy/owner-settings.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { type Say, sayTo } from "../../src/i18n/translate.ts";
import { code, onOff, tellChange, tellList } from "../administration/answers.ts";
import { endOf } from "../administration/options.ts";
import { asOwner } from "../administration/rights.ts";
import { type Completion, matching, type Route } from "../administration/routes.ts";

const TIME = /^(?:[01]?\d|2[0-3]):[0-5]\d$/;

/** One switch: its name, how its states read, and what the options make of it. */
interface Switch<Name extends keyof OwnerSettings> {
  readonly name: Name;
  readonly read: (options: Parameters<Route>[0]["options"]) => OwnerSettings[Name];
  readonly show: (say: Say, state: OwnerSettings[Name]) => string;
  readonly title: (say: Say) => string;
  readonly remark?: (say: Say) => string;
}

function switchRoute<Name extends keyof OwnerSettings>(one: Switch<Name>): Route {
  return async (interaction, context) => {
    const { actor } = asOwner(interaction, context);
    const say = sayTo(interaction);
    const change = { [one.name]: one.read(interaction.options) } as Partial<OwnerSettings>;
    const { before, after, isNew } = await setOwnerSettings(
      context.administration.db,
      actor,
      change,
    );
    const shown = (settings: Partial<OwnerSettings>): string =>
      one.show(say, settings[one.name] as OwnerSettings[Name]);
    await tellChange(interaction, {
      title: one.title(say),
      before: shown(before),
      after: shown(after),
      isNew,
      remark: one.remark?.(say),
    });
  };
}

function pauseText(say: Say, paused: OwnerSettings["paused"]): string {
  if (paused === null) return say("admin.off");
  const { until } = paused;
  // A repeated interaction reads its states from JSON, where a moment is a text.
  const when = until === null ? "unknown" : relativeMoment(new Date(until));
  return say("owner.paused", { when });
}

function quietText(say: Say, hours: OwnerSettings["quietHours"]): string {
  if (hours === null) return say("admin.off");
  return say("owner.quiet", { from: hours.from, to: hours.to, zone: hours.timeZone });
}

function unloadText(say: Say, minutes: number | null): string {
  return minutes === null
    ? say("owner.unload-configured")
    : say("owner.unload", { count: minutes });
}

function burstText(say: Say, { size, secondsEach }: OwnerSettings["burst"]): string {
  return say("owner.burst", { size, seconds: secondsEach });
}

function modelText(say: Say, model: string | null): string {
  return model === null ? say("owner.model-configured") : code(model);
}

export const pause = switchRoute({
  name: "paused",
  read: (options) => ({ until: endOf(options.getInteger("minutes")) }),
  show: pauseText,
  title: (say) => say("owner.pause-title"),
  remark: (say) => say("owner.pause-remark"),
});

export const resume = switchRoute({
  name: "paused",
  read: () => null,
  show: pauseText,
  title: (say) => say("owner.pause-title"),
});

export const quiet = switchRoute({
  name: "quietHours",
  read: (options) => quietHours(options),
  show: quietText,
  title: (say) => say("owner.quiet-title"),
});

/** @throws {Refusal} `refusal.time` or `refusal.time-zone` */
function quietHours(options: Parameters<Route>[0]["options"]): OwnerSettings["quietHours"] {
  const [from, to] = [options.getString("from"), options.getString("to")];
  const timeZone = options.getString("time-zone") ?? "UTC";
  const isOff = options.getBoolean("off") === true;
  if (isOff && from === null && to === null) return null;
  if (isOff || from === null || to === null || !TIME.test(from) || !TIME.test(to))
    throw new Refusal("refusal.time");
  if (!isTimeZone(timeZone)) throw new Refusal("refusal.time-zone", { zone: timeZone });
  return { from: from.padStart(5, "0"), to: to.padStart(5, "0"), timeZone };
}

export const unload = switchRoute({
  name: "unloadAfterMinutes",
  read: (options) => options.getInteger("minutes"),
  show: unloadText,
  title: (say) => say("owner.unload-title"),
});

export const directMessages = switchRoute({
  name: "directMessages",
  read: (options) => options.getBoolean("on", true),
  show: onOff,
  title: (say) => say("owner.direct-title"),
  remark: (say) => say("owner.direct-remark"),
});

export const userInstalls = switchRoute({
  name: "userInstalls",
  read: (options) => options.getBoolean("on", true),
  show: onOff,
  title: (say) => say("owner.installs-title"),
});

export const burst = switchRoute({
  name: "burst",
  read: (options) => ({
    size: options.getInteger("size", true),
    secondsEach: options.getInteger("seconds", true),
  }),
  show: burstText,
  title: (say) => say("owner.burst-title"),
});

/** The workers see the new choice within seconds, and load it. */
export const model: Route = async (interaction, context) => {
  const wanted = interaction.options.getString("name", true);
  asOwner(interaction, context);
  const models = await context.generation.models(null);
  const found = models.find(({ name }) => name === wanted);
  if (found === undefined) {
    const names = models.map(({ name }) => name).join(", ");
    throw new Refusal("refusal.unknown-model", { model: wanted, models: names });
  }
  await chooseModel(interaction, context);
};

const chooseModel = switchRoute({
  name: "model",
  read: (options) => options.getString("name", true),
  show: modelText,
  title: (say) => say("owner.model-title"),
  remark: (say) => say("owner.model-remark"),
});

export const completeModel: Completion = async (interaction, context) => {
  asOwner(interaction, context);
  const models = await context.generation.models(null);
  return matching(
    interaction,
    models.map(({ name, title }) => ({ name: title, value: name })),
  );
};

export const status: Route = async (interaction, context) => {
  asOwner(interaction, context);
  const say = sayTo(interaction);
  const { db } = context.administration;
  const [now, weights] = await Promise.all([readOwnerSettings(db), listWeights(db)]);
  const line = (title: string, state: string): string => `${title}: ${state}`;
  await tellList(interaction, {
    title: say("owner.status-title"),
    lines: [
      line(say("owner.model-title"), modelText(say, now.model)),
      line(say("owner.pause-title"), pauseText(say, now.paused)),
      line(say("owner.quiet-title"), quietText(say, now.quietHours)),
      line(say("owner.unload-title"), unloadText(say, now.unloadAfterMinutes)),
      line(say("owner.direct-title"), onOff(say, now.directMessages)),
      line(say("owner.installs-title"), onOff(say, now.userInstalls)),
      line(say("owner.burst-title"), burstText(say, now.burst)),
      ...weights.map(({ subject, weight }) =>
        line(say("owner.weight-title", { target: code(subject) }), String(weight)),
      ),
    ],
    empty: "",
  });
};
