import type { replies as english } from "../en/replies.ts";

export const replies: Record<keyof typeof english, string> = {
  "permission.viewChannel": "Kanal ansehen",
  "permission.sendMessages": "Nachrichten senden",
  "permission.embedLinks": "Links einbetten",
  "permission.attachFiles": "Dateien anhängen",
  "permission.readMessageHistory": "Nachrichtenverlauf lesen",
  "permission.sendMessagesInThreads": "Nachrichten in Threads senden",
  "approval.waits":
    "**{name}** (`{id}`) hat den Bot hinzugefügt und wartet auf deine Freigabe. Bis dahin kann dort niemand zeichnen.",
  "approval.approve": "Freigeben",
  "approval.refuse": "Ablehnen",
  "approval.done":
    "Server {server} {state, select, approved {ist ab jetzt freigegeben} other {ist abgelehnt}}. Ändern kannst du das mit /besitzer server.",
  "reply.apology":
    "Bei mir ist etwas schiefgegangen; berechnet wurde nichts. Passiert es wieder, gib dem Besitzer des Bots diese Nummer: {id}",
  "reply.unknown-command":
    "Diesen Befehl kenne ich nicht mehr. Lade Discord neu und versuch es noch einmal.",
  "reply.begun": "Ich lese deinen Prompt …",
  "reply.favourite-on": "⭐ Zu deinen Favoriten hinzugefügt. Du siehst sie mit /verlauf.",
  "reply.favourite-off": "Aus deinen Favoriten entfernt.",
  "reply.favourite-which": "Welches Bild?",
  "delete.title": "Diese Karte löschen?",
  "delete.text":
    "Die Karte und ihre Bilder werden für alle gelöscht, auch aus /verlauf. Das lässt sich nicht rückgängig machen.",
  "delete.text-one":
    "Diese Karte und ihr Bild werden für alle gelöscht, auch aus /verlauf. Andere Karten, die es zeigen, bleiben. Das lässt sich nicht rückgängig machen.",
  "hint.built-in-model":
    "Das ist das kleine eingebaute Modell: Es zeichnet, was ein Emoji hat, Alltägliches am besten. Für richtige Bilder führt der Besitzer des Bots `npx sanabot models recommend` aus.",
  "hint.english-prompts":
    "Tipp: {model} versteht Englisch am besten. Englische Prompts geben bessere Bilder.",
};
