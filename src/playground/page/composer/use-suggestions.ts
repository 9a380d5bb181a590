import { useEffect, useMemo, useState } from "preact/hooks";

import type { Place } from "../components/select-items.ts";
import { fetchChoices } from "../state/interactions.ts";
import { type Draft, type DraftField, toOptions } from "./draft.ts";
import { asksTheBot, fromChoices, type Suggestion, suggestionsFor } from "./suggest.ts";

/** After the last key before the bot is asked; Discord's clients wait about as long. */
const DEBOUNCE_MS = 250;

interface Suggestions {
  suggestions: readonly Suggestion[];
  note: string | null;
}

const NONE: readonly Suggestion[] = [];

/** What can be chosen for the field that has the keyboard: known to the page, or asked of the bot. */
export function useSuggestions(draft: Draft, field: DraftField | null, place: Place): Suggestions {
  const asked = useBotChoices(draft, field, place);
  const known = useMemo(
    () => (field === null || asksTheBot(field.option) ? NONE : suggestionsFor(field, place)),
    [field, place.world, place.guild],
  );
  if (field === null) return { suggestions: NONE, note: null };
  return asksTheBot(field.option) ? asked : { suggestions: known, note: null };
}

function useBotChoices(draft: Draft, field: DraftField | null, { world }: Place): Suggestions {
  const [answer, setAnswer] = useState<Suggestions>({ suggestions: NONE, note: null });
  const isAsked = field !== null && asksTheBot(field.option);
  const text = field?.text ?? "";
  const name = field?.option.name;
  useEffect(() => {
    if (!isAsked || name === undefined) return undefined;
    const abort = new AbortController();
    const ask = async (): Promise<void> => {
      const command = { commandId: draft.entry.commandId, options: toOptions(draft, name) };
      try {
        const choices = await fetchChoices(command, abort.signal);
        if (abort.signal.aborted) return;
        const note = choices.length === 0 ? "No options match what you typed." : null;
        setAnswer({ suggestions: fromChoices(choices, { world }), note });
      } catch {
        if (!abort.signal.aborted)
          setAnswer({ suggestions: NONE, note: "Loading options failed. Type on to try again." });
      }
    };
    const timer = setTimeout(() => void ask(), DEBOUNCE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [isAsked, name, text]);
  useEffect(() => setAnswer({ suggestions: NONE, note: "Loading options…" }), [name]);
  return answer;
}
