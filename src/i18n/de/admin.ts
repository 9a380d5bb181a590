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
  "refusal.rule-unknown": "Diese Regel hat der Server nicht: „{text}“. Siehe /admin words list.",
  "refusal.ceiling":
    "Der Besitzer des Bots gibt diesem Server {credits, number} Credits {period, select, minute {pro Minute} hour {pro Stunde} day {pro Tag} month {im Monat} other {insgesamt}}; keine Grenze darin kann höher sein.",
  "refusal.guild-unknown": "Auf einem Server mit der ID {id} war der Bot noch nie.",
  "refusal.report-gone":
    "Diese Meldung wird nicht mehr aufbewahrt: Ihre Zeit war um, oder sie gehört zu einem anderen Server.",
};
