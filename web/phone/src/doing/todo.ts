/** Where each kind of duty is done on the phone, and how it is asked in plain words. */

import type { Schemas } from '@shared/call'
import { word } from '@shared/words'
import { dueWords } from './dates'
import { go } from './go'

export type Todo = Schemas['TodoItem']

export interface Task {
  key: number
  title: string
  detail: string
  tag: string
  tagKind: 'late' | 'soon' | 'quiet'
  open: () => void
}

/** What one owes oneself comes first, then what others have left undone; each in the order of its days. */
export function ownFirst(items: Todo[]): Todo[] {
  return [...items.filter((item) => item.owed_by_me), ...items.filter((item) => !item.owed_by_me)]
}

/** A duty as a line to tap. */
export function task(item: Todo): Task {
  const about = item.child_name ?? item.owed_by_name
  const whose = about ? `${about}：` : ''
  return {
    key: item.id,
    title: `${whose}${word('DutyKind', item.kind)}`,
    detail: item.owed_by_me ? '' : `${item.owed_by_name ?? '别人'}没有办，请您过问`,
    tag: dueWords(item.days_overdue),
    tagKind: item.days_overdue > 0 ? 'late' : item.days_overdue > -3 ? 'soon' : 'quiet',
    open: () => open(item),
  }
}

function open(item: Todo): void {
  const child = item.child_id ?? 0
  switch (item.kind) {
    case 'contact_child':
      return item.owed_by_me ? go('family/call', { id: item.subject_id }) : go('village/visit', { child })
    case 'sign_agreement':
    case 'renew_agreement':
      return go('agreement/agreements', { child })
    case 'consent_or_host':
      return go('agreement/host', { id: item.subject_id })
    case 'pay_remuneration':
      return go('family/pay', { agreement: item.subject_id })
    case 'check_in':
      return item.owed_by_me ? go('volunteer/check-in', { child }) : go('village/visit', { child })
    case 'renew_record_check':
    case 'renew_training':
      return go('volunteer/standing')
    case 'verify_phone':
      return item.owed_by_me ? go('mine/phone') : go('village/duty', { id: item.id, kind: item.kind, subject: item.subject_id, child, who: item.owed_by_name ?? '' })
    case 'reconfirm_record':
      return go('village/child', { id: child })
    case 'review_missed_contact':
    case 'restore_contact':
      return go('village/visit', { child })
    default:
      return go('village/duty', { id: item.id, kind: item.kind, subject: item.subject_id, child })
  }
}
