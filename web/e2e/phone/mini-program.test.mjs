// The mini-program's own build, run on the open component engine: a father signs, a volunteer checks in without signal.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { openBrowser } from '../support/browser.mjs'
import { phones, startServer } from '../support/server.mjs'
import { write } from './steps.mjs'
import { agreementToSign, family, volunteer } from './world.mjs'

const BUILT = new URL('../../phone/dist/build/mp-weixin/app.json', import.meta.url)
let server, home, agreement, person, html

before(async () => {
  assert(existsSync(BUILT), 'build it first: npm run build:mp in web/phone')
  const { hostPage } = await import('../../phone/checks/host.mjs')
  html = await hostPage('/pages/home/home')
  server = await startServer()
  home = await family(server)
  agreement = await agreementToSign(home)
  person = await volunteer(server, home)
})
after(() => server?.stop())

test('a father signs the agreement with a finger in the mini-program', async () => {
  const { browser, page } = await openProgram()
  try {
    await signIn(page, home.father.phone)
    await open(page, `/pages/agreement/read?id=${agreement.id}`)
    await press(page, '看协议并签字')
    await page.locator('.choice-answer', { hasText: '我自己看完了' }).tap()
    await press(page, '同意，去签字')
    await press(page, '给我的手机发验证码')
    const { text } = await phones(server.address).waitFor(home.father.phone, /签.*\d{6}|\d{6}.*签/)
    await type(page, '验证码（6位数字）', text.match(/\d{6}/)[0])
    await press(page, '下一步：签字')
    await write(page)
    await press(page, '签好了')
    await page.locator('.say.good', { hasText: '签好了' }).waitFor()
    const view = await home.director('GET', `/agreements/${agreement.id}`)
    assert(view.parties.find((party) => party.role === 'parent').signed_at)
    assert.deepEqual(browser.errors, [])
  } finally {
    await browser.close()
  }
})

test('a volunteer’s check-in waits in the mini-program until there is signal', async () => {
  const { browser, page } = await openProgram()
  try {
    await signIn(page, person.phone)
    await page.getByText('我结对的孩子').waitFor()
    await open(page, `/pages/volunteer/check-in?child=${home.child}`)
    await page.getByText('怎么见的').waitFor()
    await page.evaluate(() => (window.noSignal = true))
    await page.locator('.faces').first().locator('.face').nth(3).tap()
    await press(page, '发出')
    await page.getByText('先存在手机里了').waitFor()
    assert.equal((await home.director('GET', `/check-ins?child_id=${home.child}`)).items.length, 0)
    const names = await page.evaluate(() => Object.keys(localStorage))
    assert(names.includes('encrypted:x.queue') && !names.some((name) => /^(draft|seen)\.|^x\.queue/.test(name)), names.join())
    await page.evaluate(() => {
      window.noSignal = false
      window.networkListener({ isConnected: true, networkType: '4g' })
    })
    await open(page, '/pages/volunteer/pending')
    await page.getByText('都发出去了').waitFor()
    const { items } = await home.director('GET', `/check-ins?child_id=${home.child}`)
    assert.deepEqual(items.map((one) => one.children[0].scales), [{ mood: 4 }])
    assert.deepEqual(browser.errors, [])
  } finally {
    await browser.close()
  }
})

async function openProgram() {
  const browser = await openBrowser(server.address)
  const { page } = browser
  await page.route(`${server.address}/mini-program`, (route) => route.fulfill({ contentType: 'text/html', body: html }))
  await page.goto(`${server.address}/mini-program`)
  return { browser, page }
}
async function signIn(page, number) {
  await press(page, '登录')
  await type(page, '手机号', number)
  await press(page, '给我的手机发验证码')
  const { text } = await phones(server.address).waitFor(number, /登录.*\d{6}|\d{6}.*登录/)
  await type(page, '验证码（6位数字）', text.match(/\d{6}/)[0])
  await press(page, '登录')
  await page.getByText('，您好').waitFor()
}
const open = (page, url) => page.evaluate((address) => window.openPage(address), url)
const press = (page, words) => page.locator('.press:visible', { hasText: new RegExp(`^\\s*${words}\\s*$`) }).tap()
const type = (page, label, text) => page.locator('.field:visible', { hasText: label }).locator('input, textarea').fill(text)
