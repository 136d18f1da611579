/**
 * What was written without signal, or is on its way.
 *
 * ```text
 * waiting ──▶ sending ──▶ (gone: stored once, whatever was sent twice)
 *    ▲           ├──▶ waiting   no signal, session lost, server busy
 *    └── again ──┴──▶ refused   kept with the reason until a person decides
 * ```
 */

import { computed, ref } from 'vue'
import type { AnswerOf } from '@shared/call'
import { call } from './call'
import { mayPass, told, type Told } from './faults'
import { forgetSealed, keepSealed, ready, recallSealed, written } from './sealed'
import { byLink, personId } from './session'

export type QueuedPath = '/check-ins' | '/contacts' | '/reports'

export interface Waiting {
  /** The id inside the body, made on this phone. */
  uuid: string
  person_id: number
  path: QueuedPath
  body: unknown
  /** What it is, for the list of what waits. */
  title: string
  made_at: string
  refused: Told | null
}

const NAME = 'x.queue'
const everybodys = ref<Waiting[]>([])
void ready.then(() => {
  const before = recallSealed<Waiting[]>(NAME) ?? []
  everybodys.value = [...before, ...everybodys.value.filter((one) => !before.some((other) => other.uuid === one.uuid))]
})
export const sending = ref(false)

/** What waits for the person who is signed in. */
export const waiting = computed(() => everybodys.value.filter((one) => one.person_id === personId.value))

/** Sends now if there is signal, and otherwise keeps it: the answer, or `null` while it waits. */
export async function sendOrKeep<P extends QueuedPath>(
  path: P,
  body: { client_uuid: string },
  title: string,
): Promise<AnswerOf<P, 'post'> | null> {
  const one: Waiting = {
    uuid: body.client_uuid,
    person_id: personId.value ?? 0,
    path,
    body,
    title,
    made_at: new Date().toISOString(),
    refused: null,
  }
  // Written down before it is sent: a phone that dies in between loses nothing.
  store([...everybodys.value.filter((other) => other.uuid !== one.uuid), one])
  await written()
  try {
    const answer = await post(path, body, one.uuid)
    drop(one.uuid)
    return answer
  } catch (error) {
    if (mayPass(error)) return null
    drop(one.uuid)
    throw error
  }
}

/** Sends what waits, in the order it was written. */
export async function sendWaiting(): Promise<void> {
  await ready
  if (sending.value) return
  sending.value = true
  try {
    // A link's session takes only its own thing; the rest waits for whoever signs in.
    const fits = (one: Waiting) => !one.refused && (!byLink.value || one.path === '/contacts')
    for (const one of waiting.value.filter(fits)) {
      if (!(await sent(one))) break
    }
  } finally {
    sending.value = false
  }
}

/** Tries a refused one again. */
export function again(uuid: string): Promise<void> {
  store(everybodys.value.map((one) => (one.uuid === uuid ? { ...one, refused: null } : one)))
  return sendWaiting()
}

export function drop(uuid: string): void {
  store(everybodys.value.filter((one) => one.uuid !== uuid))
}

/** Whoever signs out leaves nothing behind. */
export function dropAll(): void {
  store(everybodys.value.filter((one) => one.person_id !== personId.value))
}

/** Looks whenever signal may have come back. */
export function watchSignal(): void {
  uni.onNetworkStatusChange((status) => {
    if (status.isConnected) void sendWaiting()
  })
  setInterval(() => {
    if (waiting.value.length) void sendWaiting()
  }, 30_000)
}

/** The body was made for its path; the queue keeps both as they were. */
function post<P extends QueuedPath>(path: P, body: unknown, idempotencyKey: string): Promise<AnswerOf<P, 'post'>> {
  return call('post', path, { body, idempotencyKey } as never)
}

/** Whether to go on with the next one. */
async function sent(one: Waiting): Promise<boolean> {
  try {
    await post(one.path, one.body, one.uuid)
    drop(one.uuid)
    return true
  } catch (error) {
    if (mayPass(error)) return false
    store(everybodys.value.map((other) => (other.uuid === one.uuid ? { ...other, refused: told(error) } : other)))
    return true
  }
}

function store(next: Waiting[]): void {
  everybodys.value = next
  if (next.length) keepSealed(NAME, next)
  else forgetSealed(NAME)
}
