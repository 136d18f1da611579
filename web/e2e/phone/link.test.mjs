// A father gets the SMS, opens its link in the browser of his phone, types one code, and signs. Nothing is shown before
// the code; afterwards the link says that it is done.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, seriousFaults } from '../support/browser.mjs'
import { phones, startServer } from '../support/server.mjs'
import { button, type, write } from './steps.mjs'
import { agreementToSign, family } from './world.mjs'

/** Reminders go out every five minutes by the clock. */
const REMINDED_WITHIN_MS = 330_000
let server, browser, home, agreement

before(async () => {
  server = await startServer()
  home = await family(server)
  agreement = await agreementToSign(home)
  browser = await openBrowser(server.address)
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

test('from the SMS to the signature in one browser, with one code', { timeout: REMINDED_WITHIN_MS + 120_000 }, async () => {
  const { page } = browser
  const post = phones(server.address)
  const { text } = await post.waitFor(home.father.phone, /协议在等您签字.*\/l\//, REMINDED_WITHIN_MS)
  const address = text.match(/http\S+\/l\/\w+/)[0]
  const before = await post.newest(home.father.phone)

  await page.goto(address)
  await page.getByRole('heading', { name: '签委托照护协议' }).waitFor()
  assert.deepEqual(await seriousFaults(page), [])
  const shown = await page.locator('body').innerText()
  for (const word of [home.record.name ?? '王小雨', home.father.name, home.grandmother.name]) assert(!shown.includes(word), word)
  await page.getByRole('button', { name: /发验证码/ }).tap()
  const code = (await post.waitFor(home.father.phone, /签协议的验证码\d{6}/, 15_000, before)).text.match(/\d{6}/)[0]
  await type(page, '验证码（6位数字）', code === '000000' ? '000001' : '000000')
  await button(page, '打开').tap()
  await page.getByText('验证码不对').waitFor()
  await type(page, '验证码（6位数字）', code)
  await button(page, '打开').tap()

  await button(page, '看协议并签字').tap()
  await page.getByRole('radio', { name: '我自己看完了' }).tap()
  // The code that was typed serves for the signature: straight to the pad.
  await button(page, '同意，去签字').tap()
  await write(page)
  await button(page, '签好了').tap()
  await page.getByText('这一页可以关掉了').waitFor()
  assert.deepEqual(await seriousFaults(page), [])
  const view = await home.director('GET', `/agreements/${agreement.id}`)
  assert(view.parties.find((party) => party.role === 'parent').signed_at)
  assert.deepEqual((await home.director('GET', `/agreements/${agreement.id}/evidence/verification`)).findings ?? [], [])

  // The session was for this one thing.
  await page.goto(`${server.address}/m/#/pages/mine/mine`)
  await page.getByText('这一页您看不到').waitFor()
  // And the link is done.
  await page.goto(address)
  await page.getByText('这件事已经办好了').waitFor()
  await page.goto(`${address.slice(0, -1)}${address.endsWith('a') ? 'b' : 'a'}`)
  await page.getByText('这个链接不对').waitFor()
  assert.deepEqual(browser.foreign, [])
  assert.deepEqual(browser.errors, [])
})
