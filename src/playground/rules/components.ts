import { ButtonStyle, ComponentType } from "discord-api-types/v10";
import { z } from "zod";

import { byType, choice, integer, list, snowflake, text } from "./form.ts";

/*
 * The shapes, limits and defaults of one component each, from Discord's component reference. What concerns a message as a whole
 * (40 components, unique ids, 4000 characters of text) is in check-components.ts.
 */

const customId = text(1, 100);
const id = integer(0, 2 ** 31 - 1).optional();
const disabled = z.boolean().optional();
const spoiler = z.boolean().default(false);
/** Also what a message that was read gives back: only `url` counts. */
const media = z.object({ url: text(1, 2048) });
const emoji = z.object({
  id: snowflake.nullish(),
  name: z.string().nullish(),
  animated: z.boolean().nullish(),
});

const button = z
  .object({
    type: z.literal(ComponentType.Button),
    id,
    style: z.enum(ButtonStyle, "BASE_TYPE_CHOICES|Value must be one of {1, 2, 3, 4, 5, 6}."),
    label: text(0, 80).nullish(),
    emoji: emoji.nullish(),
    custom_id: customId.optional(),
    url: text(1, 512).optional(),
    sku_id: snowflake.optional(),
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

const selectFields = {
  id,
  custom_id: customId,
  placeholder: text(0, 150).nullish(),
  min_values: integer(0, 25).default(1),
  max_values: integer(1, 25).default(1),
  disabled,
  /** In dialogs. */
  required: z.boolean().optional(),
};
const defaultValues = list(
  z.object({ id: snowflake, type: z.enum(["user", "role", "channel"]) }),
  0,
  25,
).optional();
const stringSelect = z.object({
  type: z.literal(ComponentType.StringSelect),
  ...selectFields,
  options: list(
    z.object({
      label: text(1, 100),
      value: text(1, 100),
      description: text(0, 100).nullish(),
      emoji: emoji.nullish(),
      default: z.boolean().optional(),
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
    default_values: defaultValues,
  }),
  z.object({
    type: z.literal(ComponentType.RoleSelect),
    ...selectFields,
    default_values: defaultValues,
  }),
  z.object({
    type: z.literal(ComponentType.MentionableSelect),
    ...selectFields,
    default_values: defaultValues,
  }),
  z.object({
    type: z.literal(ComponentType.ChannelSelect),
    ...selectFields,
    default_values: defaultValues,
    channel_types: z.array(z.int()).optional(),
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
  description: text(0, 1024).nullable().default(null),
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
  items: list(
    z.object({ media, description: text(0, 1024).nullable().default(null), spoiler }),
    1,
    10,
  ),
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
  divider: z.boolean().default(true),
  spacing: choice([1, 2]).default(1),
});
const inContainer = [actionRow, section, textDisplay, mediaGallery, file, separator] as const;
const IN_CONTAINER_TYPES = [1, 9, 10, 12, 13, 14];
const container = z.object({
  type: z.literal(ComponentType.Container),
  id,
  components: list(byType(IN_CONTAINER_TYPES, inContainer), 1, 40),
  accent_color: integer(0, 0xff_ff_ff).nullable().default(null),
  spoiler,
});

/** Of a message with IS_COMPONENTS_V2. */
export const componentsV2 = list(
  byType([...IN_CONTAINER_TYPES, 17], [...inContainer, container]),
  1,
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
  label: text(1, 45).nullish(),
  min_length: integer(0, 4000).optional(),
  max_length: integer(1, 4000).optional(),
  required: z.boolean().optional(),
  value: text(0, 4000).nullish(),
  placeholder: text(0, 100).nullish(),
});
const groupOption = z.object({
  value: text(1, 100),
  label: text(1, 100),
  description: text(0, 100).nullish(),
  default: z.boolean().optional(),
});
const labelChildren = [
  textInput,
  ...selects,
  z.object({
    type: z.literal(ComponentType.FileUpload),
    id,
    custom_id: customId,
    min_values: integer(0, 10).optional(),
    max_values: integer(1, 10).optional(),
    required: z.boolean().optional(),
    file_types: list(z.string().regex(/^(image|video|audio|\.[\w.]+)$/), 0, 10).optional(),
  }),
  z.object({
    type: z.literal(ComponentType.RadioGroup),
    id,
    custom_id: customId,
    options: list(groupOption, 2, 10),
    required: z.boolean().optional(),
  }),
  z.object({
    type: z.literal(ComponentType.CheckboxGroup),
    id,
    custom_id: customId,
    options: list(groupOption, 1, 10),
    min_values: integer(0, 10).optional(),
    max_values: integer(1, 10).optional(),
    required: z.boolean().optional(),
  }),
  z.object({
    type: z.literal(ComponentType.Checkbox),
    id,
    custom_id: customId,
    default: z.boolean().optional(),
  }),
] as const;
const label = z.object({
  type: z.literal(ComponentType.Label),
  id,
  label: text(1, 45),
  description: text(0, 100).nullish(),
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
