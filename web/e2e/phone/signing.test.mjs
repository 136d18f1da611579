// Three parties sign on one phone: the father's code goes to his own, the grandmother hears the text, the village witnesses.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, seriousFaults } from '../support/browser.mjs'
import { phones, startServer } from '../support/server.mjs'
import { at, button, signIn, type, write } from './steps.mjs'
import { CADRE, DIRECTOR, agreementToSign, family } from './world.mjs'

const PIN = '2580'
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

test('father, grandmother and village sign one after the other on the cadre’s phone, and the agreement is in force', async () => {
  const { page } = browser
  await signIn(page, server.address, CADRE.phone)
  await page.goto(at(server.address, `agreement/host?id=${agreement.id}`))
  await type(page, '先定一个四位交接码', PIN)
  assert.deepEqual(await seriousFaults(page), [])

  await turn(page, home.father.name, async () => {
    await page.getByRole('radio', { name: '我自己看完了' }).tap()
    await button(page, '同意，去签字').tap()
    await button(page, `给${home.father.name}的手机发验证码`).tap()
    const { text } = await phones(server.address).waitFor(home.father.phone, /\d{6}/)
    await type(page, '验证码（6位数字）', text.match(/\d{6}/)[0])
    await button(page, '下一步：签字').tap()
  })
  await turn(page, home.grandmother.name, async () => {
    // She does not read: only "it was read to me" is offered, and no code is asked of somebody without a phone.
    assert.equal(await page.getByRole('radio', { name: '我自己看完了' }).count(), 0)
    await page.getByRole('radio', { name: '有人从头到尾念给我听了' }).tap()
    await button(page, '同意，去签字').tap()
  })
  await turn(page, DIRECTOR.name, async () => {
    await page.getByRole('radio', { name: '我自己看完了' }).tap()
    await button(page, '同意，去签字').tap()
    await page.getByRole('radio', { name: '手机不在身边，主持人证明是本人' }).tap()
    await type(page, '主持人：为什么能证明是本人', '同在村委会上班，当面认得')
    await button(page, '下一步：签字').tap()
  })

  await page.getByText('都签好了，协议生效了').waitFor()
  const view = await home.director('GET', `/agreements/${agreement.id}`)
  assert.equal(view.state, 'in_force')
  assert.equal(view.parties.filter((party) => party.signed_at).length, 3)
  const checked = await home.director('GET', `/agreements/${agreement.id}/evidence/verification`)
  assert.deepEqual(checked.findings ?? [], [])
  assert.deepEqual(browser.foreign, [])
  assert.deepEqual(browser.errors, [])
})

/** Hands the phone over, lets the signer act, takes it back. In between nothing of the host's opens. */
async function turn(page, name, act) {
  await button(page, `请${name}签字`).tap()
  await page.getByText('请把手机交给').waitFor()
  for (const path of ['home/home', 'mine/mine']) {
    await page.goto(at(server.address, path))
    await page.getByText('请把手机交给').waitFor()
  }
  await page.goto(at(server.address, 'village/todo'))
  await page.reload()
  await page.getByText('请把手机交给').waitFor()
  await button(page, `我是${name}，开始`).tap()
  await act()
  await write(page)
  await button(page, '签好了').tap()
  await page.getByText('请把手机还给村干部').waitFor()
  await type(page, '村干部：输入您的四位交接码', '0000')
  await button(page, '收回手机').tap()
  await page.getByText('不对，再试一次').waitFor()
  await type(page, '村干部：输入您的四位交接码', PIN)
  await button(page, '收回手机').tap()
  await page.getByText('该谁签').or(page.getByText('都签好了，协议生效了')).first().waitFor()
}
