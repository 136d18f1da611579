// What comes of a message: a father opens the link in his SMS and signs with one code; another answers `1` to a call that
// he missed, and finds his page in order.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, seriousFaults } from '../support/browser.mjs'
import { caller, phones, startServer } from '../support/server.mjs'
import { at, button, signIn, type, write } from './steps.mjs'
import { agreementToSign, day, family } from './world.mjs'

/** Reminders go out every five minutes by the clock. */
const REMINDED_WITHIN_MS = 330_000
const PATIENCE = { timeout: REMINDED_WITHIN_MS + 120_000 }
let server, post, home, agreement

before(async () => {
  server = await startServer()
  post = phones(server.address)
  home = await family(server)
  agreement = await agreementToSign(home)
})
after(() => server?.stop())

/** A parent of the demo county who has not called in time and was asked by SMS; with what the SMS says to answer. */
async function whoMissed() {
  const director = caller(server.address, server.token('village'))
  const { items } = await director('GET', '/contact-obligations?limit=100')
  for (const one of items.filter((each) => each.days_overdue > 0)) {
    const people = await director('GET', `/children/${one.child_id}/people-to-call`)
    const parent = people.find((each) => each.role === 'parent' && each.name === one.parent_name)
    const asked = parent && (await post.texts(parent.phone)).filter((text) => text.direction === 'in').sort((a, b) => b.id - a.id)
    const answer = asked?.map((text) => text.text.match(/(?:打过了|通话)回(1(?:#\d{4})?)/)?.[1]).find(Boolean)
    if (answer) return { ...one, phone: parent.phone, answer, director }
  }
  throw new Error('nobody of the village has missed a call and was asked')
}

test('a missed call: asked on the phone, answered with 1, closed on the parent’s page', async () => {
  const missed = await whoMissed()
  const browser = await openBrowser(server.address)
  const { page } = browser
  try {
    await signIn(page, server.address, missed.phone)
    await page.getByText('孩子在等您的电话').first().waitFor()
    assert.deepEqual(await seriousFaults(page), [])
    const before = await post.newest(missed.phone)
    await post.answer(missed.phone, missed.answer)
    await post.waitFor(missed.phone, /记下/, 30_000, before)

    await page.reload()
    await page.getByText('我打过电话了').first().waitFor()
    assert.equal(await page.getByText('孩子在等您的电话').count(), 0)
    await page.getByText('还有7天').or(page.getByText('还有6天')).first().waitFor()
    const { items } = await missed.director('GET', `/contacts?child_id=${missed.child_id}`)
    assert.deepEqual([items[0].obligation_id, items[0].recorded_as, items[0].happened_on], [missed.id, 'parent', day(0)])
    const { items: left } = await missed.director('GET', `/todo?kind=contact_child&child_id=${missed.child_id}&overdue=true`)
    assert.deepEqual(left.filter((duty) => duty.subject_id === missed.id), [])
    assert.deepEqual(browser.foreign, [])
    assert.deepEqual(browser.errors, [])
  } finally {
    await browser.close()
  }
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
