// Every page of the console, as whoever uses it: it shows its content, axe finds nothing serious, nothing leaves the
// origin, and at 200 % zoom and on a narrow window nothing has to be scrolled sideways.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { seriousFaults } from '../support/browser.mjs'
import { startServer } from '../support/server.mjs'
import { pages } from './pages.mjs'
import { prepare } from './scene.mjs'
import { DESK, NARROW, ZOOMED, desk, enter, isTooWide, visit } from './steps.mjs'

let server
let made
before(async () => {
  server = await startServer()
  made = await prepare(server)
})
after(() => server?.stop())

async function walk(size, look) {
  const browser = await desk(server, size)
  let login
  const found = []
  for (const [name, as, path] of pages(made)) {
    if (as && as !== login) await enter(browser, server, (login = as))
    await visit(browser, server, path)
    for (const fault of await look(browser.page, name)) found.push(`${name}: ${fault}`)
  }
  const { foreign, errors } = browser
  await browser.close()
  return { found, foreign, errors }
}

test('every page shows its content and axe finds nothing serious', async () => {
  const { found, foreign, errors } = await walk(DESK, async (page) => {
    const faults = await seriousFaults(page)
    if ((await page.locator('h1').count()) !== 1) faults.push('not one title')
    if (await page.locator('.state-bad').count()) faults.push(await page.locator('.state-bad').first().innerText())
    return faults
  })
  assert.deepEqual(found, [])
  assert.deepEqual(foreign, [], 'requests that left the origin')
  assert.deepEqual(errors, [], 'complaints of the browser')
})

for (const [what, size] of [['at 200 % zoom', ZOOMED], ['on a narrow window', NARROW]]) {
  test(`no page has to be scrolled sideways ${what}`, async () => {
    const { found } = await walk(size, async (page) => ((await isTooWide(page)) ? ['too wide'] : []))
    assert.deepEqual(found, [])
  })
}
