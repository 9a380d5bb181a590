import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { UserError } from "../errors.ts";
import { PLAYGROUND_TOKEN } from "./token.ts";

export interface StartOptions {
  port: number;
  host: string;
  dataDir: string;
  /** The bot's own server, without a slash at its end. */
  botHttp: string;
  /** It ended without being told to. */
  onExit: () => void;
}

/** The playground as a process of its own. */
export interface StartedPlayground {
  /** For people: `http://localhost:3000`. */
  address: string;
  /** For the bot's REST client. */
  apiBase: string;
  token: string;
  /** May be called twice. */
  stop(): Promise<void>;
}

/** Between its start and its address, and between the wish to stop and the end, in ms. */
const START_MS = 20_000;
const STOP_MS = 5000;

/**
 * Starts the playground in a process of its own, which ends with this one.
 *
 * @throws {UserError} `network` or `disk` in the playground's own words, or when it does not start in time.
 */
export async function startPlayground(options: StartOptions): Promise<StartedPlayground> {
  const { port, host, dataDir, botHttp, onExit } = options;
  const child = fork(
    join(import.meta.dirname, "main.ts"),
    ["--port", String(port), "--host", host, "--data", dataDir, "--bot-http", botHttp],
    { stdio: ["ignore", "inherit", "pipe", "ipc"], execArgv: [] },
  );
  const origin = await originOf(child);
  let isStopping = false;
  child.once("exit", () => {
    if (!isStopping) onExit();
  });
  return {
    address: origin.replace("//127.0.0.1:", "//localhost:"),
    apiBase: `${origin}/api`,
    token: PLAYGROUND_TOKEN,
    stop: async () => {
      isStopping = true;
      await stop(child);
    },
  };
}

async function originOf(child: ChildProcess): Promise<string> {
  let complaint = "";
  let isReady = false;
  child.stderr?.setEncoding("utf8");
  // What it says before it is ready becomes the error's reason; later it goes where ours does.
  child.stderr?.on("data", (text: string) => {
    if (isReady) process.stderr.write(text);
    else complaint = (complaint + text).slice(-2000);
  });
  const ready = once(child, "message", { signal: AbortSignal.timeout(START_MS) });
  const ended = once(child, "exit").then(() => null);
  const message = await Promise.race([ready, ended]).catch(() => null);
  const [first] = (message ?? []) as { address?: string }[];
  isReady = first?.address !== undefined;
  if (first?.address !== undefined) return first.address;
  child.kill("SIGKILL");
  const reason = complaint.trim() === "" ? "It gave no reason." : complaint.trim();
  throw new UserError("network", `The playground did not start. ${reason}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timeout = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timeout);
}
