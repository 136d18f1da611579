// What every walk through the console does.
import { openBrowser } from '../support/browser.mjs'

export const DESK = { viewport: { width: 1366, height: 850 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' }
/** A desk at 200 % zoom: half as many pixels for the layout. */
export const ZOOMED = { ...DESK, viewport: { width: 683, height: 425 } }
export const NARROW = { ...DESK, viewport: { width: 360, height: 740 } }

/** A browser at a desk that nobody has used yet. */
export async function desk(server, size = DESK) {
  const browser = await openBrowser(server.address, size)
  browser.page.setDefaultTimeout(10_000)
  return browser
}

/** Puts an account's token where the console keeps it, so that a walk need not begin with signing in. */
export async function enter(browser, server, login) {
  await browser.page.goto(`${server.address}/console/sign-in`)
  const tokens = { access: server.token(login), refresh: 'none' }
  await browser.page.evaluate((kept) => localStorage.setItem('xiangban.tokens', JSON.stringify(kept)), tokens)
}

/** Opens a page and waits until it has read what it shows. */
export async function visit(browser, server, path) {
  await browser.page.goto(server.address + path)
  // The rehearsal plays two months and takes its time.
  await browser.page.waitForLoadState('networkidle', { timeout: 90_000 })
}

/** Whether the page must be scrolled sideways. */
export const isTooWide = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1)
