/** The states of a page that reads something: loading, ready, nothing there, or a fault in words. */

import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { told, type Told } from './faults'

export type PageState = 'loading' | 'ready' | 'nothing' | 'fault'

export interface Loading<T> {
  data: ShallowRef<T | null>
  state: Ref<PageState>
  fault: Ref<Told | null>
  load: () => Promise<void>
}

export function useLoading<T>(work: () => Promise<T>, isNothing: (data: T) => boolean = () => false): Loading<T> {
  const data = shallowRef<T | null>(null)
  const state = ref<PageState>('loading')
  const fault = ref<Told | null>(null)
  async function load(): Promise<void> {
    if (data.value === null) state.value = 'loading'
    try {
      const found = await work()
      data.value = found
      fault.value = null
      state.value = isNothing(found) ? 'nothing' : 'ready'
    } catch (error) {
      fault.value = told(error)
      state.value = 'fault'
    }
  }
  return { data, state, fault, load }
}

export interface Doing {
  busy: Ref<boolean>
  fault: Ref<Told | null>
  run: <T>(work: () => Promise<T>) => Promise<T | undefined>
}

/** One thing at a time, with what went wrong in words. */
export function useDoing(): Doing {
  const busy = ref(false)
  const fault = ref<Told | null>(null)
  async function run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    fault.value = null
    try {
      return await work()
    } catch (error) {
      fault.value = told(error)
      return undefined
    } finally {
      busy.value = false
    }
  }
  return { busy, fault, run }
}
