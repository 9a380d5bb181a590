import type { admin as english } from "../en/admin.ts";

export const admin: Record<keyof typeof english, string> = {
  "refusal.guild-paused":
    "Ein Admin dieses Servers hat den Bot hier angehalten. Versuch es wieder, wenn er weitermacht.",
  "refusal.rule-long": "Ein Wort oder Muster darf {max} Zeichen haben; dieses hat {length}.",
  "refusal.rule-empty":
    "Darin sind keine Buchstaben oder Ziffern, nach denen gesucht werden könnte.",
  "refusal.rule-many":
    "Dieser Server hat schon {max} Regeln dieser Art, mehr dürfen es nicht sein.",
  "refusal.pattern-invalid":
    "Das ist kein regulärer Ausdruck, der hier geht: {problem}. Es gibt weder Voraus- und Zurückschau noch Rückverweise, damit jeder Text in linearer Zeit geprüft wird.",
  "refusal.pattern-large":
    "Dieses Muster ist zu groß: Es braucht {size} Schritte, erlaubt sind {max}. Wiederhole darin weniger.",
  "refusal.pattern-matches-all":
    "Dieses Muster passt auch auf einen leeren Text; es würde alles ablehnen.",
  "refusal.setting": "{name} kann nicht so eingestellt werden: {problem}.",
  "refusal.style-many": "Dieser Server hat schon {max} eigene Stile, mehr dürfen es nicht sein.",
  "refusal.style-name": "Ein Stil braucht einen Namen von 1 bis {max} Zeichen.",
  "refusal.style-template":
    "In der Vorlage muss '{prompt}' stehen, wo der Prompt hinkommt, zum Beispiel: a watercolour painting of '{prompt}'.",
  "refusal.style-long": "Vorlage und negativer Prompt dürfen je {max} Zeichen haben.",
  "refusal.style-unknown": "Dieser Server hat keinen eigenen Stil namens „{name}“.",
  "refusal.rule-unknown": "Diese Regel hat der Server nicht: „{text}“. Siehe /admin wörter liste.",
  "refusal.ceiling":
    "Der Besitzer des Bots gibt diesem Server {credits, number} Credits {period, select, minute {pro Minute} hour {pro Stunde} day {pro Tag} month {im Monat} other {insgesamt}}; keine Grenze darin kann höher sein.",
  "refusal.guild-unknown":
    "Auf einem Server mit der ID {id} war der Bot noch nie. Wähle einen aus der Liste, die sich beim Tippen öffnet.",
  "refusal.block-self": "Du kannst dich nicht selbst sperren.",
  "refusal.job-unknown":
    "Einen solchen Auftrag gibt es hier nicht. Wähle einen aus der Liste, die sich beim Tippen öffnet; ist sie leer, läuft und wartet nichts.",
  "refusal.scope-only":
    "{what, select, server {Ein Server} other {Ein Nutzer}} kann nur beim Geltungsbereich „{scope}“ genannt werden.",
  "refusal.report-gone":
    "Diese Meldung wird nicht mehr aufbewahrt: Ihre Zeit war um, oder sie gehört zu einem anderen Server.",
  "refusal.not-admin": "Das ist für Admins dieses Servers (Berechtigung „Server verwalten“).",
  "refusal.not-moderator":
    "Das ist für Moderatoren dieses Servers (Berechtigung „Mitglieder im Timeout“).",
  "refusal.not-owner": "Das ist allein für den Besitzer des Bots.",
  "refusal.target": "Nenne, für wen es gilt: ein Mitglied oder eine Rolle.",
  "refusal.limit-needed":
    "Gib an, wie viele Credits die Grenze erlaubt, oder wähle „ohne-grenze“, um sie zu entfernen: eins von beiden.",
  "refusal.reset-target":
    "Nenne das Mitglied, oder wähle „ganzer-server“, um den Verbrauch des ganzen Servers zu erlassen: eins von beiden.",
  "refusal.message-link":
    "Das ist kein Link einer Nachricht. Öffne das Menü der Nachricht, wähle „Nachrichtenlink kopieren“ und füge ihn hier ein.",
  "refusal.message-elsewhere": "Diese Nachricht ist auf einem anderen Server.",
  "refusal.not-ours": "Diese Nachricht ist nicht von mir.",
  "refusal.number": "{name}: „{written}“ ist keine ganze Zahl.",
  "refusal.range": "{name}: Wähle eine Zahl von {min, number} bis {max, number}.",
  "refusal.server-needed": "Nenne einen Server, oder gib den Befehl dort.",
  "refusal.time":
    "Gib beide Zeiten als HH:MM an, zum Beispiel 22:00 und 07:30, oder wähle nur „aus“.",
  "refusal.time-zone":
    "Eine Zeitzone „{zone}“ gibt es nicht. Schreib sie wie Europe/Berlin oder Asia/Tokyo.",
  "admin.before-after": "Vorher: {before}\nJetzt: {after}",
  "admin.same": "Unverändert: {value}",
  "admin.repeated": "Das war schon geschehen und wurde nicht noch einmal getan.",
  "admin.credits":
    "{credits, plural, one {# Credit} other {# Credits}}{pictures, plural, =-1 {} =0 { (weniger als ein gewöhnliches Bild)} one { (etwa # gewöhnliches Bild)} other { (etwa # gewöhnliche Bilder)}}",
  "admin.no-limit": "keine Grenze",
  "admin.on": "an",
  "admin.off": "aus",
  "admin.not-blocked": "darf den Bot benutzen",
  "admin.blocked":
    "gesperrt {until, select, none {bis jemand es aufhebt} other {(endet {until})}}{reason, select, none {} other {: {reason}}}",
  "admin.target-guild": "dieser Server",
  "admin.target-everyone": "jedes Mitglied",
  "admin.limit-title":
    "Grenze {period, select, minute {pro Minute} hour {pro Stunde} day {pro Tag} month {im Monat} other {insgesamt}}: {target}",
  "admin.role-limit":
    "Jedes Mitglied mit der Rolle hat diese Grenze; von mehreren Rollen zählt die großzügigste.",
  "admin.grant-title": "Credits über die Grenzen hinaus: {target}",
  "admin.grant-expires":
    "{when, select, never {Sie verfallen nicht.} other {Sie verfallen {when}.}} Sie werden verbraucht, wenn eine Grenze keinen Platz mehr hat.",
  "admin.grant-role":
    "Mitglieder mit der Rolle teilen sie sich. {when, select, never {Sie verfallen nicht.} other {Sie verfallen {when}.}}",
  "admin.reset-title": "Bisheriger Verbrauch: {target}",
  "admin.reset-remark": "Was gerade gezeichnet wird, zählt noch, ebenso die Grenzen des Besitzers.",
  "admin.exempt-title": "Frei von Grenzen: {target}",
  "admin.exempt-remark": "Von den Grenzen dieses Servers; die des Besitzers zählen weiter.",
  "admin.quota-title": "Was gilt: {target}",
  "admin.own-limit":
    "Grenze {period, select, minute {pro Minute} hour {pro Stunde} day {pro Tag} month {im Monat} other {insgesamt}}: {limit}",
  "admin.ceiling":
    "Der Besitzer des Bots gibt dem ganzen Server {period, select, minute {pro Minute} hour {pro Stunde} day {pro Tag} month {im Monat} other {insgesamt}}: {limit}",
  "admin.is-exempt": "Frei von den Grenzen dieses Servers",
  "admin.grant-line": "Dazu: {credits}{when, select, never {} other {, verfällt {when}}}",
  "admin.window":
    "{scope, select, global {Alle zusammen} guild_ceiling {Vom Besitzer für diesen Server} guild {Dieser Server} guild_user {Hier} other {Überall}}, {period, select, minute {diese Minute} hour {diese Stunde} day {heute} month {diesen Monat} other {insgesamt}}: {used} von {limit}{renews, select, never {} other {, erneuert sich {renews}}}",
  "admin.nothing-limits": "Hier ist nichts begrenzt.",
  "admin.history-title": "Buchungen: {target}",
  "admin.history-empty": "Noch keine Buchungen.",
  "admin.export-lines": "{count, plural, one {# Buchung} other {# Buchungen}}, die älteste zuerst",
  "admin.ledger-line":
    "{when}: {kind, select, hold {vorgemerkt} settle {berechnet} release {zurückgegeben} reset {erlassen} grant {geschenkt} expire {verfallen} other {{kind}}} {credits, number}{user, select, none {} other { · {user}}}{actor, select, none {} other { durch {actor}}}",
  "admin.block-title": "Benutzung des Bots durch {user}",
  "admin.channel-title": "Der Bot in {channel}",
  "admin.channel-allowed": "erlaubt",
  "admin.channel-denied": "verboten",
  "admin.channel-none": "keine Regel",
  "admin.channel-remark":
    "Sobald ein Kanal erlaubt ist, darf der Bot nur in erlaubten benutzt werden.",
  "admin.channels-title": "Wo der Bot benutzt werden darf",
  "admin.channels-empty": "Überall.",
  "admin.role-title": "Der Bot für {role}",
  "admin.role-remark":
    "Sobald eine Rolle erlaubt ist, ist der Bot nur für Mitglieder mit einer erlaubten Rolle.",
  "admin.roles-title": "Wer den Bot benutzen darf",
  "admin.roles-empty": "Alle.",
  "admin.word-title": "Regel {text}",
  "admin.word-none": "keine Regel",
  "admin.word-is-word": "abgelehnt als ganzes Wort: {text}",
  "admin.word-is-pattern": "abgelehnt als Muster: {text}",
  "admin.words-title": "Was hier in Prompts nicht stehen darf",
  "admin.words-patterns": "Muster: {patterns}",
  "admin.words-more": "{count, plural, one {und # weitere} other {und # weitere}}",
  "admin.words-empty": "Dieser Server hat keine eigenen Regeln.",
  "admin.words-starter": "Dazu gilt außerhalb altersbeschränkter Kanäle eine eingebaute Liste.",
  "admin.test-title": "Prüfung",
  "admin.test-allowed": "Dieser Text wäre erlaubt.",
  "admin.test-refused":
    "Dieser Text würde abgelehnt: {found}, durch {source, select, builtin {die eingebaute Liste} pattern {das Muster {rule}} other {das Wort {rule}}}.",
  "admin.test-open": "Geprüft wie in einem Kanal für alle.",
  "admin.test-restricted": "Geprüft wie in einem altersbeschränkten Kanal.",
  "admin.pause-title": "Pause auf diesem Server",
  "admin.pause-remark":
    "Was schon wartet, wird noch gezeichnet; /admin warteschlange leeren bricht es ab.",
  "admin.clear-title": "Warteschlange dieses Servers",
  "admin.waiting":
    "{count, plural, =0 {nichts wartet} one {# Auftrag wartet} other {# Aufträge warten}}",
  "admin.clear-remark":
    "Berechnet wurde dafür nichts. Was gerade gezeichnet wird, läuft weiter; /admin warteschlange abbrechen bricht es ab.",
  "admin.cancel-title": "Auftrag von {user}",
  "admin.job-state":
    "{state, select, waiting {wartet} running {wird gezeichnet} cancelled {abgebrochen} other {{state}}}",
  "admin.style-title": "Stil {name}",
  "admin.style-none": "keiner",
  "admin.styles-title": "Stile, die es hier gibt",
  "admin.delete-title": "Nachricht",
  "admin.deleted": "gelöscht mitsamt ihren Bildern",
  "admin.usage-title": "Nutzung der letzten {count, plural, one {# Tages} other {# Tage}}",
  "admin.usage-pictures": "Bilder",
  "admin.usage-credits": "Credits",
  "admin.usage-waiting": "mittlere Wartezeit in Sekunden",
  "admin.usage-top": "Die meisten Credits",
  "admin.usage-nothing": "Nichts wurde gezeichnet.",
  "admin.usage-summary": "{count, plural, =0 {Keine Bilder} one {# Bild} other {# Bilder}}",
  "admin.usage-remark": "Tage nach der Zeitzone dieses Servers, {zone}.",
  "admin.audit-title": "Änderungen, Seite {page, number}",
  "admin.audit-empty": "Nichts auf dieser Seite.",
  "admin.audit-line":
    "{when} {actor}: {action} {target}: {same, select, yes {unverändert, {after}} other {{before} → {after}}}{reason, select, none {} other { ({reason})}}",
};
