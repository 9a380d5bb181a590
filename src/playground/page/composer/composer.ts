import { Fragment, h, type JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type {
  ClientAttachment,
  ClientChannel,
  ClientGuild,
  ClientState,
} from "../../client-api.ts";
import { type Place, userItems } from "../components/select-items.ts";
import { OptionType } from "../discord.ts";
import { formatBytes } from "../messages/file-card.ts";
import { summaryOf } from "../messages/summary.ts";
import { useApp } from "../state/store.ts";
import { nameIn } from "../state/world.ts";
import { icon } from "../ui/icons.ts";
import { CommandForm } from "./command-form.ts";
import { type Draft, startDraft } from "./draft.ts";
import { commandEntries, type CommandEntry, spelledEntry } from "./entries.ts";
import { encodeMentions } from "./mentions.ts";
import {
  type ComposerActions,
  type ComposerState,
  EMPTY_COMPOSER,
  useComposerActions,
} from "./use-composer.ts";
import { TextBox } from "./text-box.ts";
import { useFiles } from "./use-files.ts";
import { useTypingAnywhere } from "./use-typing.ts";

interface ComposerProps {
  channel: ClientChannel;
  world: ClientState;
  guild: ClientGuild | null;
}

/** The message box: text and files, or a command that is being filled in. Made anew for each channel. */
export function Composer({ channel, world, guild }: ComposerProps): JSX.Element {
  const [state, setState] = useState<ComposerState>(EMPTY_COMPOSER);
  const box = useRef<HTMLDivElement>(null);
  const place = useMemo((): Place => ({ world, guild }), [world, guild]);
  const entries = useMemo(() => commandEntries(world, channel), [world, channel]);
  const actions = useComposerActions({ state, setState, channel });
  useRequests(entries, actions);
  useTypingAnywhere();
  const isOver = useFiles(actions.acceptFiles);
  const { draft } = state;
  const view = { state, actions, entries, place, channel, anchor: box.current };
  return h(
    "form",
    {
      class: "composer",
      onSubmit: (event: Event) => {
        event.preventDefault();
        submit(view);
      },
    },
    isOver && h("div", { class: "drop-hint" }, icon("upload", 36), dropHint(draft, channel)),
    state.replyTo !== null && replyBar(view),
    h(
      "div",
      { class: "composer-box", ref: box },
      tray(view),
      h("div", { class: "composer-line" }, line(view)),
    ),
    state.error !== null && h("p", { class: "composer-error", role: "alert" }, state.error),
  );
}

interface View {
  state: ComposerState;
  actions: ComposerActions;
  entries: readonly CommandEntry[];
  place: Place;
  channel: ClientChannel;
  anchor: Element | null;
}

/** Other parts of the page ask the composer to begin a command or an answer. */
function useRequests(entries: readonly CommandEntry[], actions: ComposerActions): void {
  const request = useApp((state) => state.composer);
  const first = useRef(request.serial);
  useLayoutEffect(() => {
    if (request.serial === first.current) return;
    if (request.replyTo !== undefined) actions.startReply(request.replyTo);
    const entry = entries.find(({ fullName }) => fullName === request.commandName);
    if (entry !== undefined) actions.startCommand(startDraft(entry));
    else if (request.commandName !== undefined) actions.setText(`/${request.commandName}`);
    actions.focus();
  }, [request.serial]);
}

function submit({ state, actions, place, entries }: View): void {
  const { bot } = place.world;
  if (state.draft !== null) void actions.runDraft();
  else if (entries.length === 0 && /^\/[\p{L}\p{N}]/u.test(state.text))
    // Without its commands it would go out as a mere text, and nobody would answer.
    actions.refuse(noCommandsText(bot.isOnline));
  else void actions.sendText(encodeMentions(state.text, userItems(place)));
}

function line(view: View): JSX.Element {
  const { state, actions, place, channel, anchor } = view;
  const { draft } = state;
  if (draft !== null)
    return h(
      Fragment,
      null,
      h(CommandForm, {
        draft,
        place,
        focused: state.focused,
        setFocused: actions.setFocused,
        onDraft: actions.setDraft,
        onSubmit: () => submit(view),
        onCancel: actions.cancel,
        onFile: (name: string, file: File) => void actions.fillFile(name, file),
        anchor,
      }),
      iconButton("Cancel the command", { name: "close", onClick: actions.cancel }),
      sendButton(false),
    );
  return h(
    Fragment,
    null,
    h(AttachButton, { onFiles: actions.acceptFiles, isDisabled: !channel.permissions.attach }),
    h(TextBox, textBoxProps(view)),
    iconButton("Commands", { name: "spark", onClick: actions.openCommands }),
    sendButton(state.text.trim() === "" && state.uploads.length === 0),
  );
}

function textBoxProps(view: View): Parameters<typeof TextBox>[0] {
  const { state, actions, entries, place, channel, anchor } = view;
  const { send, useCommands } = channel.permissions;
  return {
    text: state.text,
    placeholder: placeholderOf(channel, entries.length > 0),
    isDisabled: !send && !(useCommands && entries.length > 0),
    entries,
    place,
    anchor,
    focusSerial: state.focusSerial,
    emptyText: noCommandsText(place.world.bot.isOnline),
    onText: (text) => {
      // `/imagine a red apple` in one go, typed or pasted.
      const spelled = spelledEntry(entries, text);
      if (spelled === null) actions.setText(text);
      else actions.startCommand(startDraft(spelled.entry, spelled.rest));
    },
    onEntry: (entry) => actions.startCommand(startDraft(entry)),
    onSend: () => submit(view),
    onRecall: actions.recall,
  };
}

function noCommandsText(isOnline: boolean): string {
  return isOnline
    ? "You can use no commands here."
    : "The bot is not connected yet, so there are no commands.";
}

function placeholderOf(
  { guildId, name, permissions }: ClientChannel,
  hasCommands: boolean,
): string {
  if (!permissions.send) return "You cannot write here.";
  const place = guildId === null ? "Message sanabot" : `Message #${name}`;
  const hasKeyboard = !matchMedia("(pointer: coarse)").matches;
  return hasCommands && hasKeyboard ? `${place} — press / for commands` : place;
}

function iconButton(
  label: string,
  { name, onClick }: { name: "close" | "spark"; onClick: () => void },
): JSX.Element {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onClick },
    icon(name, 20),
  );
}

function sendButton(isDisabled: boolean): JSX.Element {
  return h(
    "button",
    {
      type: "submit",
      class: "icon-button send-button",
      "aria-label": "Send",
      disabled: isDisabled,
    },
    icon("send", 20),
  );
}

function AttachButton({
  onFiles,
  isDisabled,
}: {
  onFiles: (files: File[]) => void;
  isDisabled: boolean;
}): JSX.Element {
  const chooser = useRef<HTMLInputElement>(null);
  return h(
    Fragment,
    null,
    h("input", {
      ref: chooser,
      type: "file",
      multiple: true,
      hidden: true,
      "aria-label": "Files",
      onChange: (event: Event) => {
        const input = event.currentTarget as HTMLInputElement;
        onFiles([...(input.files ?? [])]);
        input.value = "";
      },
    }),
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Attach files",
        title: isDisabled ? "You may not attach files here" : "Attach files",
        disabled: isDisabled,
        onClick: () => chooser.current?.click(),
      },
      icon("plus", 20),
    ),
  );
}

function replyBar({ state, actions, place }: View): JSX.Element | null {
  const { replyTo } = state;
  if (replyTo === null) return null;
  return h(
    "div",
    { class: "reply-bar" },
    h("span", null, "Replying to ", h("strong", null, nameIn(place.guild, replyTo.author))),
    h("span", { class: "muted reply-bar-text" }, summaryOf(replyTo)),
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Do not reply",
        onClick: () => actions.startReply(null),
      },
      icon("close", 16),
    ),
  );
}

/** The files that go with the message. */
function tray({ state, actions }: View): JSX.Element | null {
  if (state.draft !== null || (state.uploads.length === 0 && state.uploading === 0)) return null;
  return h(
    "ul",
    { class: "tray", "aria-label": "Files to send" },
    state.uploads.map((file) => trayItem(file, () => actions.removeUpload(file.id))),
    state.uploading > 0 && h("li", { class: "tray-item" }, h("span", { class: "spinner" })),
  );
}

function trayItem(file: ClientAttachment, onRemove: () => void): JSX.Element {
  const isPicture = file.content_type?.startsWith("image/") === true;
  return h(
    "li",
    { key: file.id, class: "tray-item" },
    isPicture ? h("img", { src: file.url, alt: "" }) : icon("file", 40),
    h(
      "span",
      { class: "tray-name", title: `${file.filename}, ${formatBytes(file.size)}` },
      file.filename,
    ),
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": `Remove ${file.filename}`,
        onClick: onRemove,
      },
      icon("trash", 16),
    ),
  );
}

function dropHint(draft: Draft | null, channel: ClientChannel): string {
  const option = draft?.entry.options.find(({ type }) => type === OptionType.Attachment);
  if (draft !== null && option !== undefined)
    return `Drop it as ${option.name} of /${draft.entry.label}`;
  return `Drop to send it to ${channel.name}`;
}
