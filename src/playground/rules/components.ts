import { ButtonStyle, ComponentType } from "discord-api-types/v10";
import { z } from "zod";

import {
  byType,
  choice,
  distinct,
  integer,
  list,
  optional,
  orElse,
  snowflake,
  text,
} from "./form.ts";

/*
 * The shapes, limits and defaults of one component each, from Discord's component reference. What concerns a message as a whole
 * (40 components, unique ids, 4000 characters of text) is in check-components.ts.
 */

const customId = text(1, 100);
const id = optional(integer(0, 2 ** 31 - 1));
const disabled = optional(z.boolean());
const spoiler = orElse(z.boolean(), false);
/** Of pictures. */
const altText = orElse(text(1, 1024), null);
/** Also what a message that was read gives back: only `url` counts. */
const media = z.object({ url: text(1, 2048) });
const emoji = z
  .object({
    id: optional(snowflake),
    name: optional(text(1, 32)),
    animated: optional(z.boolean()),
  })
  .refine(({ id: own, name }) => own !== undefined || name !== undefined, {
    path: ["name"],
    message: "BASE_TYPE_REQUIRED|This field is required",
  });

const button = z
  .object({
    type: z.literal(ComponentType.Button),
    id,
    style: z.enum(ButtonStyle, "BASE_TYPE_CHOICES|Value must be one of {1, 2, 3, 4, 5, 6}."),
    label: optional(text(0, 80)),
    emoji: optional(emoji),
    custom_id: optional(customId),
    url: optional(text(1, 512)),
    sku_id: optional(snowflake),
    disabled,
  })
  .superRefine((value, context) => {
    const fail = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (value.style === ButtonStyle.Link) {
      if (value.url === undefined) fail("url", "BASE_TYPE_REQUIRED|A url is required");
      if (value.custom_id !== undefined)
        fail(
          "custom_id",
          "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE|A custom id and url cannot both be specified",
        );
    } else if (value.style === ButtonStyle.Premium) {
      if (value.sku_id === undefined) fail("sku_id", "BASE_TYPE_REQUIRED|This field is required");
    } else if (value.custom_id === undefined) {
      fail("custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED|A custom id is required");
    }
    if (value.url !== undefined && !/^(https?|discord):\/\//.test(value.url))
      fail(
        "url",
        `URL_TYPE_INVALID_SCHEME|Scheme "${value.url.split(":")[0]}" is not supported. Scheme must be one of ('http', 'https', 'discord').`,
      );
    if (value.style !== ButtonStyle.Premium && !value.label && !value.emoji)
      fail("label", "BASE_TYPE_REQUIRED|A label or emoji is required");
  });

/** What may be uploaded, by the end of its name. */
export const fileTypes = list(z.string().regex(/^(image|video|audio|\.[\w.]+)$/), 0, 10);
/** What a channel can be; a choice is limited to some of them. */
export const channelTypes = distinct(choice([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16]), 0, 13);
const selectFields = {
  id,
  custom_id: customId,
  placeholder: optional(text(0, 150)),
  min_values: orElse(integer(0, 25), 1),
  max_values: orElse(integer(1, 25), 1),
  disabled,
  /** In dialogs. */
  required: optional(z.boolean()),
};
const defaultValues = <const T extends readonly string[]>(types: T) =>
  optional(list(z.object({ id: snowflake, type: choice(types) }), 0, 25));
const stringSelect = z.object({
  type: z.literal(ComponentType.StringSelect),
  ...selectFields,
  options: list(
    z.object({
      label: text(1, 100),
      value: text(1, 100),
      description: optional(text(0, 100)),
      emoji: optional(emoji),
      default: optional(z.boolean()),
    }),
    1,
    25,
  ),
});
const selects = [
  stringSelect,
  z.object({
    type: z.literal(ComponentType.UserSelect),
    ...selectFields,
    default_values: defaultValues(["user"]),
  }),
  z.object({
    type: z.literal(ComponentType.RoleSelect),
    ...selectFields,
    default_values: defaultValues(["role"]),
  }),
  z.object({
    type: z.literal(ComponentType.MentionableSelect),
    ...selectFields,
    default_values: defaultValues(["user", "role"]),
  }),
  z.object({
    type: z.literal(ComponentType.ChannelSelect),
    ...selectFields,
    default_values: defaultValues(["channel"]),
    channel_types: optional(channelTypes),
  }),
] as const;
const SELECT_TYPES = [3, 5, 6, 7, 8];

const actionRow = z
  .object({
    type: z.literal(ComponentType.ActionRow),
    id,
    components: list(byType([2, ...SELECT_TYPES], [button, ...selects]), 1, 5),
  })
  .superRefine(({ components }, context) => {
    const selectCount = components.filter(({ type }) => type !== ComponentType.Button).length;
    if (selectCount > 0 && components.length > 1)
      context.addIssue({
        code: "custom",
        path: ["components"],
        message:
          "COMPONENT_LAYOUT_WIDTH_EXCEEDED|The specified component exceeds the maximum width",
      });
  });

const textDisplay = z.object({
  type: z.literal(ComponentType.TextDisplay),
  id,
  content: text(1, 4000),
});
const thumbnail = z.object({
  type: z.literal(ComponentType.Thumbnail),
  id,
  media,
  description: altText,
  spoiler,
});
const section = z.object({
  type: z.literal(ComponentType.Section),
  id,
  components: list(byType([10], [textDisplay]), 1, 3),
  accessory: byType([2, 11], [button, thumbnail]),
});
const mediaGallery = z.object({
  type: z.literal(ComponentType.MediaGallery),
  id,
  items: list(z.object({ media, description: altText, spoiler }), 1, 10),
});
const file = z.object({
  type: z.literal(ComponentType.File),
  id,
  file: media.refine(
    ({ url }) => url.startsWith("attachment://") || url.includes("/attachments/"),
    "URL_TYPE_INVALID_SCHEME|Scheme must be one of ('attachment',).",
  ),
  spoiler,
});
const separator = z.object({
  type: z.literal(ComponentType.Separator),
  id,
  divider: orElse(z.boolean(), true),
  spacing: orElse(choice([1, 2]), 1),
});
const inContainer = [actionRow, section, textDisplay, mediaGallery, file, separator] as const;
const IN_CONTAINER_TYPES = [1, 9, 10, 12, 13, 14];
const container = z.object({
  type: z.literal(ComponentType.Container),
  id,
  components: list(byType(IN_CONTAINER_TYPES, inContainer), 1, 40),
  accent_color: orElse(integer(0, 0xff_ff_ff), null),
  spoiler,
});

/** Of a message with IS_COMPONENTS_V2. */
export const componentsV2 = list(
  byType([...IN_CONTAINER_TYPES, 17], [...inContainer, container]),
  0,
  40,
);
/** Of a message with content and embeds. */
export const legacyComponents = list(byType([1], [actionRow]), 0, 5);

const textInput = z.object({
  type: z.literal(ComponentType.TextInput),
  id,
  custom_id: customId,
  style: choice([1, 2]),
  /** Only in an action row; a Label has its own. */
  label: optional(text(1, 45)),
  min_length: optional(integer(0, 4000)),
  max_length: optional(integer(1, 4000)),
  required: optional(z.boolean()),
  value: optional(text(0, 4000)),
  placeholder: optional(text(0, 100)),
});
const groupOption = z.object({
  value: text(1, 100),
  label: text(1, 100),
  description: optional(text(0, 100)),
  default: optional(z.boolean()),
});
const labelChildren = [
  textInput,
  ...selects,
  z.object({
    type: z.literal(ComponentType.FileUpload),
    id,
    custom_id: customId,
    min_values: optional(integer(0, 10)),
    max_values: optional(integer(1, 10)),
    required: optional(z.boolean()),
    file_types: optional(fileTypes),
  }),
  z.object({
    type: z.literal(ComponentType.RadioGroup),
    id,
    custom_id: customId,
    options: list(groupOption, 2, 10),
    required: optional(z.boolean()),
  }),
  z.object({
    type: z.literal(ComponentType.CheckboxGroup),
    id,
    custom_id: customId,
    options: list(groupOption, 1, 10),
    min_values: optional(integer(0, 10)),
    max_values: optional(integer(1, 10)),
    required: optional(z.boolean()),
  }),
  z.object({
    type: z.literal(ComponentType.Checkbox),
    id,
    custom_id: customId,
    default: optional(z.boolean()),
  }),
] as const;
const label = z.object({
  type: z.literal(ComponentType.Label),
  id,
  label: text(1, 45),
  description: optional(text(1, 100)),
  component: byType([4, ...SELECT_TYPES, 19, 21, 22, 23], labelChildren),
});
const textInputRow = z.object({
  type: z.literal(ComponentType.ActionRow),
  id,
  components: list(byType([4], [textInput]), 1, 1),
});

/** Of a dialog (callback type 9). */
export const modalSchema = z.object({
  custom_id: customId,
  title: text(1, 45),
  components: list(byType([1, 10, 18], [textInputRow, textDisplay, label]), 1, 5),
});
