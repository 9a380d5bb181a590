import { resolve } from "node:path";

import { Command, InvalidArgumentError } from "commander";

import { UserError } from "../errors.ts";
import { createLogger } from "../log.ts";
import { servePlayground } from "./server.ts";

/** What the parent process is told. */
export interface PlaygroundReady {
  type: "ready";
  address: string;
}

interface Arguments {
  port: number;
  host: string;
  data: string;
  botHttp?: string;
  control: boolean;
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
}

const command = new Command("playground")
  .description("Discord on this machine, to try the bot without an account there")
  .option("--port <number>", "0 takes any free one", portOf, 3000)
  .option("--host <address>", "the address to listen on", "127.0.0.1")
  .option("--data <dir>", "where its messages and files are kept", "data/playground")
  .option("--bot-http <url>", "where the bot serves its health, metrics and originals")
  .option("--control", "opens /control, by which tests move the clock and make faults", false);

async function main(): Promise<void> {
  const { port, host, data, botHttp, control } = command.parse().opts<Arguments>();
  const playground = await servePlayground({
    port,
    host,
    dataDir: resolve(data),
    botHttp: botHttp ?? null,
    control,
    log: createLogger("warn"),
  });
  const stop = (): void => {
    void playground.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  if (process.send === undefined) {
    process.on("SIGINT", stop);
    process.stdout.write(`Playground: ${playground.origin}\n`);
    return;
  }
  // With its parent gone there is nobody to play with. Ctrl-C reaches both: the parent still needs Discord to stop in order.
  process.on("disconnect", stop);
  process.on("SIGINT", () => undefined);
  const ready: PlaygroundReady = { type: "ready", address: playground.origin };
  process.send(ready);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
