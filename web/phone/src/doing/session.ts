/** Who is signed in on this phone. */

import { ref } from 'vue'
import type { Schemas, Session, Tokens } from '@shared/call'
import { forget, keep, kept, recall } from './keep'

interface Kept extends Tokens {
  person: number
}

const NAME = 'x.session'

/** The session ended while somebody was at work; what they typed stays. */
export const lost = ref(false)
export const personId = ref<number | null>(recall<Kept>(NAME)?.person ?? null)

export const session: Session = {
  read: () => recall<Kept>(NAME) ?? undefined,
  write: (tokens) => {
    if (tokens) keep(NAME, { ...tokens, person: personId.value })
    else forget(NAME)
  },
  alone: (work) => takingTurns(work),
  // The page says so and keeps what was typed; nobody is thrown out of what they are writing.
  lost: () => {
    lost.value = personId.value !== null
    return Promise.resolve(false)
  },
}

export function signedIn(): boolean {
  return session.read() !== undefined
}

export function begin(grant: Schemas['SignInGrant']): void {
  personId.value = grant.person_id
  lost.value = false
  session.write({ access: grant.access_token, refresh: grant.refresh_token })
}

/** Signing out on purpose: nothing of this person stays but what was not sent yet. */
export function leave(): void {
  const person = personId.value
  forget(NAME)
  forget('x.lock')
  for (const name of [...kept(`seen.${person}.`), ...kept(`draft.${person}.`)]) forget(name)
  personId.value = null
  lost.value = false
}

let turn: Promise<unknown> = Promise.resolve()

/** A refresh token serves once: calls of this window, and windows of one browser, take turns. */
function takingTurns<T>(work: () => Promise<T>): Promise<T> {
  // #ifdef H5
  if (navigator.locks) return navigator.locks.request('xiangban-session', work) as Promise<T>
  // #endif
  const mine = turn.then(work, work)
  turn = mine.catch(() => undefined)
  return mine
}
