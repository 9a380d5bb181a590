import { z } from "zod";

import { ApiError, type FormErrorTree } from "./api-error.ts";

type Path = readonly PropertyKey[];
/** Parts Discord's code from its sentence in the messages of the schemas below. */
const SEPARATOR = "|";

/** Collects what is wrong with a body, field by field. */
export class FormErrors {
  readonly #tree: FormErrorTree = {};

  add(path: Path, code: string, message: string): void {
    let node = this.#tree;
    for (const step of path) {
      const key = String(step);
      node = (node[key] ??= {}) as FormErrorTree;
    }
    (node._errors ??= []).push({ code, message });
  }

  get isEmpty(): boolean {
    return Object.keys(this.#tree).length === 0;
  }

  /** @throws {ApiError} 50035 when anything was added. */
  throwIfAny(): void {
    if (!this.isEmpty)
      throw new ApiError(400, 50_035, { message: "Invalid Form Body", errors: this.#tree });
  }
}

/** One field is wrong. */
export function formError(path: Path, code: string, message: string): ApiError {
  const errors = new FormErrors();
  errors.add(path, code, message);
  try {
    errors.throwIfAny();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new TypeError("A form error without an error.");
}

/** @throws {ApiError} 50035 with Discord's code for every field that does not fit. */
export function parseForm<T>(schema: z.ZodType<T>, value: unknown, at: Path = []): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = new FormErrors();
  for (const issue of parsed.error.issues) addIssue(errors, issue, at);
  errors.throwIfAny();
  throw parsed.error;
}

function addIssue(errors: FormErrors, issue: z.core.$ZodIssue, at: Path): void {
  const path = [...at, ...issue.path];
  const [code = "", message] = issue.message.split(SEPARATOR);
  if (message !== undefined) errors.add(path, code, message);
  else if (issue.code === "invalid_type" && issue.input === undefined)
    errors.add(path, "BASE_TYPE_REQUIRED", "This field is required");
  else if (issue.code === "invalid_type") errors.add(path, ...wrongType(issue.expected));
  else errors.add(path, "BASE_TYPE_INVALID", issue.message);
}

function wrongType(expected: string): [code: string, message: string] {
  switch (expected) {
    case "number":
    case "int":
      return ["NUMBER_TYPE_COERCE", "Value is not int."];
    case "boolean":
      return ["BOOLEAN_TYPE_CONVERT", 'Must be either "true" or "false".'];
    case "array":
      return ["LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"];
    case "object":
    case "record":
      return ["DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"];
    default:
      return ["STRING_TYPE_CONVERT", "Could not interpret as string."];
  }
}

function says(code: string, message: string): string {
  return `${code}${SEPARATOR}${message}`;
}

/** Discord counts characters, not UTF-16 units. */
export function lengthOf(value: string): number {
  let length = 0;
  for (const _ of value) length += 1;
  return length;
}

function lengthSentence(min: number, max: number): string {
  return min === 0
    ? says("BASE_TYPE_MAX_LENGTH", `Must be ${max} or fewer in length.`)
    : says("BASE_TYPE_BAD_LENGTH", `Must be between ${min} and ${max} in length.`);
}

/** A field that may be left out; null is the same. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** As {@link optional}, with what Discord then takes. */
export function orElse<T extends z.ZodType, D>(schema: T, initial: D) {
  return schema.nullish().transform((value) => value ?? initial);
}

/** A list in which nothing stands twice. */
export function distinct<T extends z.ZodType<string | number>>(item: T, min: number, max: number) {
  return list(item, min, max).refine(
    (values) => new Set(values).size === values.length,
    says("LIST_TYPE_DUPLICATED", "The values must differ."),
  );
}

export function text(min: number, max: number) {
  return z
    .string()
    .refine((value) => lengthOf(value) >= min && lengthOf(value) <= max, lengthSentence(min, max));
}

export function list<T extends z.ZodType>(item: T, min: number, max: number) {
  return z
    .array(item)
    .refine((values) => values.length >= min && values.length <= max, lengthSentence(min, max));
}

export function integer(min: number, max: number) {
  const low = says("NUMBER_TYPE_MIN", `int value should be greater than or equal to ${min}.`);
  const high = says("NUMBER_TYPE_MAX", `int value should be less than or equal to ${max}.`);
  return z
    .int(says("NUMBER_TYPE_COERCE", "Value is not int."))
    .refine((value) => value >= min, low)
    .refine((value) => value <= max, high);
}

export function choice<const T extends readonly (string | number)[]>(values: T) {
  const set = new Set<unknown>(values);
  const sentence = says("BASE_TYPE_CHOICES", `Value must be one of {${values.join(", ")}}.`);
  return z.custom<T[number]>((value) => set.has(value), sentence);
}

export const snowflake = z
  .string()
  .regex(/^\d{1,20}$/, says("NUMBER_TYPE_COERCE", "Value is not snowflake."));

/** One of several objects, told apart by `type`. */
export function byType<
  T extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(types: readonly number[], variants: T) {
  return z.discriminatedUnion("type", variants, {
    error: (issue) =>
      issue.code === "invalid_union"
        ? says("UNION_TYPE_CHOICES", `Value of field "type" must be one of (${types.join(", ")}).`)
        : undefined,
  });
}
