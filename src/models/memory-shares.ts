/** The smallest card that the makers of Sana name, in bytes; taken where the card cannot be asked. */
export const ASSUMED_CARD_BYTES = 8e9;
/** Of a card, what the text encoder may take of it: the rest has the transformer and the decoder beside it. */
export const TEXT_CARD_SHARE = 0.4;
/** Of the machine's memory, what the text encoder may take in float32; a larger one is kept in 8 bits. */
export const TEXT_MEMORY_SHARE = 0.6;
