import { useRef } from "preact/hooks";

import type { ClientAttachment, ClientChannel, ClientMessage } from "../../client-api.ts";
import { OptionType } from "../discord.ts";
import { api, RequestError } from "../state/api.ts";
import { runCommand } from "../state/interactions.ts";
import { store } from "../state/store.ts";
import { addField, changeField, checkDraft, type Draft, toOptions } from "./draft.ts";
import { firstFocus } from "./first-focus.ts";

export interface ComposerState {
  text: string;
  draft: Draft | null;
  /** The option that has the keyboard. */
  focused: string | null;
  replyTo: ClientMessage | null;
  uploads: readonly ClientAttachment[];
  /** How many files are on their way to the server. */
  uploading: number;
  error: string | null;
  isSending: boolean;
  /** Counts up when the text box is to have the keyboard. */
  focusSerial: number;
}

export const EMPTY_COMPOSER: ComposerState = {
  text: "",
  draft: null,
  focused: null,
  replyTo: null,
  uploads: [],
  uploading: 0,
  error: null,
  isSending: false,
  // On a touch screen the keyboard would hide the channel.
  focusSerial: matchMedia("(pointer: coarse)").matches ? 0 : 1,
};

/** The command that was used last on this page, to be brought back with the arrow key. */
let lastDraft: Draft | null = null;

export interface ComposerActions {
  setText: (text: string) => void;
  setDraft: (draft: Draft) => void;
  setFocused: (name: string | null) => void;
  startCommand: (draft: Draft) => void;
  startReply: (message: ClientMessage | null) => void;
  openCommands: () => void;
  /** Says why what stands in the box is not sent. */
  refuse: (error: string) => void;
  cancel: () => void;
  focus: () => void;
  recall: () => boolean;
  acceptFiles: (files: File[]) => void;
  fillFile: (optionName: string, file: File) => Promise<void>;
  removeUpload: (id: string) => void;
  runDraft: () => Promise<void>;
  sendText: (content: string) => Promise<void>;
}

interface Parts {
  state: ComposerState;
  setState: (change: (before: ComposerState) => ComposerState) => void;
  channel: ClientChannel;
}

type Change = (before: ComposerState) => Partial<ComposerState>;
/** The newest state, also for what goes on after a wait. */
type Update = (change: Partial<ComposerState> | Change) => void;

export function useComposerActions({ state, setState, channel }: Parts): ComposerActions {
  const latest = useRef(state);
  latest.current = state;
  const update: Update = (change) => {
    setState((before) => ({
      ...before,
      ...(typeof change === "function" ? change(before) : change),
    }));
  };
  const tools = { latest, update, channel };
  return {
    ...simpleActions(update),
    recall: () => {
      if (lastDraft === null || !channel.commandIds.includes(lastDraft.entry.commandId))
        return false;
      const draft = lastDraft;
      update({ draft, text: "", focused: draft.fields[0]?.option.name ?? firstFocus(draft) });
      return true;
    },
    acceptFiles: (files) => acceptFiles(files, tools),
    fillFile: async (name, file) => fillFile(name, file, tools),
    runDraft: async () => runDraft(tools),
    sendText: async (content) => sendText(content, tools),
  };
}

type Simple = "recall" | "acceptFiles" | "fillFile" | "runDraft" | "sendText";

function simpleActions(update: Update): Omit<ComposerActions, Simple> {
  const focus = (): void => update(({ focusSerial }) => ({ focusSerial: focusSerial + 1 }));
  return {
    setText: (text) => update({ text, error: null }),
    setDraft: (draft) => update({ draft, error: null }),
    setFocused: (focused) => update({ focused }),
    startCommand: (draft) => update({ draft, text: "", error: null, focused: firstFocus(draft) }),
    startReply: (replyTo) => update({ replyTo }),
    openCommands: () => {
      update({ text: "/", error: null });
      focus();
    },
    refuse: (error) => update({ error }),
    cancel: () => {
      update({ draft: null, text: "", focused: null, error: null });
      focus();
    },
    focus,
    removeUpload: (id) =>
      update(({ uploads }) => ({ uploads: uploads.filter((upload) => upload.id !== id) })),
  };
}

interface Tools {
  latest: { current: ComposerState };
  update: Update;
  channel: ClientChannel;
}

async function uploadTo(file: File, channel: ClientChannel): Promise<ClientAttachment> {
  const { world } = store.state;
  if (world === null) throw new Error("The playground is still loading.");
  return api.upload(file, { userId: world.userId, channelId: channel.id });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Files that were dropped, pasted or chosen: for the command's option where there is one, else for the message. */
function acceptFiles(files: File[], tools: Tools): void {
  const { draft } = tools.latest.current;
  if (draft === null) {
    for (const file of files) void addUpload(file, tools);
    return;
  }
  const free = draft.entry.options.filter(
    (option) =>
      option.type === OptionType.Attachment &&
      draft.fields.every(
        ({ option: used, upload: has }) => used.name !== option.name || has === null,
      ),
  );
  for (const [index, option] of free.entries()) {
    const file = files[index];
    if (file === undefined) return;
    tools.update(({ draft: now }) => ({ draft: now === null ? null : addField(now, option) }));
    void fillFile(option.name, file, tools);
  }
}

async function addUpload(file: File, { update, channel }: Tools): Promise<void> {
  update(({ uploading }) => ({ uploading: uploading + 1, error: null }));
  try {
    const done = await uploadTo(file, channel);
    update(({ uploads }) => ({ uploads: [...uploads, done] }));
  } catch (error) {
    update({ error: `${file.name}: ${messageOf(error)}` });
  } finally {
    update(({ uploading }) => ({ uploading: uploading - 1 }));
  }
}

async function fillFile(name: string, file: File, { update, channel }: Tools): Promise<void> {
  const change = (fresh: Parameters<typeof changeField>[2]): void =>
    update(({ draft }) => ({ draft: draft === null ? null : changeField(draft, name, fresh) }));
  change({ isUploading: true, text: file.name, error: null });
  try {
    change({ upload: await uploadTo(file, channel), isUploading: false });
  } catch (error) {
    change({ isUploading: false, text: "", error: messageOf(error) });
  }
}

async function runDraft({ latest, update }: Tools): Promise<void> {
  const { draft: filled, isSending } = latest.current;
  if (filled === null || isSending) return;
  const { draft, isComplete } = checkDraft(filled);
  if (!isComplete) {
    const faulty = draft.fields.find(({ error }) => error !== null);
    update({ draft, focused: faulty?.option.name ?? null });
    return;
  }
  update({ draft, isSending: true, error: null });
  try {
    const { commandId, fullName } = draft.entry;
    await runCommand(fullName, { commandId, options: toOptions(draft) });
    lastDraft = withoutFiles(draft);
    update(({ focusSerial }) => ({ draft: null, focused: null, focusSerial: focusSerial + 1 }));
  } catch (error) {
    update(refusal(draft, error));
  } finally {
    update({ isSending: false });
  }
}

/** A file goes with one command only. */
function withoutFiles(draft: Draft): Draft {
  return { ...draft, fields: draft.fields.filter(({ upload }) => upload === null) };
}

/** Marks the option that the server's refusal is about. */
function refusal(draft: Draft, error: unknown): Partial<ComposerState> {
  const message = messageOf(error);
  const field = error instanceof RequestError ? error.field : null;
  const known = draft.fields.some(({ option }) => option.name === field);
  if (field === null || !known) return { error: message };
  return { draft: changeField(draft, field, { error: message }), focused: field, error: message };
}

async function sendText(content: string, { latest, update, channel }: Tools): Promise<void> {
  const { world } = store.state;
  const { uploads, uploading, replyTo, isSending } = latest.current;
  if (world === null || isSending || uploading > 0) return;
  if (content.trim() === "" && uploads.length === 0) return;
  update({ isSending: true, error: null });
  try {
    await api.sendMessage({
      userId: world.userId,
      channelId: channel.id,
      content: content.trim(),
      attachmentIds: uploads.map(({ id }) => id),
      ...(replyTo !== null && { replyToId: replyTo.id }),
    });
    update({ text: "", uploads: [], replyTo: null });
    store.set({ ownActions: store.state.ownActions + 1 });
  } catch (error) {
    update({ error: messageOf(error) });
  } finally {
    update({ isSending: false });
  }
}
