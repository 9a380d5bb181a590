import type {
  ClientAttachment,
  ClientChannelChange,
  ClientError,
  ClientGuildChange,
  ClientInteraction,
  ClientInteractionCreated,
  ClientMemberChange,
  ClientMessage,
  ClientMessageCreate,
  ClientMessages,
  ClientRoleChange,
  ClientState,
  ClientUserChange,
} from "../../client-api.ts";

const REQUEST_TIMEOUT_MS = 15_000;
/** 100 MB to this machine's own disk. */
const UPLOAD_TIMEOUT_MS = 120_000;

/** A refused request; `message` is for people. */
export class RequestError extends Error {
  override name = "RequestError";
  readonly status: number;
  /** The option's name or the field's custom id that it is about. */
  readonly field: string | null;

  constructor(status: number, { message, field }: ClientError) {
    super(message);
    this.status = status;
    this.field = field ?? null;
  }
}

interface Request {
  body?: BodyInit;
  type?: string;
  timeoutMs?: number;
}

async function request<T>(
  method: string,
  path: string,
  { body, type, timeoutMs = REQUEST_TIMEOUT_MS }: Request = {},
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/client/${path}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body }),
      ...(type !== undefined && { headers: { "content-type": type } }),
    });
  } catch {
    throw new RequestError(0, { message: "The playground's server does not answer." });
  }
  if (!response.ok) throw new RequestError(response.status, await errorOf(response));
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

async function errorOf(response: Response): Promise<ClientError> {
  try {
    const error = (await response.json()) as Partial<ClientError>;
    if (typeof error.message === "string") return { ...error, message: error.message };
  } catch {
    // Not JSON: said below.
  }
  return { message: `The playground's server answered with an error (${response.status}).` };
}

const send = async <T>(method: string, path: string, body: object): Promise<T> =>
  request<T>(method, path, { body: JSON.stringify(body), type: "application/json" });

export const api = {
  state: async (userId: string | null) =>
    request<ClientState>("GET", `state${userId === null ? "" : `?user=${userId}`}`),

  messages: async (
    channelId: string,
    query: { userId: string; before?: string; limit: number },
  ) => {
    const before = query.before === undefined ? "" : `&before=${query.before}`;
    const search = `user=${query.userId}&limit=${query.limit}${before}`;
    return request<ClientMessages>("GET", `channels/${channelId}/messages?${search}`);
  },

  interact: async (interaction: ClientInteraction) =>
    send<ClientInteractionCreated>("POST", "interactions", interaction),

  sendMessage: async (message: ClientMessageCreate) =>
    send<ClientMessage>("POST", "messages", message),

  deleteMessage: async (userId: string, message: { id: string; channel_id: string }) =>
    request<void>("DELETE", `channels/${message.channel_id}/messages/${message.id}?user=${userId}`),

  upload: async (file: File, place: { userId: string; channelId: string }) => {
    const form = new FormData();
    form.append("file", file, file.name);
    const search = `user=${place.userId}&channel=${place.channelId}`;
    return request<ClientAttachment>("POST", `attachments?${search}`, {
      body: form,
      timeoutMs: UPLOAD_TIMEOUT_MS,
    });
  },

  changeUser: async (id: string, change: ClientUserChange) =>
    send<void>("PATCH", `users/${id}`, change),
  changeGuild: async (id: string, change: ClientGuildChange) =>
    send<void>("PATCH", `guilds/${id}`, change),
  changeMember: async (ids: { guildId: string; userId: string }, change: ClientMemberChange) =>
    send<void>("PATCH", `guilds/${ids.guildId}/members/${ids.userId}`, change),
  changeRole: async (ids: { guildId: string; roleId: string }, change: ClientRoleChange) =>
    send<void>("PATCH", `guilds/${ids.guildId}/roles/${ids.roleId}`, change),
  changeChannel: async (id: string, change: ClientChannelChange) =>
    send<void>("PATCH", `channels/${id}`, change),
};
