import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  ComponentType,
  InteractionContextType,
  TextInputStyle,
} from "discord.js";

import { type MessageCommand, modal } from "../src/discord/command.ts";
import { titled } from "../src/discord/localize.ts";
import { picturesIn } from "../src/discord/message-pictures.ts";
import { EVIDENCE_DAYS, fileReport, MAX_REASON } from "../src/generation/policy/reports.ts";
import { requesterOf } from "../src/discord/requester.ts";
import { shownBy } from "../src/discord/shown-by.ts";
import { fetchMessage } from "../src/discord/target-message.ts";
import { Refusal } from "../src/generation/refusal.ts";
import { sayTo } from "../src/i18n/translate.ts";
import { tellList } from "./administration/answers.ts";

/** The message in a custom id: `channel-message`. */
const MESSAGE_ID = /^(?<channelId>\d{1,20})-(?<messageId>\d{1,20})$/;

/** "Report picture" in the menu of any message of the bot's: everyone may, and is asked why. */
export const reportPicture: MessageCommand = {
  kind: "message",
  data: {
    type: ApplicationCommandType.Message,
    ...titled("menu.report"),
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
  },
  acknowledge: "own",
  execute: async (interaction, { customIds }) => {
    const { targetMessage, client } = interaction;
    if (targetMessage.author.id !== client.user.id) throw new Refusal("refusal.not-ours");
    const say = sayTo(interaction);
    const id = `${targetMessage.channelId}-${targetMessage.id}`;
    await interaction.showModal({
      custom_id: customIds.write({ action: "report-send", id, index: 0 }),
      title: say("report.form-title"),
      components: [
        {
          type: ComponentType.Label,
          label: say("report.form-reason"),
          description: say("report.form-hold", { days: EVIDENCE_DAYS }),
          component: {
            type: ComponentType.TextInput,
            custom_id: "reason",
            style: TextInputStyle.Paragraph,
            required: true,
            max_length: MAX_REASON,
          },
        },
      ],
    });
  },
};

/** That dialog, filled in. */
export const reportSend = modal({
  action: "report-send",
  acknowledge: "private",
  execute: async (interaction, { id }, { administration, customIds, isOwner }) => {
    const { guildId, userId } = requesterOf(interaction, isOwner);
    const { channelId, messageId } = MESSAGE_ID.exec(id)?.groups ?? {};
    if (guildId === null || channelId === undefined || messageId === undefined)
      throw new Refusal("refusal.forged");
    const message = await fetchMessage(interaction.client, { channelId, messageId });
    const isNew = await fileReport(administration.db, {
      guildId,
      channelId,
      messageId,
      reporterId: userId,
      reason: interaction.fields.getTextInputValue("reason"),
      shown: message === null ? null : shownBy(message, customIds),
      prompt: message === null ? null : (picturesIn(message)[0]?.prompt ?? null),
    });
    const say = sayTo(interaction);
    await tellList(interaction, {
      title: say(isNew ? "report.thanks-title" : "report.again-title"),
      lines: [say("report.thanks", { days: EVIDENCE_DAYS })],
      empty: "",
    });
  },
});
