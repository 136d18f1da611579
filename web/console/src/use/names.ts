// Names of children for lists that carry only their ids; asked once each.
import { reactive } from 'vue'
import { call } from '../session'

const names = reactive(new Map<number, string>())
const asked = new Set<number>()

/** Learns the names of the given children; those out of reach stay without one. */
export async function learnChildren(ids: number[]): Promise<void> {
  const fresh = [...new Set(ids)].filter((id) => !asked.has(id))
  fresh.forEach((id) => asked.add(id))
  await Promise.all(
    fresh.map((id) => call('get', '/children/{id}', { path: { id } }).then((child) => names.set(id, child.name), () => undefined)),
  )
}

export const childName = (id: number): string => names.get(id) ?? '查看档案'
