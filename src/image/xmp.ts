import { RECIPE_KEY, recipeToJson, type Recipe } from "./recipe.ts";

const NAMESPACE = "https://sanabot.invalid/ns/recipe/1.0/";
const PROPERTY = `${RECIPE_KEY}:recipe`;
/** Programs that save a packet again may turn the element into an attribute of its Description. */
const WRITTEN = new RegExp(`${PROPERTY}(?:>([^<]{1,400000})<|="([^"]{1,400000})")`);

/** An XMP packet with the recipe as one property (ISO 16684-1). */
export function recipeToXmp(recipe: Recipe): string {
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    `<rdf:Description rdf:about="" xmlns:${RECIPE_KEY}="${NAMESPACE}">`,
    `<${PROPERTY}>${escapeXml(recipeToJson(recipe))}</${PROPERTY}>`,
    "</rdf:Description></rdf:RDF></x:xmpmeta>",
    '<?xpacket end="r"?>',
  ].join("");
}

/** The JSON inside a packet, or null. */
export function recipeJsonFromXmp(xmp: string): string | null {
  const found = WRITTEN.exec(xmp);
  const text = found?.[1] ?? found?.[2];
  return text === undefined ? null : unescapeXml(text);
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function unescapeXml(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#34;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&#39;", "'")
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}
