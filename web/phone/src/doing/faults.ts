/** What can go wrong between this phone and the server, in words for a person. */

import { Problem } from '@shared/call'

export type FaultKind = 'no_signal' | 'session' | 'forbidden' | 'not_found' | 'refused' | 'ours'

/** A fault in words, as plain data. */
export interface Told {
  kind: FaultKind
  code: string
  title: string
  detail: string
  fields: Record<string, string>
  /** Everything that was found, for a list under the title. */
  findings: string[]
}

export function told(error: unknown): Told {
  if (!(error instanceof Problem)) return words('ours', '出了点问题', '请再试一次；还不行，请打电话给村（居）干部。')
  if (isNoSignal(error)) return words('no_signal', '现在没有信号', '请到信号好的地方再试。您写的内容都留着。')
  if (error.status === 401 && ['unauthorized', 'token_expired', 'session_revoked'].includes(error.code)) {
    return words('session', '需要重新登录', '您写的内容都留着，登录以后接着写。')
  }
  const fields: Record<string, string> = {}
  for (const { field, message } of error.fields) fields[field] = fields[field] ? `${fields[field]} ${message}` : message
  return {
    kind: kindOf(error.status),
    code: error.code,
    title: error.title,
    detail: error.detail,
    fields,
    findings: [...new Set(error.fields.map((fault) => fault.message))],
  }
}

export function isNoSignal(error: unknown): boolean {
  return error instanceof Problem && error.status === 0
}

/** Whether sending the same again later can succeed. */
export function mayPass(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 500 || [401, 408, 425, 429].includes(error.status))
}

function kindOf(status: number): FaultKind {
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  return status >= 500 ? 'ours' : 'refused'
}

function words(kind: FaultKind, title: string, detail: string): Told {
  return { kind, code: kind, title, detail, fields: {}, findings: [] }
}
