// A father who has not called is reminded on his old phone, answers 1, and finds his page in order.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { openBrowser, seriousFaults } from '../support/browser.mjs'
import { phones, startServer } from '../support/server.mjs'
import { at, signIn } from './steps.mjs'
import { day, family } from './world.mjs'

/** Reminders go out every five minutes by the clock. */
const REMINDED_WITHIN_MS = 330_000
let server, browser, home

before(async () => {
  server = await startServer()
  home = await family(server)
  const { items } = await home.director('GET', `/contact-obligations?child_id=${home.child}`)
  await home.director('POST', '/contacts', {
    client_uuid: randomUUID(),
    obligation_id: items[0].id,
    kind: 'call',
    with_child: true,
    with_carer: true,
    happened_on: day(-9),
  })
  browser = await openBrowser(server.address)
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

test('a missed call is answered with 1 from the sandbox phone and closed on the parent’s page', { timeout: REMINDED_WITHIN_MS + 120_000 }, async () => {
  const { page } = browser
  await signIn(page, server.address, home.father.phone)
  await page.getByText('过了2天').waitFor()
  assert.deepEqual(await seriousFaults(page), [])

  const post = phones(server.address)
  await post.waitFor(home.father.phone, /回复1/, REMINDED_WITHIN_MS)
  await post.answer(home.father.phone, '1')
  await post.waitFor(home.father.phone, /记下|记好|已登记|谢谢/, 30_000)

  await page.goto(at(server.address, 'home/home'))
  await page.reload()
  await page.getByText('还有7天').waitFor()
  await page.goto(at(server.address, `family/child?id=${home.child}`))
  await page.getByText('今天 · 电话').waitFor()
  assert.deepEqual(browser.foreign, [])
  assert.deepEqual(browser.errors, [])
})
