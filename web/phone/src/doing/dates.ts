/** Days and times as people here say them. */

import { day, dayOf, daysBetween, moment, shortDay } from '@shared/dates'

const DAY_MS = 86_400_000

/** Today in China, as `2026-11-24`. */
export function today(): string {
  return dayOf(new Date())
}

export function daysBefore(count: number): string {
  return dayOf(new Date(Date.now() - count * DAY_MS))
}

/** `11月24日`, with the year when it is another. */
export function dayWords(value: string): string {
  return value.slice(0, 4) === today().slice(0, 4) ? shortDay(value) : day(value)
}

/** `今天`, `昨天`, `3天前`, or the date. */
export function agoWords(value: string): string {
  const on = value.length > 10 ? dayOf(value) : value
  const days = daysBetween(on, today())
  if (days === 0) return '今天'
  if (days === 1) return '昨天'
  if (days > 1 && days < 8) return `${days}天前`
  return dayWords(on)
}

/** `今天 15:04`. */
export function timeWords(instant: string): string {
  return `${agoWords(instant)} ${moment(instant).slice(-5)}`
}

/** How a due day stands: `还有3天`, `今天`, `过了2天`. */
export function dueWords(daysOverdue: number): string {
  if (daysOverdue > 0) return `过了${daysOverdue}天`
  return daysOverdue === 0 ? '今天' : `还有${-daysOverdue}天`
}
