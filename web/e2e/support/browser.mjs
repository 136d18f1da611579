// Debian's Chromium with a fresh profile, as a phone or as a desk.
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, locale: 'zh-CN' }

/** A browser window; `close` removes its profile. Every request that leaves `address` is noted in `foreign`. */
export async function openBrowser(address, options = PHONE) {
  const executablePath = PLACES.find((place) => place && existsSync(place))
  if (!executablePath) throw new Error('Chromium is missing: apt-get install chromium fonts-wqy-microhei')
  const profile = await mkdtemp(join(tmpdir(), 'xiangban-profile-'))
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: ['--no-sandbox'], ...options })
  const foreign = []
  const errors = []
  context.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(address) && !/^(data|blob|about):/.test(url)) foreign.push(url)
  })
  context.on('page', (page) => listen(page))
  for (const page of context.pages()) listen(page)
  function listen(page) {
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => message.type() === 'error' && /Content Security Policy/.test(message.text()) && errors.push(message.text()))
  }
  return {
    context,
    page: context.pages()[0] ?? (await context.newPage()),
    foreign,
    errors,
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds that would keep somebody out: its serious and critical faults. */
export async function seriousFaults(page) {
  // Through the debugger: the page's own policy lets no foreign script in.
  await page.evaluate(await axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`)
}
