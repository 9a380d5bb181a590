import type { problems as english } from "../en/problems.ts";

export const problems: Record<keyof typeof english, string> = {
  "problem.already-large":
    "Dieses Bild hat schon {width} × {height} Pixel; mit {wanted} wäre nichts gewonnen.",
  "problem.image-animated": "Dieses Bild ist animiert; nimm ein stehendes.",
  "problem.image-bytes": "Die Datei dieses Bildes ist größer als {mebibytes} MiB.",
  "problem.image-damaged":
    "Die Datei dieses Bildes ist beschädigt. Speichere es neu und versuch es noch einmal.",
  "problem.image-elsewhere": "Es gehen nur Bilder, die in Discord gesendet wurden.",
  "problem.image-kind": "Das ist kein Bild, das ich lesen kann. Diese gehen: {kinds}.",
  "problem.image-pixels":
    "Dieses Bild hat {width} × {height} Pixel; gelesen werden höchstens {max}.",
  "problem.prompt-length":
    "Der Prompt hat {length} Zeichen; gelesen werden höchstens {max}. Sag es kürzer.",
  "problem.invalid-option": "Diese Angabe geht nicht: {message}",
  "problem.invalid-prompt": "Dieser Prompt geht nicht: {message}",
  "problem.invalid-image": "Dieses Bild geht nicht: {message}",
  "problem.not-supported": "Das geht hier nicht: {message}",
  "problem.memory":
    "Der Grafikkarte ging der Speicher aus. Versuch es kleiner oder mit weniger Bildern.",
  "problem.model":
    "Dieses Modell kann im Moment nicht benutzt werden. Sag es dem Besitzer des Bots, in dessen Protokoll steht, warum; ein anderes Modell geht vielleicht.",
  "problem.disk":
    "Die Festplatte des Bots lässt sich nicht lesen oder beschreiben. Sag es dem Besitzer des Bots, in dessen Protokoll steht, warum.",
  "problem.network":
    "Etwas, das der Bot braucht, ließ sich nicht laden. Sag es dem Besitzer des Bots, in dessen Protokoll steht, warum.",
};
