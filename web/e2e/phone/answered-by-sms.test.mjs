// A father is asked something on his old phone, answers 1, and finds his page in order.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, seriousFaults } from '../support/browser.mjs'
import { phones, startServer } from '../support/server.mjs'
import { at, signIn } from './steps.mjs'
import { family } from './world.mjs'

/** Reminders go out every five minutes by the clock. */
const REMINDED_WITHIN_MS = 330_000
let server, browser, home

before(async () => {
  server = await startServer()
  home = await family(server)
  browser = await openBrowser(server.address)
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

test('a reminder is answered with 1 from the sandbox phone and closed on the parent’s page', { timeout: REMINDED_WITHIN_MS + 120_000 }, async () => {
  const { page } = browser
  await signIn(page, server.address, home.father.phone)
  await page.getByText('核实手机号').waitFor()
  assert.deepEqual(await seriousFaults(page), [])

  const post = phones(server.address)
  await post.waitFor(home.father.phone, /确认这个手机号.*回1/, REMINDED_WITHIN_MS)
  await post.answer(home.father.phone, '1')
  await post.waitFor(home.father.phone, /记下/, 30_000)

  await page.goto(at(server.address, 'home/home'))
  await page.reload()
  await page.getByText('我打过电话了').waitFor()
  assert.equal(await page.getByText('核实手机号').count(), 0)
  assert.deepEqual(browser.foreign, [])
  assert.deepEqual(browser.errors, [])
})
