import { ComponentType } from "discord-api-types/v10";

import { cleanFilename } from "./filename.ts";
import { type FormErrors, lengthOf } from "./form.ts";

const MAX_COMPONENTS = 40;
const MAX_TEXT_LENGTH = 4000;
const LOCAL_FILE = "attachment://";

type Path = readonly PropertyKey[];
/** Any component; which fields there are was checked before. */
export interface AnyComponent {
  type: ComponentType;
  id?: number | undefined;
  custom_id?: string | undefined;
  content?: string | undefined;
  components?: AnyComponent[] | undefined;
  component?: AnyComponent | undefined;
  accessory?: AnyComponent | undefined;
  items?: { media: MediaReference }[] | undefined;
  media?: MediaReference | undefined;
  file?: MediaReference | undefined;
  options?: { value: string; default?: boolean | undefined }[] | undefined;
  min_values?: number | undefined;
  max_values?: number | undefined;
  required?: boolean | undefined;
}

export interface MediaReference {
  url: string;
}

/** Every component with where it is, in Discord's order: a parent before its children. */
export function* walk(
  components: readonly AnyComponent[],
  at: Path,
): Generator<{ component: AnyComponent; path: Path }> {
  for (const [index, component] of components.entries()) {
    const path = [...at, index];
    yield { component, path };
    if (component.components !== undefined)
      yield* walk(component.components, [...path, "components"]);
    for (const key of ["accessory", "component"] as const) {
      const child = component[key];
      if (child !== undefined) yield { component: child, path: [...path, key] };
    }
  }
}

/** Every media item of a component with where it is in it. */
export function mediaOf(component: AnyComponent): { media: MediaReference; path: Path }[] {
  const items = (component.items ?? []).map(({ media }, index) => ({
    media,
    path: ["items", index, "media"],
  }));
  if (component.media !== undefined) items.push({ media: component.media, path: ["media"] });
  if (component.file !== undefined) items.push({ media: component.file, path: ["file"] });
  return items;
}

/**
 * What Discord asks of all components of one message or dialog together: 40 of them with those inside others, each
 * `custom_id` and `id` once, 4000 characters of text, options that differ, files that are there.
 *
 * @param filenames - Of the attachments that the message will have; null: not looked at.
 */
export function checkComponents(
  errors: FormErrors,
  components: readonly AnyComponent[],
  { at, filenames }: { at: Path; filenames: ReadonlySet<string> | null },
): void {
  const all = [...walk(components, at)];
  if (all.length > MAX_COMPONENTS)
    errors.add(
      at,
      "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
      `The total number of components exceeds the maximum of ${MAX_COMPONENTS} (${all.length} were given).`,
    );
  const texts = all.filter(({ component }) => component.type === ComponentType.TextDisplay);
  const length = texts.reduce((sum, { component }) => sum + lengthOf(component.content ?? ""), 0);
  if (length > MAX_TEXT_LENGTH)
    errors.add(
      at,
      "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
      `Components displayable text size exceeds maximum size of ${MAX_TEXT_LENGTH}`,
    );
  checkIds(errors, all);
  for (const { component, path } of all) {
    checkOptions(errors, component, path);
    if (filenames !== null) checkFiles(errors, { component, path, filenames });
  }
}

function checkIds(
  errors: FormErrors,
  all: readonly { component: AnyComponent; path: Path }[],
): void {
  const customIds = new Set<string>();
  const ids = new Set<number>();
  for (const { component, path } of all) {
    const { custom_id: customId, id } = component;
    if (customId !== undefined && customIds.size === customIds.add(customId).size)
      errors.add(
        [...path, "custom_id"],
        "COMPONENT_CUSTOM_ID_DUPLICATED",
        "Component custom id cannot be duplicated",
      );
    if (id !== undefined && id !== 0 && ids.size === ids.add(id).size)
      errors.add([...path, "id"], "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated");
  }
}

function checkOptions(errors: FormErrors, component: AnyComponent, path: Path): void {
  const { options = [], min_values: min, max_values: max } = component;
  const values = new Set<string>();
  for (const [index, { value }] of options.entries()) {
    if (values.size === values.add(value).size)
      errors.add(
        [...path, "options", index],
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        "The specified option value is already used",
      );
  }
  const defaults = options.filter((option) => option.default === true).length;
  if (component.type === ComponentType.StringSelect && defaults > (max ?? 1))
    errors.add(
      [...path, "options"],
      "SELECT_COMPONENT_TOO_MANY_DEFAULTS",
      "More options are selected by default than may be selected",
    );
  if (min !== undefined && min > (max ?? Math.max(options.length, 1)))
    errors.add(
      [...path, "min_values"],
      "SELECT_COMPONENT_MIN_VALUES_GREATER_THAN_MAX",
      "Min values cannot be greater than max values",
    );
  if (max !== undefined && options.length > 0 && max > options.length)
    errors.add(
      [...path, "max_values"],
      "SELECT_COMPONENT_MAX_VALUES_TOO_LARGE",
      "Max values cannot be greater than the number of options",
    );
}

function checkFiles(
  errors: FormErrors,
  {
    component,
    path,
    filenames,
  }: { component: AnyComponent; path: Path; filenames: ReadonlySet<string> },
): void {
  for (const item of mediaOf(component)) {
    const { url } = item.media;
    const at = [...path, ...item.path, "url"];
    if (url.startsWith(LOCAL_FILE)) {
      if (!filenames.has(cleanFilename(url.slice(LOCAL_FILE.length))))
        errors.add(
          at,
          "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
          "The referenced attachment could not be found",
        );
    } else if (!/^https?:\/\/./.test(url)) {
      errors.add(at, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
    }
  }
}

/**
 * A dialog's own rules: an id that ends in the field's label is fine, but what must be filled cannot be allowed to be empty.
 */
export function checkModal(errors: FormErrors, components: readonly AnyComponent[]): void {
  checkComponents(errors, components, { at: ["data", "components"], filenames: null });
  for (const { component, path } of walk(components, ["data", "components"])) {
    if (
      component.type !== ComponentType.FileUpload &&
      component.type !== ComponentType.CheckboxGroup
    )
      continue;
    if (component.min_values === 0 && component.required !== false)
      errors.add(
        [...path, "min_values"],
        "COMPONENT_MIN_VALUES_REQUIRED",
        "Min values must be at least 1 when the component is required",
      );
  }
}
