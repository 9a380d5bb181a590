import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import {
  ApplicationIntegrationType,
  InteractionContextType,
  MessageFlags,
  PermissionFlagsBits as P,
  PermissionsBitField,
  Routes,
} from "discord.js";

import type { TestPlayground } from "../support/playground.ts";
import { type PlaygroundBot, refusalOf } from "../support/playground-bot.ts";
import { startTrial } from "../support/playground-trial.ts";

let playground: TestPlayground;
let bot: PlaygroundBot;

before(async () => {
  ({ playground, bot } = await startTrial());
  playground.context.rateLimits.isOff = true;
});
after(async () => playground.close());

const messagesOf = (channel: string) => Routes.channelMessages(playground.channel(channel));
const post = async (channel: string, files: { name: string; data: Buffer }[] = []) =>
  bot.client.rest.post(messagesOf(channel), { body: { content: "x" }, files });

describe("what the bot may do", () => {
  it("is refused where it sees nothing, may not write, or may not attach", async () => {
    const file = [{ name: "a.txt", data: Buffer.from("x") }];
    const refused = [
      await refusalOf(post("moderators")),
      await refusalOf(post("announcements")),
      await refusalOf(post("no-files", file)),
    ];
    assert.deepEqual(
      refused.map(({ status, code }) => [status, code]),
      [
        [403, 50_001],
        [403, 50_013],
        [403, 50_013],
      ],
    );
    await post("no-files");
    await post("a thread about cats");
  });

  it("answers interactions also where it may not write", async () => {
    const begun = await playground.slash("imagine", { prompt: "x" }, { in: "announcements" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    assert.ok(!interaction.appPermissions.has("SendMessages"));
    await interaction.reply("an answer");
    assert.equal((await begun.answer()).content, "an answer");
  });

  it("is told what it may do in the channel before it works", async () => {
    await playground.slash("imagine", { prompt: "x" }, { in: "no-files" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    assert.ok(!interaction.appPermissions.has("AttachFiles"));
    assert.ok(interaction.appPermissions.has("SendMessages"));
    await interaction.reply("x");
  });

  it("knows no channel, message, guild, member, role or user that is not there", async () => {
    const { guildId } = playground;
    const general = playground.channel("general");
    const cases: [path: `/${string}`, code: number][] = [
      [Routes.channel("1"), 10_003],
      [Routes.channelMessage(general, "1"), 10_008],
      [Routes.guild("1"), 10_004],
      [Routes.guildMember(guildId, playground.context.world.botId.replace(/.$/, "9")), 10_013],
      [Routes.guildRole(guildId, "1"), 10_011],
      [Routes.user("1"), 10_013],
      ["/nothing/here", 0],
    ];
    for (const [path, code] of cases) {
      const refused = await refusalOf(bot.client.rest.get(path));
      assert.deepEqual([refused.status, refused.code], [404, code], path);
    }
    const stranger = Routes.guildMember(
      playground.context.world.guilds[1]?.id ?? "",
      playground.member("yuki"),
    );
    assert.equal((await refusalOf(bot.client.rest.get(stranger))).code, 10_007);
  });

  it("edits and deletes its own messages, and none of others", async () => {
    const own = (await post("general")) as { id: string };
    const foreign = await playground.say("mine");
    const pathOf = (id: string) => Routes.channelMessage(playground.channel("general"), id);
    const body = { content: "changed" };
    await bot.client.rest.patch(pathOf(own.id), { body });
    assert.equal(
      (await refusalOf(bot.client.rest.patch(pathOf(foreign.id), { body }))).code,
      50_005,
    );
    assert.equal((await refusalOf(bot.client.rest.delete(pathOf(foreign.id)))).code, 50_013);
    await bot.client.rest.delete(pathOf(own.id));
    assert.equal((await refusalOf(bot.client.rest.get(pathOf(own.id)))).code, 10_008);
  });

  it("cannot write to a user who allows no direct messages", async () => {
    const user = await bot.client.users.fetch(playground.member("bjoern"));
    await user.send("hello");
    await playground.change(`/users/${user.id}`, { allowsDirectMessages: false });
    const refused = await refusalOf(user.send("hello?"));
    assert.deepEqual([refused.status, refused.code], [403, 50_007]);
  });

  it("needs its token for everything but interactions", async () => {
    const answer = await fetch(`${playground.apiBase}/v10/users/@me`);
    assert.equal(answer.status, 401);
    assert.deepEqual(await answer.json(), { message: "401: Unauthorized", code: 0 });
    assert.equal(playground.transcript.calls.at(-1)?.status, 401);
  });

  it("reads its guild: channels, roles, members, itself", async () => {
    const guild = await bot.client.guilds.fetch(playground.guildId);
    assert.ok((await guild.channels.fetch()).size >= 6);
    assert.ok((await guild.roles.fetch()).some(({ name }) => name === "Moderator"));
    const morgan = await guild.members.fetch(playground.member("morgan"));
    assert.ok(morgan.permissions.has("ModerateMembers"));
    const [found] = (await guild.members.search({ query: "mor" })).values();
    assert.equal(found?.id, morgan.id);
    const me = await guild.members.fetchMe();
    assert.equal(me.permissionsIn(playground.channel("announcements")).has("SendMessages"), false);
    const application = await bot.client.application.fetch();
    assert.equal(application.owner?.id, playground.member("olivia"));
    await assert.rejects(bot.client.rest.get(Routes.guildMembers(guild.id)), { code: 50_001 });
  });

  it("reads messages, their content by Discord's rule for it", async () => {
    const said = await playground.say("between us", { in: "art" });
    const own = (await post("art")) as { id: string };
    const read = (await bot.client.rest.get(messagesOf("art"))) as {
      id: string;
      content: string;
    }[];
    assert.deepEqual(
      read.slice(0, 2).map(({ id, content }) => [id, content]),
      [
        [own.id, "x"],
        [said.id, ""],
      ],
    );
  });
});

describe("what people may do", () => {
  it("follows roles, overwrites, and the owner's right to everything", async () => {
    const bitsOf = async (as: string, channel: string) => {
      const { guilds } = await playground.state(as);
      const found = guilds[0]?.channels.find(({ name }) => name === channel);
      return new PermissionsBitField(BigInt(found?.permissions.bits ?? 0));
    };
    assert.ok((await bitsOf("ada", "general")).has("SendMessages"));
    assert.ok(!(await bitsOf("ada", "announcements")).has("SendMessages"));
    assert.ok((await bitsOf("morgan", "announcements")).has("SendMessages"));
    assert.equal((await bitsOf("ada", "moderators")).bitfield, 0n);
    assert.ok((await bitsOf("morgan", "moderators")).has("ViewChannel"));
    assert.ok((await bitsOf("olivia", "moderators")).has("Administrator"));
  });

  it("keeps people out of channels that they do not see", async () => {
    const scene = { in: "moderators" };
    await assert.rejects(playground.messagesIn("moderators"), /403|does not see/);
    await assert.rejects(playground.say("x", scene), { status: 403 });
    await assert.rejects(playground.slash("imagine", { prompt: "x" }, scene), { status: 403 });
  });

  it("changes with their roles", async () => {
    const { guildId } = playground;
    const yuki = playground.member("yuki");
    const path = `/guilds/${guildId}/members/${yuki}`;
    await playground.change(path, { roles: [playground.role("Moderator")], nick: "Yuki-san" });
    await playground.slash("admin quota show", {}, { as: "yuki" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    assert.ok(interaction.memberPermissions?.has("ModerateMembers"));
    assert.ok(interaction.inCachedGuild());
    assert.equal(interaction.member.nickname, "Yuki-san");
    await interaction.reply("x");
    await playground.change(path, { roles: [] });
    await assert.rejects(playground.slash("admin quota show", {}, { as: "yuki" }), { status: 403 });
  });

  it("lets authors and moderators delete messages, and no one else", async () => {
    const message = await playground.say("regrettable");
    await assert.rejects(playground.deleteMessage(message, "bjoern"), { status: 403 });
    await playground.deleteMessage(message, "morgan");
    const own = await playground.say("mine");
    await playground.deleteMessage(own);
  });

  it("takes a locale that Discord has, and says what is wrong with another", async () => {
    const path = `/users/${playground.member("ada")}`;
    await playground.change(path, { locale: "de" });
    await playground.slash("imagine", { prompt: "x" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    assert.equal(interaction.locale, "de");
    await interaction.reply("x");
    await assert.rejects(playground.change(path, { locale: "tlh" }), { status: 400 });
  });
});

describe("where commands are offered", () => {
  before(async () => {
    await bot.client.application.commands.set([
      {
        name: "both",
        description: "x",
        contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
        integrationTypes: [
          ApplicationIntegrationType.GuildInstall,
          ApplicationIntegrationType.UserInstall,
        ],
      },
      { name: "guild-only", description: "x", contexts: [InteractionContextType.Guild] },
      { name: "adults", description: "x", nsfw: true },
      { name: "owner-only", description: "x", defaultMemberPermissions: 0n },
    ]);
    await bot.client.application.commands.set(
      [{ name: "here", description: "x" }],
      playground.guildId,
    );
  });

  /** The commands that a person is offered in a channel, by name. */
  async function offered(channel: string, as = "ada"): Promise<string[]> {
    const state = await playground.state(as);
    const channels = [state.directMessages, ...state.guilds.flatMap((guild) => guild.channels)];
    const found = channels.find(({ id }) => id === playground.channel(channel, as));
    return state.commands
      .filter(({ id }) => found?.commandIds.includes(id))
      .map(({ name }) => name)
      .toSorted();
  }

  it("follows contexts, age restriction, permissions and the guild", async () => {
    assert.deepEqual(await offered("general"), ["both", "guild-only", "here"]);
    assert.deepEqual(await offered("after-dark"), ["adults", "both", "guild-only", "here"]);
    assert.deepEqual(await offered("dm"), ["adults", "both", "owner-only"]);
    assert.deepEqual(await offered("general", "olivia"), [
      "both",
      "guild-only",
      "here",
      "owner-only",
    ]);
    assert.deepEqual(await offered("lobby"), ["both", "guild-only", "owner-only"]);
  });

  it("leaves a guild without the bot to those who installed it themselves, with five follow-ups", async () => {
    const studio = playground.context.world.guilds[1]?.id ?? "";
    await playground.change(`/guilds/${studio}`, { hasBot: false });
    assert.deepEqual(await offered("lobby"), []);
    await playground.change(`/users/${playground.member("ada")}`, { hasInstalledApp: true });
    assert.deepEqual(await offered("lobby"), ["both"]);
    await playground.slash("both", {}, { in: "lobby" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    assert.equal(interaction.guild, null);
    const { guildId, userId } = interaction.authorizingIntegrationOwners;
    assert.deepEqual([guildId, userId], [null, playground.member("ada")]);
    await interaction.reply("1");
    for (let n = 0; n < 5; n += 1) await interaction.followUp(`${n}`);
    assert.equal((await refusalOf(interaction.followUp("too many"))).status, 400);
    const everyone = playground.context.world.guild(studio).roles[0];
    const bits = BigInt(everyone?.permissions ?? 0) & ~P.UseExternalApps;
    await playground.change(`/guilds/${studio}/roles/${studio}`, { permissions: bits.toString() });
    await playground.change(`/guilds/${studio}/members/${playground.member("ada")}`, {});
    await playground.slash("both", {}, { as: "ada", in: "renders" });
    const owner = await bot.take((i) => i.isChatInputCommand());
    await owner.reply("Ada owns the guild, so she may");
    assert.equal((await owner.fetchReply()).flags.has(MessageFlags.Ephemeral), false);
    await playground.change(`/users/${playground.member("olivia")}`, { hasInstalledApp: true });
    const begun = await playground.slash("both", {}, { as: "olivia", in: "renders" });
    const guest = await bot.take((i) => i.isChatInputCommand());
    await guest.reply("only for Olivia");
    assert.ok(((await begun.answer()).flags ?? 0) & MessageFlags.Ephemeral);
  });
});
