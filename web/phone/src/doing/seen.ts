/** Lists that can be read without signal: the last answer is kept for the person who read it. */

import { isNoSignal } from './faults'
import { keepSealed, ready, recallSealed } from './sealed'
import { personId } from './session'

export interface Seen<T> {
  data: T
  /** When it was read, if it is an old copy. */
  old: string | null
}

export async function orSeen<T>(name: string, read: () => Promise<T>): Promise<Seen<T>> {
  const key = `seen.${personId.value}.${name}`
  try {
    const data = await read()
    keepSealed(key, { data, at: new Date().toISOString() })
    return { data, old: null }
  } catch (error) {
    if (isNoSignal(error)) await ready
    const before = isNoSignal(error) ? recallSealed<{ data: T; at: string }>(key) : null
    if (!before) throw error
    return { data: before.data, old: before.at }
  }
}
