/** Asks WeChat, when somebody has just done something, whether we may remind them next time. */

// #ifdef MP-WEIXIN
import { call } from './call'
import { uuid } from './uuid'
// #endif

/**
 * One acceptance allows one message, so every such moment asks; a no is a no and changes nothing. WeChat lets it be asked
 * only in the tap itself. Without a template (in a browser, or not yet approved by WeChat) nobody is asked. The server
 * hears of a yes from here as well as from WeChat, and counts it once; what does not arrive from here is not missed.
 */
export function askToRemind(): void {
  // #ifdef MP-WEIXIN
  const template = import.meta.env.VITE_WECHAT_REMINDER
  if (!template) return
  wx.requestSubscribeMessage({
    tmplIds: [template],
    success: (answer) => {
      if (answer[template] !== 'accept') return
      const told = { body: { template_ids: [template] }, idempotencyKey: uuid() }
      call('post', '/me/wechat-acceptances', told).catch(() => undefined)
    },
    fail: () => undefined,
  })
  // #endif
}
