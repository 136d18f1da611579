/** Who is signed in on this phone, or has come by a link for one thing. */

import { computed, ref } from 'vue'
import type { Schemas, Session, Tokens } from '@shared/call'
import { forget, keep, recall } from './keep'
import { forgetKeyIfEmpty, forgetSealed, sealedNames } from './sealed'

interface Kept extends Tokens {
  person: number
}

/** A session for one thing, opened by a link and a code; it ends by itself. */
interface Narrow {
  access: string
  person: number
  /** The link that opens it again. */
  ticket: string
  /** The code it was opened with: it serves once more, for the signature. */
  code: string
}

const NAME = 'x.session'
const NARROW = 'x.link'

/** The session ended while somebody was at work; what they typed stays. */
export const lost = ref(false)
const whole = ref<number | null>(recall<Kept>(NAME)?.person ?? null)
const narrow = ref<Narrow | null>(recallNarrow())

/** Came by a link: there is this one thing and nothing else. */
export const byLink = computed(() => narrow.value !== null)
export const personId = computed(() => narrow.value?.person ?? whole.value)

export const session: Session = {
  read: () => (narrow.value ? (narrow.value.access ? { access: narrow.value.access, refresh: '' } : undefined) : recall<Kept>(NAME) ?? undefined),
  write: (tokens) => {
    if (narrow.value) keepNarrow({ ...narrow.value, access: tokens?.access ?? '' })
    else if (tokens) keep(NAME, { ...tokens, person: whole.value })
    else forget(NAME)
  },
  alone: (work) => takingTurns(work),
  // The page says so and keeps what was typed; nobody is thrown out of what they are writing.
  lost: () => {
    lost.value = personId.value !== null
    return Promise.resolve(false)
  },
}

/** Signed in as oneself; a link's session does not count. */
export function signedIn(): boolean {
  return narrow.value === null && recall<Kept>(NAME) !== null
}

export function begin(grant: Schemas['SignInGrant']): void {
  keepNarrow(null)
  whole.value = grant.person_id
  lost.value = false
  session.write({ access: grant.access_token, refresh: grant.refresh_token })
}

export function beginByLink(grant: Schemas['LinkSession'], ticket: string, code: string): void {
  lost.value = false
  keepNarrow({ access: grant.access_token, person: grant.person_id, ticket, code })
}

/** The link that leads back, and the code that it was opened with. */
export function link(): { ticket: string; code: string } | null {
  return narrow.value
}

/** The one thing is done, or left: whoever is signed in on this phone is at home again. */
export function leaveLink(): void {
  if (!narrow.value) return
  keepNarrow(null)
  lost.value = false
}

/** Signing out on purpose: nothing of this person stays on the phone. */
export function leave(): void {
  const person = whole.value
  forget(NAME)
  forget('x.lock')
  for (const name of [...sealedNames(`seen.${person}.`), ...sealedNames(`draft.${person}.`)]) forgetSealed(name)
  void forgetKeyIfEmpty()
  whole.value = null
  lost.value = false
}

/** A link's session lives as long as the window, so that a page that is read again goes on. */
function keepNarrow(next: Narrow | null): void {
  narrow.value = next
  // #ifdef H5
  if (next) window.sessionStorage.setItem(NARROW, JSON.stringify(next))
  else window.sessionStorage.removeItem(NARROW)
  // #endif
}

function recallNarrow(): Narrow | null {
  // #ifdef H5
  return JSON.parse(window.sessionStorage.getItem(NARROW) ?? 'null') as Narrow | null
  // #endif
  // #ifndef H5
  return null
  // #endif
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
