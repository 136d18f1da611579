/** What somebody is typing, kept at every keystroke, so that no lost session, call or empty battery takes it. */

import { reactive, toRaw, watch } from 'vue'
import { forget, keep, recall } from './keep'
import { personId } from './session'

export interface Draft<T> {
  value: T
  /** Whether it was begun before. */
  found: boolean
  /** It was sent: nothing stays. */
  done: () => void
}

export function useDraft<T extends object>(name: string, fresh: () => T): Draft<T> {
  const key = `draft.${personId.value}.${name}`
  const before = recall<T>(key)
  const value = reactive({ ...fresh(), ...before }) as T
  let over = false
  watch(
    () => JSON.stringify(value),
    () => {
      if (!over) keep(key, toRaw(value))
    },
  )
  return {
    value,
    found: before !== null,
    done: () => {
      over = true
      forget(key)
    },
  }
}
