import type { Command, Component } from "../src/discord/command.ts";
import { about } from "./about.ts";
import { admin } from "./admin/index.ts";
import { settingsForm, settingsSend, settingsSet } from "./admin/settings.ts";
import { cancel } from "./buttons/cancel.ts";
import { askDelete, deleteCard } from "./buttons/delete.ts";
import { edit, editSubmit } from "./buttons/edit.ts";
import { favourite, favouriteOne } from "./buttons/favourite.ts";
import { guildApproval } from "./buttons/guild-approval.ts";
import { callOff, goOn } from "./buttons/go-on.ts";
import { pick } from "./buttons/pick.ts";
import { recipe } from "./buttons/recipe.ts";
import { reroll } from "./buttons/reroll.ts";
import { upscaleCreative, upscaleFaithful } from "./buttons/upscale.ts";
import { varyOfGrid, varyStrong, varySubtle } from "./buttons/vary.ts";
import { help } from "./help.ts";
import {
  history,
  historyFamily,
  historyFavourite,
  historyOpen,
  historyPages,
  historyPost,
} from "./history.ts";
import { imagine } from "./imagine.ts";
import { mod } from "./mod/index.ts";
import { reportBlock, reportDelete, reportKeep, reportOpen } from "./mod/reports.ts";
import { owner } from "./owner/index.ts";
import { privacy, privacyDelete } from "./privacy.ts";
import { queue, queueCancel, queueRefresh } from "./queue.ts";
import { quota } from "./quota.ts";
import { recipeMenu } from "./recipe-menu.ts";
import { remix, remixSubmit } from "./remix.ts";
import { reportPicture, reportSend } from "./report-picture.ts";
import { upscaleMenu, upscaleOf } from "./upscale-menu.ts";

export { onMessage } from "./mention.ts";

/** Every slash and context-menu command, in the order in which they are registered. */
export const COMMANDS: readonly Command[] = [
  imagine,
  queue,
  quota,
  history,
  help,
  about,
  privacy,
  admin,
  mod,
  owner,
  remix,
  upscaleMenu,
  recipeMenu,
  reportPicture,
];

/** What buttons, selects and modals do. */
export const COMPONENTS: readonly Component[] = [
  // On cards.
  goOn,
  callOff,
  cancel,
  varyOfGrid,
  varySubtle,
  varyStrong,
  upscaleFaithful,
  upscaleCreative,
  pick,
  reroll,
  edit,
  editSubmit,
  favourite,
  favouriteOne,
  recipe,
  ...askDelete,
  ...deleteCard,
  // In the answers of commands.
  queueRefresh,
  queueCancel,
  ...historyPages,
  historyOpen,
  historyFavourite,
  historyFamily,
  historyPost,
  privacyDelete,
  remixSubmit,
  upscaleOf,
  // For admins and moderators.
  settingsSet,
  settingsForm,
  settingsSend,
  reportSend,
  reportOpen,
  reportKeep,
  reportDelete,
  reportBlock,
  // For the bot's owner.
  ...guildApproval,
];
