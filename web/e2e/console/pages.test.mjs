// Every page of the console, as whoever uses it, looked at once at each size.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { seriousFaults } from '../support/browser.mjs'
import { startServer } from '../support/server.mjs'
import { pages } from './pages.mjs'
import { prepare } from './scene.mjs'
import { DESK, NARROW, ZOOMED, desk, enter, isTooWide, visit } from './steps.mjs'

const seen = { wrong: [], barred: [], wideZoomed: [], wideNarrow: [], foreign: [], errors: [] }

before(async () => {
  const server = await startServer()
  try {
    const made = await prepare(server)
    const browser = await desk(server)
    const { page } = browser
    let login
    for (const [name, as, path] of pages(made)) {
      if (as && as !== login) await enter(browser, server, (login = as))
      await visit(browser, server, path)
      if ((await page.locator('h1').count()) !== 1) seen.wrong.push(`${name}: not one title`)
      if (await page.locator('.state-bad').count()) seen.wrong.push(`${name}: ${await page.locator('.state-bad').first().innerText()}`)
      for (const fault of await seriousFaults(page)) seen.barred.push(`${name}: ${fault}`)
      for (const [size, list] of [[ZOOMED, seen.wideZoomed], [NARROW, seen.wideNarrow]]) {
        await page.setViewportSize(size.viewport)
        if (await isTooWide(page)) list.push(name)
      }
      await page.setViewportSize(DESK.viewport)
    }
    seen.foreign = browser.foreign
    seen.errors = browser.errors
    await browser.close()
  } finally {
    await server.stop()
  }
})

test('every page shows its content', () => assert.deepEqual(seen.wrong, []))
test('axe finds nothing serious on any page', () => assert.deepEqual(seen.barred, []))
test('no request leaves the own origin', () => assert.deepEqual(seen.foreign, []))
test('the browser has nothing to complain about', () => assert.deepEqual(seen.errors, []))
test('no page has to be scrolled sideways at 200 % zoom', () => assert.deepEqual(seen.wideZoomed, []))
test('no page has to be scrolled sideways on a narrow window', () => assert.deepEqual(seen.wideNarrow, []))
