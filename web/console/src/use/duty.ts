// Where a duty is dealt with, and how pressing it is.
import type { RouteLocationRaw } from 'vue-router'
import type { Schemas } from '@shared/call'

type Duty = Schemas['Duty']

/** The page on which a duty is met. */
export function placeOf(duty: Duty): RouteLocationRaw | undefined {
  switch (duty.kind) {
    case 'accept_report':
      return `/reports/${duty.subject_id}`
    case 'review_missed_contact':
      return '/missed'
    case 'restore_contact':
      return '/searches'
    case 'accept_transfer':
      return '/transfers'
    case 'acknowledge_notice':
      return '/notices'
    case 'renew_record_check':
    case 'renew_training':
      return `/volunteers/${duty.subject_id}`
  }
  if (duty.subject_kind === 'agreement') return `/agreements/${duty.subject_id}`
  return duty.child_id ? `/children/${duty.child_id}` : undefined
}

/** How late, in words: 已过 3 天、今天、还有 5 天. */
export function lateness(days: number): { text: string; tone: 'bad' | 'warn' | 'plain' } {
  if (days > 0) return { text: `已过 ${days} 天`, tone: 'bad' }
  if (days === 0) return { text: '今天到期', tone: 'warn' }
  return { text: `还有 ${-days} 天`, tone: 'plain' }
}
