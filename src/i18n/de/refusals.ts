import type { refusals as english } from "../en/refusals.ts";

export const refusals: Record<keyof typeof english, string> = {
  "refusal.paused":
    "Der Bot ist von seinem Besitzer angehalten. {when, select, unknown {Versuch es später noch einmal.} other {Er macht {when} weiter.}}",
  "refusal.no-worker":
    "Gerade läuft kein GPU-Rechner. Versuch es in einer Minute noch einmal; bleibt es so, sag dem Besitzer des Bots Bescheid.",
  "refusal.unknown-model": "Ein Modell „{model}“ gibt es hier nicht. Vorhanden: {models}.",
  "refusal.unknown-style": "Einen Stil „{style}“ gibt es hier nicht. Vorhanden: {styles}.",
  "refusal.blocked":
    "Du kannst den Bot {until, select, none {hier nicht} other {vor {until} nicht}} benutzen.{reason, select, none { } other {\nGrund: {reason}\n}}Wenn das nicht stimmt, frag die Moderation.",
  "refusal.guild-pending":
    "Dieser Server wartet noch auf die Freigabe durch den Besitzer des Bots.",
  "refusal.guild-refused": "Der Besitzer des Bots hat diesen Server nicht freigegeben.",
  "refusal.direct-messages-off":
    "Der Bot zeichnet nur auf Servern; Direktnachrichten hat sein Besitzer nicht eingeschaltet.",
  "refusal.channel":
    "In diesem Kanal darf der Bot nicht benutzt werden. {channels, select, none {} other {Versuch es in {channels}.}}",
  "refusal.role": "Der Bot ist für Mitglieder mit einer dieser Rollen: {roles}.",
  "refusal.account-age":
    "Dein Konto muss mindestens {days, plural, one {# Tag} other {# Tage}} alt sein, um den Bot hier zu benutzen.",
  "refusal.membership-age":
    "Du musst hier seit mindestens {days, plural, one {# Tag} other {# Tagen}} Mitglied sein, um den Bot zu benutzen.",
  "refusal.word":
    "Dein Text enthält etwas, das hier nicht erlaubt ist: „{word}“. Ändere ihn und versuch es noch einmal.",
  "refusal.picture-word":
    "Der Prompt dieses Bildes enthält etwas, das in diesem Kanal nicht erlaubt ist: „{word}“. Poste es dort, wo das erlaubt ist.",
  "refusal.private-off": "Private Bilder sind auf diesem Server ausgeschaltet.",
  "refusal.foreign-pictures-off":
    "Hier können nur Bilder verwendet werden, die der Bot gemacht hat.",
  "refusal.prompt-empty":
    "Der Prompt ist leer. Sag, was gezeichnet werden soll, zum Beispiel „a red apple“.",
  "refusal.size": "{width} × {height} ist größer, als hier erlaubt ist ({max} × {max}).",
  "refusal.rate": "Das war etwas schnell. Versuch es {when} noch einmal.",
  "refusal.waiting-user":
    "Von dir {count, plural, one {wartet schon # Bild} other {warten schon # Bilder}}, mehr gehen hier nicht auf einmal. Brich mit /warteschlange eines ab oder warte darauf.",
  "refusal.waiting-guild":
    "Auf diesem Server {count, plural, one {wartet schon # Auftrag} other {warten schon # Aufträge}}, mehr gehen nicht auf einmal. Versuch es, wenn einige fertig sind.",
  "refusal.quota":
    "Das ginge über {scope, select, global {die Grenze für alle zusammen} guild {die Grenze dieses Servers} guild_ceiling {die Grenze dieses Servers} guild_user {deine Grenze hier} other {deine Grenze}} für {period, select, minute {diese Minute} hour {diese Stunde} day {heute} month {diesen Monat} other {immer}}. {renews, select, never {Sie erneuert sich nicht von selbst; frag einen Admin.} other {Sie erneuert sich {renews}.}} {fits, plural, =0 {Bis dahin passt nichts mehr.} one {Etwa # gewöhnliches Bild würde noch passen.} other {Etwa # gewöhnliche Bilder würden noch passen.}}",
  "refusal.permissions":
    "Ich kann in diesem Kanal keine Bilder posten. Ich brauche hier diese Berechtigungen: {permissions}.",
  "refusal.picture-gone":
    "Dieses Bild ist nicht mehr gespeichert, und seine Nachricht zeigt es auch nicht mehr.",
  "refusal.not-yours": "Das können nur {user} oder ein Moderator.",
  "refusal.proposal-gone":
    "Diese Frage ist nicht mehr offen: Sie wurde schon beantwortet, oder es ist zu lange her. Frag neu, wenn du es noch willst.",
  "refusal.proposal-not-yours": "Das kann nur {user} beantworten.",
  "refusal.buttons-owner-only":
    "Auf diesem Server kann nur die Person, die ein Bild bestellt hat, dessen Knöpfe benutzen.",
  "refusal.forged": "Dieser Knopf ist nicht von mir, oder er ist älter als mein Schlüssel.",
  "refusal.job-ended": "Dieser Auftrag ist schon beendet.",
  "refusal.no-picture": "In dieser Nachricht ist kein Bild.",
  "refusal.upscale-max":
    "Dieses Bild ist schon {longest} Pixel lang; größer würde es nicht besser.",
};
