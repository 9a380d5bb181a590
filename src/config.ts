import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { config as readDotenv } from "dotenv";
import { z } from "zod";

import packageJson from "../package.json" with { type: "json" };
import { UserError } from "./errors.ts";

/** The folder of package.json: what ships with the project is found from any working directory. */
export const PROJECT_DIR = fileURLToPath(new URL("..", import.meta.url));

/** Name and version of this program, as it signs its pictures. */
export const SOFTWARE = `${packageJson.name} ${packageJson.version}`;

export const PROVIDERS = ["auto", "cpu", "cuda", "dml", "webgpu"] as const;
export const PRECISIONS = ["auto", "fp32", "fp16", "int8"] as const;
const MEMORY_POLICIES = ["auto", "all", "sequential"] as const;
/** What `UPSCALER` may be besides a path. */
export const UPSCALERS = ["esrgan-thick", "esrgan-medium", "esrgan-slim", "lanczos"] as const;
const ROLES = ["all", "gateway", "worker"] as const;
const DATABASES = ["pglite", "embedded"] as const;
const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

const MAX_PORT = 65_535;
const webAddress = z.url({ protocol: /^https?$/ });
const UPSCALER_WORDS = `one of ${UPSCALERS.join(", ")}, or the path of an .onnx file`;

const UNLOAD_WORDS = "a number of minutes from 0 (never) to 10080 (a week)";

const environmentSchema = z.object({
  DISCORD_TOKEN: z.string().optional(),
  DISCORD_TOKEN_FILE: z.string().optional(),
  DISCORD_API_BASE: webAddress.default("https://discord.com/api"),
  DEV_GUILD_ID: z
    .string()
    .regex(/^\d{15,20}$/, "a server's id, a number of 15 to 20 digits")
    .optional(),
  CUDA_VISIBLE_DEVICES: z.string().default("0"),
  ROLE: z.enum(ROLES).default("all"),
  PORT: z.coerce
    .number("a port from 0 to 65535")
    .int("a port from 0 to 65535")
    .min(0, "a port from 0 to 65535")
    .max(MAX_PORT, "a port from 0 to 65535")
    .default(3000),
  HOST: z.string().default("127.0.0.1"),
  PUBLIC_URL: webAddress.optional(),
  MODEL: z.string().default("emoji"),
  MODELS_DIR: z.string().optional(),
  DATA_DIR: z.string().optional(),
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: "an address such as postgres://user:password@host/sanabot",
    })
    .optional(),
  DATABASE: z.enum(DATABASES).default("pglite"),
  MEMORY: z.enum(MEMORY_POLICIES).default("auto"),
  UNLOAD_AFTER_MINUTES: z.coerce
    .number({ error: UNLOAD_WORDS })
    .min(0, UNLOAD_WORDS)
    .max(10_080, UNLOAD_WORDS)
    .default(30),
  PROVIDER: z.enum(PROVIDERS).default("auto"),
  PRECISION: z.enum(PRECISIONS).default("auto"),
  UPSCALER: z
    .union(
      [
        z.enum(UPSCALERS),
        z
          .string()
          .endsWith(".onnx")
          .transform((path) => resolve(path)),
      ],
      {
        error: UPSCALER_WORDS,
      },
    )
    .optional(),
  HF_ENDPOINT: z.url({ protocol: /^https?$/ }).default("https://huggingface.co"),
  HF_TOKEN: z.string().optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS).optional(),
});

/** Every variable that is read; .env.example explains them. */
export const ENVIRONMENT_NAMES: readonly string[] = Object.keys(environmentSchema.shape);

/** What the owner set; DESIGN.md section 5, "Environment". */
export interface Config {
  /** Undefined: the playground takes Discord's place. */
  discordToken: string | undefined;
  /** Without a slash at its end, and without the version. */
  discordApiBase: string;
  /** Commands are registered in this server alone, where they appear at once. */
  devGuildId: string | undefined;
  role: (typeof ROLES)[number];
  /** NVIDIA's own variable: which of several GPUs this process has. */
  gpu: string;
  /** 0: any free one. */
  port: number;
  /** The network interface that pages are served on; loopback unless the owner opens it. */
  host: string;
  /** How others reach our pages; without it no links to originals are given. Without a slash at its end. */
  publicUrl: string | undefined;
  /** A name under `modelsDir` or among the embedded models, or a folder. */
  model: string;
  modelsDir: string;
  dataDir: string;
  /** A PostgreSQL database, which several processes can share. Undefined: an embedded one under `dataDir`. */
  databaseUrl: string | undefined;
  /** Which embedded one: PGlite in this process, or a PostgreSQL server that this process starts. */
  database: (typeof DATABASES)[number];
  memory: (typeof MEMORY_POLICIES)[number];
  /** Minutes without work after which the inference process frees its networks; 0: never. */
  unloadAfterMinutes: number;
  provider: (typeof PROVIDERS)[number];
  precision: (typeof PRECISIONS)[number];
  /** What enlarges pictures: a network's name, the absolute path of an .onnx file, or undefined for the default. */
  upscaler: string | undefined;
  /** Without a slash at its end. */
  hfEndpoint: string;
  hfToken: string | undefined;
  /** Undefined: each role has its own default. */
  logLevel: (typeof LOG_LEVELS)[number] | undefined;
}

/**
 * Reads the configuration from the environment; a `.env` file in the working directory adds what is not set there.
 *
 * @throws {UserError} `invalid_config` naming each bad variable and its allowed values.
 */
export function loadConfig(): Config {
  const fromFile: Record<string, string> = {};
  const { error } = readDotenv({ processEnv: fromFile, quiet: true });
  if (error !== undefined && !("code" in error && error.code === "ENOENT")) {
    throw new UserError("invalid_config", `The file .env cannot be read: ${error.message}`, {
      cause: error,
    });
  }
  const environment = { ...fromFile, ...process.env };
  nameCards(environment);
  const config = parseConfig(environment);
  if ((environment["MODEL"] ?? "").trim() !== "") return config;
  return { ...config, model: readSettings(config.dataDir).model ?? config.model };
}

/**
 * CUDA reads its variables from the process, here and in children, and would count cards by their speed; nvidia-smi, by
 * which memory is planned, counts them by their bus.
 */
function nameCards({ CUDA_VISIBLE_DEVICES: visible = "" }: NodeJS.ProcessEnv): void {
  process.env["CUDA_DEVICE_ORDER"] ??= "PCI_BUS_ID";
  if (visible.trim() !== "") process.env["CUDA_VISIBLE_DEVICES"] = visible;
}

/** What commands remember in DATA_DIR; the environment wins over it. */
export interface Settings {
  /** The model that `models use` chose: a name, or a folder's absolute path. */
  model?: string | undefined;
}

const SETTINGS_NAME = "settings.json";
const settingsSchema = z.object({ model: z.string().min(1).optional() });

/** @throws {UserError} `invalid_config` when the file is there and cannot be understood. */
export function readSettings(dataDir: string): Settings {
  const path = resolve(dataDir, SETTINGS_NAME);
  try {
    return settingsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause) {
      if (cause.code === "ENOENT") return {};
      const message = `${path} cannot be read: ${cause.message}. Check DATA_DIR.`;
      throw new UserError("invalid_config", message, { cause });
    }
    throw new UserError(
      "invalid_config",
      `The file ${path} cannot be understood. Delete it, then choose the model again with \`sanabot models use\`.`,
      { cause },
    );
  }
}

/** @throws {UserError} `disk` when the file cannot be written. */
export function writeSettings(dataDir: string, settings: Settings): void {
  const path = resolve(dataDir, SETTINGS_NAME);
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(`${path}.tmp`, `${JSON.stringify(settings, null, 2)}\n`);
    renameSync(`${path}.tmp`, path);
  } catch (cause) {
    throw new UserError("disk", `${path} cannot be written. Check DATA_DIR.`, { cause });
  }
}

/**
 * Parses environment variables; an empty one counts as not set.
 *
 * @throws {UserError} `invalid_config`; see {@link loadConfig}.
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.entries(environment).filter(
    ([, value]) => value !== undefined && value.trim() !== "",
  );
  const parsed = environmentSchema.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw new UserError("invalid_config", describe(parsed.error, environment));
  const { data } = parsed;
  const dataDir =
    data.DATA_DIR === undefined ? resolve(PROJECT_DIR, "data") : resolve(data.DATA_DIR);
  return {
    discordToken: tokenOf(data),
    discordApiBase: withoutSlash(data.DISCORD_API_BASE),
    devGuildId: data.DEV_GUILD_ID,
    role: data.ROLE,
    gpu: data.CUDA_VISIBLE_DEVICES,
    port: data.PORT,
    host: data.HOST,
    publicUrl: data.PUBLIC_URL === undefined ? undefined : withoutSlash(data.PUBLIC_URL),
    model: data.MODEL,
    modelsDir:
      data.MODELS_DIR === undefined ? resolve(dataDir, "models") : resolve(data.MODELS_DIR),
    dataDir,
    databaseUrl: data.DATABASE_URL,
    database: data.DATABASE,
    memory: data.MEMORY,
    unloadAfterMinutes: data.UNLOAD_AFTER_MINUTES,
    provider: data.PROVIDER,
    precision: data.PRECISION,
    upscaler: data.UPSCALER,
    hfEndpoint: withoutSlash(data.HF_ENDPOINT),
    hfToken: data.HF_TOKEN,
    logLevel: data.LOG_LEVEL,
  };
}

/** A secret file, as Docker and systemd mount them, wins over a variable that is set by mistake as well. */
function tokenOf(data: z.infer<typeof environmentSchema>): string | undefined {
  const { DISCORD_TOKEN: token, DISCORD_TOKEN_FILE: path } = data;
  if (path === undefined) return token?.trim();
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new UserError(
      "invalid_config",
      `The file ${path} that DISCORD_TOKEN_FILE names cannot be read.`,
      { cause },
    );
  }
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, "");
}

function describe(
  error: z.ZodError,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const sentences = error.issues.map((issue) => {
    const name = String(issue.path[0]);
    // An address may hold a password, which has no place in a log.
    const isSecret = name === "DATABASE_URL";
    const given = isSecret ? "" : ` is ${JSON.stringify(environment[name])}; it`;
    return `${name}${given} must be ${allowed(issue)}.`;
  });
  return sentences.join("\n");
}

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `one of ${issue.values.join(", ")}`;
  if (issue.code === "invalid_format" && issue.format === "url" && issue.path[0] !== "DATABASE_URL")
    return "an address that begins with https:// or http://";
  return issue.message;
}
