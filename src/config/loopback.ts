import { isIP } from "node:net";

/** Whether an address that is listened on, or the name of an address that is asked, is this machine's own alone. */
export function isLoopback(name: string): boolean {
  return (
    ["localhost", "::1", "[::1]"].includes(name) || (isIP(name) === 4 && name.startsWith("127."))
  );
}

/**
 * What a `Host` header calls the server, without the port. A page elsewhere in the owner's browser can reach loopback by a
 * name of its own that resolves to 127.0.0.1 (DNS rebinding): this name gives it away.
 */
export function nameInHost(header: string): string {
  return header.replace(/:\d+$/, "").toLowerCase();
}
