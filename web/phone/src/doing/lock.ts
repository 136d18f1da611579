/** While a signer holds the host's phone, nothing of the host's can be opened. */

import { ref } from 'vue'
import { forget, keep, recall } from './keep'

export interface Lock {
  agreement: number
  party: number
  turn: number
  /** Four digits that only the host knows; they bring the host's pages back. */
  pin: string
  signed: boolean
}

export const lock = ref<Lock | null>(recall<Lock>('x.lock'))

export function lockFor(next: Lock): void {
  lock.value = next
  keep('x.lock', next)
}

export function unlock(): void {
  lock.value = null
  forget('x.lock')
}

/** The signer's page, with nothing behind it to go back to. */
export function toSigner(held: Lock): void {
  // A second call while the first is under way fails, and the first one does.
  uni.reLaunch({ url: `/pages/agreement/host?id=${held.agreement}`, fail: () => undefined })
}
