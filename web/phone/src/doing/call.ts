/** Calls to the server: own origin in a browser, the configured server in the mini-program. */

import { client, type Transport } from '@shared/call'
import { session } from './session'

let server = import.meta.env.VITE_SERVER ?? 'http://127.0.0.1:8080'
// #ifdef H5
server = ''
// #endif
const PATIENCE_MS = 20_000

const transport: Transport = ({ method, url, headers, body }) =>
  new Promise((resolve, reject) => {
    uni.request({
      url: server + url,
      method: method.toUpperCase() as 'GET',
      data: body as string | undefined,
      header: headers,
      timeout: PATIENCE_MS,
      success: ({ statusCode, data }) => (statusCode ? resolve({ status: statusCode, json: parsed(data) }) : reject(new Error())),
      fail: () => reject(new Error()),
    })
  })

export const { call } = client(transport, session)

/** The framework parses JSON only under the exact content type, and a problem comes under another. */
function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return data
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
