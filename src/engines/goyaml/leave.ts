/** Thrown where a text holds what the fast reader leaves to the full one. */
export const LEAVE = new Error('left to the full reader');
