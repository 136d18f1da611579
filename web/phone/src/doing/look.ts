/** How big everything is: the elder edition, and what the phone itself is set to. */

import { computed, ref } from 'vue'
import { keep, recall } from './keep'

export const SIZES = [1, 1.2, 1.4, 1.7] as const
const ELDER = 1.4

interface Wanted {
  elder: boolean
  size: number
}

const wanted = ref<Wanted>(recall<Wanted>('x.look') ?? { elder: false, size: 1 })

export const elder = computed(() => wanted.value.elder)
export const size = computed(() => Math.max(wanted.value.size, wanted.value.elder ? ELDER : 1, systemScale()))

export function setElder(on: boolean): void {
  change({ elder: on, size: on ? ELDER : 1 })
}

export function setSize(next: number): void {
  change({ elder: next >= ELDER, size: next })
}

function change(next: Wanted): void {
  wanted.value = next
  keep('x.look', next)
}

function systemScale(): number {
  // #ifdef MP-WEIXIN
  return Math.min(wx.getAppBaseInfo().fontSizeScaleFactor ?? 1, 1.7)
  // #endif
  // #ifndef MP-WEIXIN
  return 1
  // #endif
}
