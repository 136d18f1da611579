// Names of villages and townships, learned once per sign-in.
import { computed, shallowRef } from 'vue'
import type { Schemas } from '@shared/call'
import { call } from '../session'

type Area = Schemas['Area']

const areas = shallowRef<Area[]>([])
let asked: Promise<void> | undefined

/** Learns the areas in reach; harmless to call often. */
export function learnAreas(): Promise<void> {
  asked ??= call('get', '/areas').then(
    (got) => void (areas.value = got),
    (problem) => {
      asked = undefined
      throw problem
    },
  )
  return asked
}

export const villages = computed(() => areas.value.filter((area) => area.level === 'village'))
export const townships = computed(() => areas.value.filter((area) => area.level === 'township'))
export const allAreas = computed(() => areas.value)

/** The name of an area; of one out of reach, its code. */
export function areaName(code: string | null | undefined): string {
  if (!code) return ''
  return areas.value.find((area) => area.code === code)?.name ?? code
}

/** A village with its township, where more than one township is in sight. */
export function areaPath(code: string | null | undefined): string {
  const area = areas.value.find((one) => one.code === code)
  if (!area) return code ?? ''
  const above = townships.value.length > 1 ? areas.value.find((one) => one.code === area.parent_code) : undefined
  return above?.level === 'township' ? `${above.name} ${area.name}` : area.name
}
