import { ApplicationIntegrationType, InteractionContextType } from "discord.js";

/** Where commands for everyone may be used: in servers, in the bot's own direct messages, and wherever a member brings them. */
export const EVERYWHERE = {
  contexts: [
    InteractionContextType.Guild,
    InteractionContextType.BotDM,
    InteractionContextType.PrivateChannel,
  ],
  integration_types: [
    ApplicationIntegrationType.GuildInstall,
    ApplicationIntegrationType.UserInstall,
  ],
};
