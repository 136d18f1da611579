// Every page of the phone: nothing that keeps somebody out, nothing fetched from elsewhere, nothing wider than a small
// screen or than twice the size; a report without signing in; a lost session that loses nothing.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, seriousFaults } from '../support/browser.mjs'
import { caller, startServer } from '../support/server.mjs'
import { STRANGER, everybody } from './pages.mjs'
import { at, button, giveNumberAndCode, signIn, type } from './steps.mjs'
import { DIRECTOR, agreementToSign, carer, family, obligationOf, volunteer } from './world.mjs'

/** 360 px, and 360 px at 200 %. */
const WIDTHS = [360, 180]
let server, home, agreement, person, obligation, cares

before(async () => {
  server = await startServer()
  home = await family(server)
  agreement = await agreementToSign(home)
  person = await volunteer(server, home)
  obligation = await obligationOf(home)
  cares = await carer(home)
})
after(() => server?.stop())

async function lookAt(number, pages) {
  const browser = await openBrowser(server.address)
  const { page } = browser
  try {
    if (number) await signIn(page, server.address, number)
    for (const path of pages) {
      await page.goto(at(server.address, path))
      await page.reload()
      await page.waitForLoadState('networkidle')
      await page.getByText('正在打开…').waitFor({ state: 'detached' })
      assert.deepEqual(await seriousFaults(page), [], path)
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 740 })
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
        assert(beyond <= 0, `${path} is ${beyond} px too wide at ${width} px`)
      }
      await page.setViewportSize({ width: WIDTHS[0], height: 740 })
    }
    assert.deepEqual(browser.foreign, [])
    assert.deepEqual(browser.errors, [])
  } finally {
    await browser.close()
  }
}

test('the pages before signing in', () => lookAt(null, STRANGER))

for (const who of ['father', 'carer', 'volunteer', 'director']) {
  test(`the pages of a ${who}`, () => {
    const { number, pages } = everybody({ home, agreement, person, obligation, cares })[who]
    return lookAt(number, pages)
  })
}

test('a neighbour reports danger without signing in, in less than a minute, and learns what became of it', async () => {
  const browser = await openBrowser(server.address)
  const { page } = browser
  try {
    const began = Date.now()
    await page.goto(at(server.address, 'home/home'))
    await page.getByRole('button', { name: /^有情况/ }).tap()
    await page.getByRole('checkbox', { name: /身上有伤/ }).tap()
    await page.getByRole('radio', { name: '不是马上' }).tap()
    await type(page, '在哪个村（写村名或镇名）', '石板')
    await page.getByRole('radio', { name: /石板村/ }).tap()
    await type(page, '出了什么事', '孩子手臂上有多处新伤，不肯说怎么来的')
    await button(page, '发出').tap()
    await page.getByText('已经送到').waitFor()
    assert(Date.now() - began < 60_000)
    const number = (await page.getByText(/^\d{6}-\d{8}-\w$/).textContent()).trim()
    const progress = await caller(server.address)('GET', `/public/reports/${number}`)
    assert.equal(progress.state, 'received')
    await page.goto(at(server.address, 'danger/reports'))
    await type(page, '回执号', number)
    await button(page, '查').tap()
    await page.getByText('以前会有人接手').waitFor()
  } finally {
    await browser.close()
  }
})

test('a session that ends while somebody writes loses nothing', async () => {
  const browser = await openBrowser(server.address)
  const { page } = browser
  try {
    await signIn(page, server.address, DIRECTOR.phone)
    await page.goto(at(server.address, `village/assess?child=${home.child}`))
    await page.getByRole('radio', { name: /赵桂兰/ }).tap()
    await page.getByRole('radiogroup', { name: '本人是否自愿照护这个孩子？' }).getByRole('radio', { name: '是' }).tap()
    await type(page, '理由（不适合、需要帮助、年纪大等要写）', '邻居都说她待孩子好')
    // It lies on the phone, and nobody reads it there.
    const kept = async () => Object.entries(await page.evaluate(() => ({ ...localStorage }))).filter(([name]) => /^(draft|seen)\.|^x\.queue/.test(name))
    await page.waitForFunction(() => Object.keys(localStorage).some((name) => name.startsWith('draft.')))
    for (const [name, value] of await kept()) assert.match(value, /^s1\.[\w+/=]+\.[\w+/=]+$/, name)
    // Signed out from another device: neither token helps any more.
    await page.evaluate(() => {
      const kept = JSON.parse(localStorage.getItem('x.session'))
      localStorage.setItem('x.session', JSON.stringify({ ...kept, access: 'over', refresh: 'over' }))
    })
    await page.reload()
    await button(page, '去登录').tap()
    await giveNumberAndCode(page, server.address, DIRECTOR.phone)
    await page.getByText('接着上次没写完的').waitFor()
    assert.equal(await page.getByLabel('理由（不适合、需要帮助、年纪大等要写）').inputValue(), '邻居都说她待孩子好')
    const willing = page.getByRole('radiogroup', { name: '本人是否自愿照护这个孩子？' }).getByRole('radio', { name: '是' })
    assert.equal(await willing.getAttribute('aria-checked'), 'true')

    // Signing out on purpose leaves nothing, and no key that could have opened it.
    await page.goto(at(server.address, 'mine/mine'))
    await button(page, '退出登录').tap()
    await page.getByText('退出', { exact: true }).last().tap()
    await button(page, '登录').waitFor()
    await page.waitForFunction(() => !Object.keys(localStorage).some((name) => /^(draft|seen)\.|^x\.queue/.test(name)))
    const keys = await page.evaluate(
      () => new Promise((resolve) => (indexedDB.open('xiangban').onsuccess = ({ target }) => (target.result.transaction('keys').objectStore('keys').getAllKeys().onsuccess = (event) => resolve(event.target.result)))),
    )
    assert.deepEqual(keys, [])
  } finally {
    await browser.close()
  }
})
