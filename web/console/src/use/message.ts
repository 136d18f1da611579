// What a message is about, and how its state is to be taken.
import type { Schemas } from '@shared/call'
import { word } from '@shared/words'

/** `duty/contact_child/owed` → 联系孩子; what has no words of its own is named by its group. */
export function about(template: string): string {
  const [group, name] = template.split('/')
  if (group === 'duty' && name) return word('DutyKind', name)
  return { reminders: '提醒', digest: '提醒汇总', notice: '通知', code: '验证码', safety: '安全事项', reply: '回执' }[group ?? ''] ?? template
}

/** How one attempt ended: as a message stands, or refused by its gateway. */
export function attemptWord(state: string): string {
  return state === 'refused' ? '被通道拒收' : word('State', state)
}

export function messageTone(message: Pick<Schemas['MessageSummary'], 'state' | 'settled_at'>): 'good' | 'warn' | 'bad' | 'info' | 'plain' {
  if (message.settled_at) return 'plain'
  switch (message.state) {
    case 'delivered':
      return 'good'
    case 'dead':
    case 'undelivered':
      return 'bad'
    case 'unknown':
      return 'warn'
    case 'queued':
    case 'sending':
    case 'accepted':
      return 'info'
    default:
      return 'plain'
  }
}
