import type { Context } from "../context.ts";
import type { WorldChannel, WorldMessage } from "../world/types.ts";
import { Refusal } from "./refusal.ts";

type Group = "users" | "members" | "roles" | "channels" | "messages" | "attachments";

/** Collects what an interaction's ids stand for. */
export class Resolved {
  readonly #context: Context;
  readonly #guildId: string | null;
  readonly #userId: string;
  readonly #groups: Partial<Record<Group, Record<string, unknown>>> = {};

  constructor(context: Context, { guildId }: WorldChannel, userId: string) {
    this.#context = context;
    this.#guildId = guildId;
    this.#userId = userId;
  }

  /** Undefined when there is nothing: then the field is not there. */
  get value(): Partial<Record<Group, Record<string, unknown>>> | undefined {
    return Object.keys(this.#groups).length === 0 ? undefined : this.#groups;
  }

  addUser(id: string): void {
    const { world, render } = this.#context;
    this.#add("users", id, render.user(id));
    const member = this.#guildId === null ? undefined : world.findMember(this.#guildId, id);
    if (member === undefined || this.#guildId === null) return;
    const { user: _, deaf: _deaf, mute: _mute, ...partial } = render.member(member);
    const permissions = world.guildPermissions(this.#guildId, id).toString();
    this.#add("members", id, { ...partial, permissions });
  }

  addRole(id: string): void {
    this.#add("roles", id, this.#context.world.role(this.#guildId ?? "", id));
  }

  /** A user or a role. */
  addMentionable(id: string): void {
    const roles = this.#guildId === null ? [] : this.#context.world.guild(this.#guildId).roles;
    if (roles.some((role) => role.id === id)) this.addRole(id);
    else this.addUser(id);
  }

  addChannel(id: string, types: readonly number[] | undefined): void {
    const { world, render } = this.#context;
    const channel = world.channel(id);
    if (types !== undefined && types.length > 0 && !types.includes(channel.type))
      throw new Refusal(400, "A channel of this kind cannot be chosen.");
    if (channel.guildId !== this.#guildId || !world.canSee(channel, this.#userId))
      throw new Refusal(403, "You do not see this channel.");
    const { permission_overwrites: _, ...partial } = render.channel(channel) as unknown as Record<
      string,
      unknown
    >;
    this.#add("channels", id, {
      ...partial,
      permissions: world.permissionsIn(channel, this.#userId).toString(),
      app_permissions: world.permissionsIn(channel, world.botId).toString(),
    });
  }

  addMessage(message: WorldMessage): void {
    const { render, origin } = this.#context;
    this.#add("messages", message.id, render.message(message, origin()));
  }

  addAttachment(id: string, fileTypes: readonly string[] | undefined): void {
    const { attachments, origin } = this.#context;
    const attachment = attachments.get(id);
    if (attachment === null) throw new Refusal(404, "This file was not uploaded.");
    if (!matchesFileTypes(attachment.filename, fileTypes ?? []))
      throw new Refusal(400, `Only these kinds of files: ${fileTypes?.join(", ")}.`);
    this.#add("attachments", id, attachments.render(attachment, origin()));
  }

  #add(group: Group, id: string, value: unknown): void {
    (this.#groups[group] ??= {})[id] = value;
  }
}

const EXTENSIONS: Record<string, RegExp> = {
  image: /\.(png|jpe?g|webp|gif|avif|bmp|heic|tiff?)$/i,
  video: /\.(mp4|mov|webm|mkv)$/i,
  audio: /\.(mp3|ogg|wav|flac|m4a)$/i,
};

/** Discord looks at the name alone. */
function matchesFileTypes(filename: string, types: readonly string[]): boolean {
  if (types.length === 0) return true;
  return types.some((type) => {
    const extensions = EXTENSIONS[type];
    return extensions === undefined
      ? filename.toLowerCase().endsWith(type.toLowerCase())
      : extensions.test(filename);
  });
}
