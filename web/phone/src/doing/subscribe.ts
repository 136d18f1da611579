/** Asks WeChat, at the moment somebody has just done something, whether we may remind them next time. */

export type Occasion = 'contact' | 'signing' | 'check_in' | 'todo'

/** One acceptance allows one message, so the moment is asked each time; a no is a no and changes nothing. */
export function askToRemind(_occasion: Occasion): void {}
