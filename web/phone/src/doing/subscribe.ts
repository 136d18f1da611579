/** Asks WeChat, when somebody has just done something, whether we may remind them next time. */

/**
 * One acceptance allows one message, so every such moment asks; a no is a no and changes nothing. WeChat lets it be asked
 * only in the tap itself. Without a template (in a browser, or not yet approved by WeChat) nobody is asked.
 */
export function askToRemind(): void {
  // #ifdef MP-WEIXIN
  const template = import.meta.env.VITE_WECHAT_REMINDER
  if (!template) return
  wx.requestSubscribeMessage({ tmplIds: [template], success: () => undefined, fail: () => undefined })
  // #endif
}
