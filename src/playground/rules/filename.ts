/** What `attachment://` and the link call it: no folders, no white space, no control characters. */
export function cleanFilename(filename: string): string {
  const name = filename
    .replaceAll(/\s+/g, "_")
    .replaceAll(/[^\p{L}\p{N}._-]/gu, "")
    .replace(/^\.+/, "")
    .slice(0, 200);
  return name === "" ? "unknown" : name;
}
