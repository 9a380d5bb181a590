import { h, type JSX } from "preact";

interface Person {
  id: string;
  username: string;
  global_name?: string | null;
  bot?: boolean;
}

/** Of the bot's own picture: petals around a point, a brush's dab of each colour. */
const PETALS = ["#ff8a5c", "#ffd166", "#5fd3a2", "#5bb8ff", "#a78bfa", "#ff7eb6"] as const;

/** A picture of somebody, drawn from the id alone; decorative, since the name always stands beside it. */
export function avatar(person: Person, size = 40): JSX.Element {
  return h(
    "svg",
    { class: "avatar", width: size, height: size, viewBox: "0 0 40 40", "aria-hidden": "true" },
    person.bot === true ? botPicture() : initial(person),
  );
}

function initial(person: Person): JSX.Element[] {
  const hue = hueOf(person.username);
  const letter = firstLetter(person.global_name ?? person.username);
  return [
    h("circle", { cx: 20, cy: 20, r: 20, fill: `hsl(${hue} 50% 40%)` }),
    h("text", { x: 20, y: 26.5, "text-anchor": "middle", class: "avatar-letter" }, letter),
  ];
}

function botPicture(): JSX.Element[] {
  return [
    h("circle", { cx: 20, cy: 20, r: 20, fill: "#251f47" }),
    ...PETALS.map((fill, index) =>
      h("ellipse", {
        cx: 20,
        cy: 12.4,
        rx: 4.1,
        ry: 6.6,
        fill,
        transform: `rotate(${index * 60} 20 20)`,
      }),
    ),
    h("circle", { cx: 20, cy: 20, r: 3.6, fill: "#fffaf0" }),
  ];
}

/** Up to two letters that stand for a guild. */
export function guildInitials(name: string): string {
  return name.split(/\s+/).slice(0, 2).map(firstLetter).join("");
}

function firstLetter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0x3f).toUpperCase();
}

/** A hue in degrees that is the same for a name each time; the playground's own people are 28 degrees apart at least. */
function hueOf(name: string): number {
  let hash = 0;
  for (const letter of name) hash = (hash * 37 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return hash % 360;
}
