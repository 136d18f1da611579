// A volunteer without signal: the page opens, the check-in waits in sight, goes out by itself, and is stored once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, seriousFaults } from '../support/browser.mjs'
import { startServer } from '../support/server.mjs'
import { at, button, signIn } from './steps.mjs'
import { family, volunteer } from './world.mjs'

let server, browser, home, person

before(async () => {
  server = await startServer()
  home = await family(server)
  person = await volunteer(server, home)
  browser = await openBrowser(server.address)
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

test('a check-in written without signal is kept, shown as waiting, and stored once when signal is back', async () => {
  const { page, context } = browser
  await signIn(page, server.address, person.phone)
  await page.getByText('我结对的孩子').waitFor()
  // The pages themselves must be on the phone before the signal goes.
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.reload()
  await page.getByText('我结对的孩子').waitFor()
  await page.goto(at(server.address, `volunteer/check-in?child=${home.child}`))
  await page.getByText('怎么见的').waitFor()

  await context.setOffline(true)
  await page.reload()
  await page.getByRole('radiogroup', { name: '情绪' }).getByRole('radio', { name: '还好' }).tap()
  await page.getByRole('radiogroup', { name: '身体' }).getByRole('radio', { name: '很好' }).tap()
  assert.deepEqual(await seriousFaults(page), [])
  // Half way, the battery dies: what was tapped is still there.
  await page.reload()
  await page.getByText('接着上次没写完的').waitFor()
  assert.equal(await page.getByRole('radiogroup', { name: '情绪' }).getByRole('radio', { name: '还好' }).getAttribute('aria-checked'), 'true')
  const began = Date.now()
  await button(page, '发出').tap()
  await page.getByText('先存在手机里了').waitFor()
  assert(Date.now() - began < 60_000)
  await page.getByText(/等待发送：1 条/).waitFor()
  assert.deepEqual((await checkIns()).length, 0)
  assert.match(await page.evaluate(() => localStorage.getItem('x.queue')), /^s1\./, 'what waits is sealed')

  // The first try reaches the server, but its answer is lost on the way: the phone must send it again.
  let lost = 0
  await page.route('**/api/v1/check-ins', async (route) => {
    if (lost > 0) return route.continue()
    lost += 1
    await route.fetch()
    await route.abort()
  })
  await context.setOffline(false)
  await page.goto(at(server.address, 'volunteer/pending'))
  const allSent = page.getByText('都发出去了')
  for (const until = Date.now() + 30_000; Date.now() < until && !(await allSent.isVisible()); await page.waitForTimeout(500)) {
    const again = button(page, '现在就发')
    if (await again.count()) await again.tap()
  }
  await allSent.waitFor()
  assert.equal(lost, 1)
  const stored = await checkIns()
  assert.equal(stored.length, 1)
  assert.deepEqual(stored[0].children[0].scales, { mood: 4, health: 5 })
  assert.deepEqual(browser.foreign, [])
  assert.deepEqual(browser.errors, [])
})

async function checkIns() {
  return (await home.director('GET', `/check-ins?child_id=${home.child}`)).items
}
