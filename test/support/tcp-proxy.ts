import { connect, createServer, type Server, type Socket } from "node:net";

/** What becomes of bytes: they pass, they vanish, or nobody is there. */
export type Weather = "fair" | "black hole" | "refused";

/** A line to a server that can be cut in the ways in which networks fail. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #weather: Weather = "fair";
  /** Milliseconds that bytes take in each direction. */
  delayMs = 0;
  port = 0;

  private constructor(target: { host: string; port: number }) {
    this.#server = createServer((near) => {
      if (this.#weather === "refused") near.resetAndDestroy();
      else this.#join(near, connect(target));
    });
  }

  static async to(target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((done) => {
      proxy.#server.listen(0, "127.0.0.1", done);
    });
    const address = proxy.#server.address();
    if (address === null || typeof address === "string") throw new Error("The proxy has no port");
    proxy.port = address.port;
    return proxy;
  }

  /** A black hole swallows what is on its way on old connections and new ones, and closes none. */
  set weather(weather: Weather) {
    this.#weather = weather;
    if (weather === "refused") this.reset();
  }

  /** Breaks every connection with a RST. */
  reset(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise((done) => {
      this.#server.close(done);
    });
  }

  #join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (bytes) => {
        if (this.#weather !== "fair") return;
        if (this.delayMs === 0) to.write(bytes);
        else setTimeout(() => to.write(bytes), this.delayMs);
      });
      from.on("close", end);
      from.on("error", end);
    }
  }
}
