import { html } from "hono/html";

/** What an owner wants to see at a glance. */
export interface Status {
  readonly version: string;
  readonly rows: readonly {
    readonly name: string;
    readonly value: string;
    readonly isBad: boolean;
  }[];
  /** The newest first. */
  readonly lastErrors: readonly { readonly at: Date; readonly message: string }[];
}

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
  th { text-align: left; padding-right: 2rem; font-weight: 600; vertical-align: top; }
  td, th { padding-block: 0.25rem; }
  .bad { color: #d33; }
  time { opacity: 0.7; }
`;

/** The status page: no script, nothing from elsewhere, everything escaped. */
export function statusPage({ version, rows, lastErrors }: Status) {
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <meta http-equiv="refresh" content="10" />
      <title>sanabot</title>
      <style>
        ${STYLE}
      </style>
      <h1>${version}</h1>
      <table>
        ${rows.map(
          ({ name, value, isBad }) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td class="${isBad ? "bad" : ""}">${value}</td>
            </tr>`,
        )}
      </table>
      <h2>Last errors</h2>
      ${
        lastErrors.length === 0
          ? html`<p>None since the start.</p>`
          : html`<ul>
              ${lastErrors.map(
                ({ at, message }) => html`<li><time>${at.toISOString()}</time> ${message}</li>`,
              )}
            </ul>`
      }
      <p>
        <a href="/readyz">readyz</a> · <a href="/startupz">startupz</a> ·
        <a href="/metrics">metrics</a>
      </p>
    </html>`;
}
