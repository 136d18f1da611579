// Reading from the API, with the states every page shows: loading, failed, empty, ready.
import { ref, shallowRef, watch, type Ref, type ShallowRef, type WatchSource } from 'vue'
import { Problem } from '@shared/call'

export interface Load<T> {
  data: ShallowRef<T | undefined>
  problem: ShallowRef<Problem | undefined>
  busy: Ref<boolean>
  reload: () => Promise<void>
}

/** What went wrong, as something to show. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  console.error(error)
  return new Problem(-1, 'unexpected', '页面出了差错', '请刷新后再试；如果还不行，请告诉管理员。', [])
}

/** Loads now, and again whenever `when` changes. A slow answer never overwrites a later one. */
export function useLoad<T>(work: () => Promise<T>, when?: WatchSource<unknown>): Load<T> {
  const data = shallowRef<T>()
  const problem = shallowRef<Problem>()
  const busy = ref(true)
  let turn = 0
  async function reload() {
    const mine = ++turn
    busy.value = true
    problem.value = undefined
    try {
      const got = await work()
      if (mine === turn) data.value = got
    } catch (error) {
      if (mine === turn) problem.value = asProblem(error)
    } finally {
      if (mine === turn) busy.value = false
    }
  }
  if (when) watch(when, reload)
  void reload()
  return { data, problem, busy, reload }
}

export interface Listed<T> extends Load<T[]> {
  next: Ref<string | undefined>
  more: () => Promise<void>
}

/** A list with a cursor: the first page now, further pages on demand. */
export function useList<T>(
  page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor?: string | null }>,
  when?: WatchSource<unknown>,
): Listed<T> {
  const next = ref<string>()
  const load = useLoad(async () => {
    const got = await page(undefined)
    next.value = got.next_cursor ?? undefined
    return got.items
  }, when)
  async function more() {
    if (!next.value) return
    load.busy.value = true
    try {
      const got = await page(next.value)
      next.value = got.next_cursor ?? undefined
      load.data.value = [...(load.data.value ?? []), ...got.items]
    } catch (error) {
      load.problem.value = asProblem(error)
    } finally {
      load.busy.value = false
    }
  }
  return { ...load, next, more }
}

/** Every page of a list that is known to be short. */
export async function everything<T>(
  page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor?: string | null }>,
): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  do {
    const got = await page(cursor)
    all.push(...got.items)
    cursor = got.next_cursor ?? undefined
  } while (cursor && all.length < 2000)
  return all
}
