// What is typed survives a reload, a lost session and a closed dialog: kept in this tab until it is sent.
import { reactive, watch } from 'vue'
import { state } from '../session'

/** A form whose content is remembered under `name`; `forget` once it is sent. */
export function useDraft<T extends object>(name: string, fresh: () => T): { form: T; forget: () => void; fromBefore: boolean } {
  const place = `draft:${state.me?.person_id ?? 0}:${name}`
  let kept: Partial<T> | undefined
  try {
    kept = JSON.parse(sessionStorage.getItem(place) ?? 'null') ?? undefined
  } catch {
    kept = undefined
  }
  const form = reactive({ ...fresh(), ...kept }) as T
  let silent = false
  watch(
    form,
    () => {
      if (!silent) sessionStorage.setItem(place, JSON.stringify(form))
    },
    { deep: true, flush: 'sync' },
  )
  function forget() {
    silent = true
    Object.assign(form, fresh())
    silent = false
    sessionStorage.removeItem(place)
  }
  return { form, forget, fromBefore: kept !== undefined }
}
