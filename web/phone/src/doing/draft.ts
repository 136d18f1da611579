/** What somebody is typing, kept at every keystroke, so that no lost session, call or empty battery takes it. */

import { reactive, toRaw, watch } from 'vue'
import { forgetSealed, isReady, keepSealed, ready, recallSealed } from './sealed'
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
  const value = reactive({ ...fresh() }) as T
  let over = false
  const draft = reactive({
    value,
    found: false,
    done: () => {
      over = true
      forgetSealed(key)
    },
  }) as Draft<T>
  const goOn = () => {
    const before = recallSealed<T>(key)
    if (!before) return
    Object.assign(value, before)
    draft.found = true
  }
  if (isReady()) goOn()
  else void ready.then(goOn)
  watch(
    () => JSON.stringify(value),
    () => {
      if (!over) keepSealed(key, toRaw(value))
    },
  )
  return draft
}
