// Dates and amounts as people here read them: Asia/Shanghai, which has no summer time, whatever the device says.
const HOURS_EAST = 8

const two = (number: number): string => String(number).padStart(2, '0')

/** The instant moved so that its UTC fields are Shanghai's. */
function shanghai(instant: string | number | Date): Date {
  return new Date(new Date(instant).getTime() + HOURS_EAST * 3_600_000)
}

/** `2026-11-24` of an instant. */
export function dayOf(instant: string | number | Date): string {
  const at = shanghai(instant)
  return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`
}

/** `2026年11月24日` of a date or an instant. */
export function day(value: string | null | undefined): string {
  if (!value) return ''
  const [year, month, date] = (value.length > 10 ? dayOf(value) : value).split('-').map(Number)
  return `${year}年${month}月${date}日`
}

/** `11月24日` of a date or an instant. */
export function shortDay(value: string | null | undefined): string {
  return day(value).replace(/^\d+年/, '')
}

/** `2026年11月24日 09:05` of an instant. */
export function moment(instant: string | null | undefined): string {
  if (!instant) return ''
  const at = shanghai(instant)
  return `${day(dayOf(instant))} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}

/** Whole days from one day to another. */
export function daysBetween(from: string, until: string): number {
  return Math.round((Date.parse(until) - Date.parse(from)) / 86_400_000)
}

/** `1,234.50 元` of an amount in fen. */
export function yuan(fen: number | null | undefined): string {
  if (fen == null) return ''
  const [whole, rest] = (fen / 100).toFixed(2).split('.')
  return `${whole!.replace(/\B(?=(\d{3})+$)/g, ',')}.${rest} 元`
}
