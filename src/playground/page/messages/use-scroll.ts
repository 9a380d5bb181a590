import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { ClientMessage } from "../../client-api.ts";
import { loadOlder } from "../state/logs.ts";
import { report } from "../state/session.ts";

/** Nearer to the end than this, in CSS pixels, the reader follows what comes. */
const END_PX = 60;
/** Nearer to the top than this, older messages are fetched. */
const TOP_PX = 600;

interface Scroll {
  scroller: { current: HTMLDivElement | null };
  content: { current: HTMLDivElement | null };
  /** New messages below what is shown. */
  unseen: number;
  onScroll: () => void;
  toEnd: () => void;
}

/**
 * Keeps the reader's place: at the end while there, whatever grows; else on the same message, whether others are put
 * before it or change their height.
 */
export function useScroll(
  channelId: string,
  { messages, ownActions }: { messages: readonly ClientMessage[]; ownActions: number },
): Scroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const lastTop = useRef(0);
  const lastSeen = useRef<string | undefined>(undefined);
  const [unseen, setUnseen] = useState(0);

  const toEnd = useCallback(() => {
    const box = scroller.current;
    if (box === null) return;
    isAtEnd.current = true;
    box.scrollTop = box.scrollHeight;
    setUnseen(0);
  }, []);

  useLayoutEffect(() => {
    lastSeen.current = undefined;
    toEnd();
  }, [channelId]);

  // Who writes or uses a command wants to see what comes of it.
  useLayoutEffect(toEnd, [ownActions]);

  useLayoutEffect(() => {
    if (isAtEnd.current) {
      toEnd();
      lastSeen.current = messages.at(-1)?.id;
      return;
    }
    setUnseen(countAfter(messages, lastSeen.current));
  }, [messages]);

  useFollow({ scroller, content, isAtEnd });
  useOlder({ scroller, channelId, messages });

  const onScroll = useCallback(() => {
    const box = scroller.current;
    if (box === null) return;
    const isNear = box.scrollHeight - box.scrollTop - box.clientHeight < END_PX;
    // What grows below also takes the end away; only the reader going up gives it up.
    isAtEnd.current = isNear || (isAtEnd.current && box.scrollTop >= lastTop.current - 1);
    lastTop.current = box.scrollTop;
    if (isAtEnd.current) {
      lastSeen.current =
        content.current?.querySelector<HTMLElement>("li:last-child [data-message-id]")?.dataset[
          "messageId"
        ] ?? lastSeen.current;
      setUnseen(0);
    }
    if (box.scrollTop < TOP_PX) void loadOlder(channelId).catch(report);
  }, [channelId]);

  return { scroller, content, unseen, onScroll, toEnd };
}

function countAfter(messages: readonly ClientMessage[], lastSeen: string | undefined): number {
  const index = messages.findIndex(({ id }) => id === lastSeen);
  return index < 0 ? 0 : messages.length - 1 - index;
}

/** Pictures that load and messages that are edited change heights without any message coming. */
function useFollow({
  scroller,
  content,
  isAtEnd,
}: Pick<Scroll, "scroller" | "content"> & { isAtEnd: { current: boolean } }): void {
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const box = scroller.current;
      if (box !== null && isAtEnd.current) box.scrollTop = box.scrollHeight;
    });
    for (const element of [scroller.current, content.current])
      if (element !== null) observer.observe(element);
    return () => observer.disconnect();
  }, []);
}

/** Keeps the place when older messages come above, also where the browser has no scroll anchoring. */
function useOlder({
  scroller,
  channelId,
  messages,
}: Pick<Scroll, "scroller"> & { channelId: string; messages: readonly ClientMessage[] }): void {
  const before = useRef({ channelId, first: messages[0]?.id, fromEnd: 0 });
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const first = messages[0]?.id;
    const isPrepended =
      before.current.channelId === channelId &&
      before.current.first !== undefined &&
      first !== before.current.first &&
      messages.some(({ id }) => id === before.current.first);
    if (isPrepended) box.scrollTop = box.scrollHeight - before.current.fromEnd;
    before.current = { channelId, first, fromEnd: box.scrollHeight - box.scrollTop };
  }, [messages, channelId]);
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return undefined;
    const keep = (): void => {
      before.current.fromEnd = box.scrollHeight - box.scrollTop;
    };
    box.addEventListener("scroll", keep, { passive: true });
    return () => box.removeEventListener("scroll", keep);
  }, []);
}
