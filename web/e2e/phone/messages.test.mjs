// What comes of a message: a father opens the link in his SMS and signs with one code; another answers `1` to a call that
// he missed, and finds his page in order.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { openBrowser, seriousFaults } from '../support/browser.mjs'
import { phones, startServer } from '../support/server.mjs'
import { at, button, signIn, type, write } from './steps.mjs'
import { agreementToSign, day, family } from './world.mjs'

/** Reminders go out every five minutes by the clock. */
const REMINDED_WITHIN_MS = 330_000
/** By the hour of the day. */
const LATE = /^过了[23]天$/
const PATIENCE = { timeout: REMINDED_WITHIN_MS + 120_000 }
let server, post, home, agreement, silent, browser

before(async () => {
  server = await startServer()
  post = phones(server.address)
  home = await family(server)
  agreement = await agreementToSign(home)
  silent = await family(server, { child: '李小禾', father: '李长河' })
  browser = await openBrowser(server.address)
  await missACall(browser.page)
}, PATIENCE)
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** The number is his, so that nothing else is asked of him; the last call was ten days ago. */
async function missACall(page) {
  await signIn(page, server.address, silent.father.phone)
  const before = await post.newest(silent.father.phone)
  await page.goto(at(server.address, 'mine/phone'))
  await button(page, '给我的手机发验证码').tap()
  const { text } = await post.waitFor(silent.father.phone, /\d{6}/, 15_000, before)
  await type(page, '验证码（6位数字）', text.match(/\d{6}/)[0])
  await button(page, '核实').tap()
  await page.getByText('号码核实好了').waitFor()
  const { items } = await silent.director('GET', `/contact-obligations?child_id=${silent.child}`)
  silent.obligation = items[0].id
  const last = { client_uuid: randomUUID(), obligation_id: items[0].id, kind: 'call', with_child: true, with_carer: true, happened_on: day(-10) }
  await silent.director('POST', '/contacts', last)
}

test('a missed call: reminded on the phone, answered with 1, closed on the parent’s page', PATIENCE, async () => {
  const { page } = browser
  await page.goto(at(server.address, 'home/home'))
  await page.reload()
  await page.getByText(LATE).first().waitFor()
  await page.getByText('孩子在等您的电话').waitFor()
  assert.deepEqual(await seriousFaults(page), [])

  await post.waitFor(silent.father.phone, /该和孩子通个话了（已过[23]天）.*打过了回1/, REMINDED_WITHIN_MS)
  await post.answer(silent.father.phone, '1')
  await post.waitFor(silent.father.phone, /记下/, 30_000)

  await page.reload()
  await page.getByText('还有7天').or(page.getByText('还有6天')).first().waitFor()
  assert.equal(await page.getByText(LATE).count(), 0)
  assert.equal(await page.getByText('孩子在等您的电话').count(), 0)
  const { items } = await silent.director('GET', `/contacts?child_id=${silent.child}`)
  assert.deepEqual([items[0].recorded_as, items[0].via, items[0].happened_on], ['parent', 'sms', day(0)])
  assert.deepEqual(browser.foreign, [])
  assert.deepEqual(browser.errors, [])
})

test('from the link in the SMS to the signature, with one code', PATIENCE, async () => {
  const { text } = await post.waitFor(home.father.phone, /签字点http\S+\/l\/\w+/, REMINDED_WITHIN_MS)
  const address = text.match(/http\S+\/l\/\w+/)[0]
  const before = await post.newest(home.father.phone)
  // Another phone: nobody is signed in on it.
  const own = await openBrowser(server.address)
  const { page } = own
  try {
    await page.goto(address)
    await page.getByRole('heading', { name: '签委托照护协议' }).waitFor()
    assert.deepEqual(await seriousFaults(page), [])
    const shown = await page.locator('body').innerText()
    for (const word of ['王小雨', home.father.name, home.grandmother.name, '石板']) assert(!shown.includes(word), word)
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

    // The session was for this one thing; the link is done; one letter more or less is no link.
    await page.goto(at(server.address, 'mine/mine'))
    await page.getByText('这一页您看不到').waitFor()
    await page.goto(address)
    await page.getByText('这件事已经办好了').waitFor()
    await page.goto(`${address}A`)
    await page.getByText('这个链接不对').waitFor()
    assert.deepEqual(await seriousFaults(page), [])
    assert.deepEqual(own.foreign, [])
    assert.deepEqual(own.errors, [])
  } finally {
    await own.close()
  }
})
