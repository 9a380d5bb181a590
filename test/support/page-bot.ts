import {
  type APIContainerComponent,
  ApplicationCommandOptionType as Option,
  ApplicationCommandType,
  AttachmentBuilder,
  type AutocompleteInteraction,
  type BaseInteraction,
  type ButtonInteraction,
  ButtonStyle,
  type ChatInputCommandInteraction,
  type Client,
  ComponentType,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  type ModalSubmitInteraction,
  TextInputStyle,
} from "discord.js";
import sharp from "sharp";

/** What the bot of the browser's test registers: one of everything that the page has to draw. */
const COMMANDS = [
  {
    name: "imagine",
    description: "Make a picture from words",
    descriptionLocalizations: { de: "Ein Bild aus Worten machen" },
    options: [
      {
        name: "prompt",
        description: "What to show",
        nameLocalizations: { de: "beschreibung" },
        type: Option.String,
        required: true,
        maxLength: 1000,
      },
      { name: "style", description: "A look", type: Option.String, autocomplete: true },
      {
        name: "aspect",
        description: "Its shape",
        type: Option.String,
        choices: [
          { name: "Square", value: "1:1" },
          { name: "Wide", value: "16:9" },
        ],
      },
      { name: "count", description: "How many", type: Option.Integer, minValue: 1, maxValue: 10 },
      { name: "image", description: "A picture to start from", type: Option.Attachment },
      { name: "private", description: "Only you see it", type: Option.Boolean },
    ],
  },
  { name: "silent", description: "Never answers" },
  { name: "form", description: "Opens a dialog with every kind of field" },
  { name: "gallery", description: "Pictures, sections and selects" },
  {
    name: "admin",
    description: "Rules",
    defaultMemberPermissions: 32n,
    options: [
      {
        name: "quota",
        description: "Limits",
        type: Option.SubcommandGroup,
        options: [
          {
            name: "show",
            description: "What somebody has left",
            type: Option.Subcommand,
            options: [{ name: "user", description: "Whose", type: Option.User, required: true }],
          },
        ],
      },
    ],
  },
  { name: "Remix", type: ApplicationCommandType.Message },
];
const STYLES = ["Watercolour", "Pencil", "Pixel art", "Photograph"];

/**
 * Registers the commands and answers whatever comes. `/imagine` waits for {@link PageBot.finish} before its picture where
 * the prompt begins with `slowly`, and before it says anything at all where it begins with `silently`.
 */
export class PageBot {
  #gate = Promise.withResolvers<void>();

  static async start(client: Client<true>): Promise<PageBot> {
    const bot = new PageBot();
    client.on("interactionCreate", (interaction) => {
      bot.#answer(interaction).catch((error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
      });
    });
    await client.application.commands.set(COMMANDS as never);
    return bot;
  }

  /** Lets those go on that wait. */
  finish(): void {
    this.#gate.resolve();
    this.#gate = Promise.withResolvers<void>();
  }

  async #answer(interaction: BaseInteraction): Promise<void> {
    if (interaction.isAutocomplete()) await complete(interaction);
    else if (interaction.isChatInputCommand()) await this.#run(interaction);
    else if (interaction.isMessageContextMenuCommand()) await openRemix(interaction);
    else if (interaction.isModalSubmit()) await reportForm(interaction);
    else if (interaction.isStringSelectMenu())
      await interaction.reply(note(`You picked ${interaction.values.join(", ")}`));
    else if (interaction.isButton()) await pressed(interaction);
  }

  async #run(interaction: ChatInputCommandInteraction): Promise<void> {
    switch (interaction.commandName) {
      case "imagine":
        await this.#imagine(interaction);
        return;
      case "form":
        await interaction.showModal(FORM as never);
        return;
      case "gallery":
        await interaction.reply(await galleryMessage());
        return;
      case "admin":
        await interaction.reply(
          note(`${interaction.options.getUser("user", true).username}: 50 left`),
        );
        return;
      default:
    }
  }

  async #imagine(interaction: ChatInputCommandInteraction): Promise<void> {
    const prompt = interaction.options.getString("prompt", true);
    const isPrivate = interaction.options.getBoolean("private") ?? false;
    await interaction.deferReply(isPrivate ? { flags: MessageFlags.Ephemeral } : {});
    const gate = this.#gate.promise;
    if (prompt.startsWith("silently")) await gate;
    if (prompt.startsWith("slowly")) {
      await interaction.editReply({
        flags: MessageFlags.IsComponentsV2,
        components: [
          box(0x58_65_f2, [text(prompt), text("Drawing, step 3 of 20\n▰▰▱▱▱▱▱▱▱▱▱▱ 15 %")]),
        ] as never,
      });
      await gate;
    }
    const style = interaction.options.getString("style");
    const count = interaction.options.getInteger("count") ?? 1;
    const names = Array.from({ length: count }, (_, index) => `picture-${index}.png`);
    await interaction.editReply({
      flags: MessageFlags.IsComponentsV2,
      components: [
        card(prompt, names, [
          `style ${style ?? "none"}`,
          `aspect ${interaction.options.getString("aspect") ?? "none"}`,
        ]),
      ] as never,
      files: await Promise.all(
        names.map(async (name, index) => new AttachmentBuilder(await picture(index), { name })),
      ),
    });
  }
}

async function complete(interaction: AutocompleteInteraction): Promise<void> {
  const typed = interaction.options.getFocused().toLowerCase();
  const found = STYLES.filter((style) => style.toLowerCase().includes(typed));
  await interaction.respond(found.map((name) => ({ name, value: name.toLowerCase() })));
}

async function openRemix(interaction: MessageContextMenuCommandInteraction): Promise<void> {
  await interaction.showModal({
    custom_id: "remix",
    title: "Remix",
    components: [
      field("Prompt", {
        type: ComponentType.TextInput,
        custom_id: "prompt",
        style: TextInputStyle.Paragraph,
        value: "a fox",
        min_length: 3,
      }),
    ],
  } as never);
}

async function reportForm(interaction: ModalSubmitInteraction): Promise<void> {
  const { fields } = interaction;
  if (interaction.customId === "remix") {
    await interaction.reply(`Remixed into: ${fields.getTextInputValue("prompt")}`);
    return;
  }
  const chosen = {
    prompt: fields.getTextInputValue("prompt"),
    style: fields.getStringSelectValues("style"),
    strength: fields.getRadioGroup("strength"),
    extras: fields.getCheckboxGroup("extras"),
    files: [...(fields.getUploadedFiles("image")?.values() ?? [])].map(({ name }) => name),
  };
  await interaction.reply(note(`Form: ${JSON.stringify(chosen)}`));
}

async function pressed(interaction: ButtonInteraction): Promise<void> {
  if (interaction.customId === "silent") return;
  if (interaction.customId === "edit") await interaction.showModal(FORM as never);
  else if (interaction.customId === "favourite")
    await interaction.reply(note("Kept among your favourites."));
  else if (interaction.customId === "delete") {
    await interaction.deferUpdate();
    await interaction.deleteReply();
  } else await interaction.reply("A variation");
}

const note = (content: string) => ({ content, flags: MessageFlags.Ephemeral as const });
const text = (content: string) => ({ type: ComponentType.TextDisplay, content });
const row = (...components: object[]) => ({ type: ComponentType.ActionRow, components });
const box = (accent: number, components: object[]) =>
  ({ type: ComponentType.Container, accent_color: accent, components }) as APIContainerComponent;
const button = (id: string, label: string, more: object = {}) => ({
  type: ComponentType.Button,
  custom_id: id,
  label,
  style: ButtonStyle.Secondary,
  ...more,
});
const field = (label: string, component: object, description?: string) => ({
  type: ComponentType.Label,
  label,
  component,
  ...(description !== undefined && { description }),
});

function card(prompt: string, names: readonly string[], facts: readonly string[]): object {
  return box(0x2e_8b_57, [
    text(prompt),
    {
      type: ComponentType.MediaGallery,
      items: names.map((name, index) => ({
        media: { url: `attachment://${name}` },
        description: `${prompt} (picture ${index + 1})`,
      })),
    },
    text(`-# Seed 1234 · 512 × 512 · 20 steps · ${facts.join(" · ")} · took 2.4 s`),
    row(
      button("vary", "Vary subtle", { emoji: { name: "🪄" } }),
      button("silent", "Vary strong", { emoji: { name: "🎲" } }),
      button("gone", "Upscale to 4K", { emoji: { name: "🔍" }, disabled: true }),
    ),
    row(
      button("edit", "Edit", { emoji: { name: "✏️" }, style: ButtonStyle.Primary }),
      button("favourite", "Favourite", { emoji: { name: "⭐" }, style: ButtonStyle.Success }),
      button("delete", "Delete", { emoji: { name: "🗑️" }, style: ButtonStyle.Danger }),
      {
        type: ComponentType.Button,
        style: ButtonStyle.Link,
        label: "Docs",
        url: "https://example.com/",
      },
    ),
  ]);
}

async function galleryMessage(): Promise<never> {
  const items = (count: number, more: object = {}) =>
    Array.from({ length: count }, (_, index) => ({
      media: { url: `attachment://p${index}.png` },
      description: `Picture ${index + 1}`,
      ...more,
    }));
  const message = {
    flags: MessageFlags.IsComponentsV2,
    components: [
      text(
        "## Your pictures\nNewest first, **three** of them; a [link](https://example.com/) and `code`.",
      ),
      {
        type: ComponentType.Section,
        components: [text("**A red apple**"), text("-# 512 × 512 · <t:1700000000:R>")],
        accessory: {
          type: ComponentType.Thumbnail,
          media: { url: "attachment://p0.png" },
          description: "A red apple",
        },
      },
      {
        type: ComponentType.Section,
        components: [text("**A blue boat** on a quiet sea, with a long prompt that wraps")],
        accessory: button("vary", "Show"),
      },
      { type: ComponentType.Separator, spacing: 2 },
      { type: ComponentType.MediaGallery, items: items(4) },
      { type: ComponentType.MediaGallery, items: items(1, { spoiler: true }) },
      row({
        type: ComponentType.StringSelect,
        custom_id: "pick",
        placeholder: "Pick a picture",
        options: [1, 2, 3, 4].map((number) => ({
          label: `Picture ${number}`,
          value: String(number),
          description: "A card of its own",
          emoji: { name: "🖼️" },
        })),
      }),
      row({
        type: ComponentType.UserSelect,
        custom_id: "who",
        placeholder: "Whose pictures",
        min_values: 0,
        max_values: 3,
      }),
    ],
    files: await Promise.all(
      [0, 1, 2, 3].map(
        async (index) => new AttachmentBuilder(await picture(index), { name: `p${index}.png` }),
      ),
    ),
  };
  return message as never;
}

const FORM = {
  custom_id: "form",
  title: "Edit the picture",
  components: [
    field(
      "Prompt",
      {
        type: ComponentType.TextInput,
        custom_id: "prompt",
        style: TextInputStyle.Paragraph,
        required: true,
        max_length: 400,
      },
      "What to show",
    ),
    field("Style", {
      type: ComponentType.StringSelect,
      custom_id: "style",
      required: false,
      placeholder: "No style",
      options: STYLES.map((label) => ({ label, value: label.toLowerCase() })),
    }),
    field("Strength", {
      type: ComponentType.RadioGroup,
      custom_id: "strength",
      options: [
        { label: "Subtle", value: "subtle", description: "Close to the parent", default: true },
        { label: "Strong", value: "strong", description: "Only the idea stays" },
      ],
    }),
    field("Extras", {
      type: ComponentType.CheckboxGroup,
      custom_id: "extras",
      required: false,
      options: [
        { label: "Keep the seed", value: "seed" },
        { label: "Twice the steps", value: "steps" },
      ],
    }),
    field("Reference picture", {
      type: ComponentType.FileUpload,
      custom_id: "image",
      required: false,
      file_types: ["image"],
    }),
  ],
};

/** 384 by 384, with a shape by which the test and the eye tell pictures apart. */
async function picture(index: number): Promise<Buffer> {
  const hue = (index * 67 + 8) % 360;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="384" height="384">
    <rect width="384" height="384" fill="hsl(${hue} 60% 88%)"/>
    <circle cx="192" cy="210" r="120" fill="hsl(${hue} 70% 45%)"/>
    <path d="M192 96 q20 -60 70 -66 q-4 52 -70 66" fill="hsl(${(hue + 110) % 360} 45% 38%)"/></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}
