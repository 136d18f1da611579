// The stories of a desk, told through the screens.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { caller, startServer } from '../support/server.mjs'
import { prepare } from './scene.mjs'
import { desk, enter, visit } from './steps.mjs'

const PASSWORD = 'xiangban-demo-2026'
let server
let made
before(async () => {
  server = await startServer()
  made = await prepare(server)
})
after(() => server?.stop())

async function at(login, story) {
  const browser = await desk(server)
  try {
    if (login) await enter(browser, server, login)
    await story(browser.page, browser)
    assert.deepEqual(browser.foreign, [])
    assert.deepEqual(browser.errors, [])
  } finally {
    await browser.close()
  }
}

test('a supervisor signs in with password and authenticator, and lands where they wanted to go', () =>
  at(undefined, async (page) => {
    await page.goto(`${server.address}/console/gaps`)
    await page.getByLabel('账号', { exact: true }).fill('township')
    await page.getByLabel('密码').fill('not the password')
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('密码').fill(PASSWORD)
    await page.getByLabel('动态口令').fill(server.totp('township'))
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.getByRole('heading', { name: '监护缺口' }).waitFor()
    assert.match(page.url(), /\/console\/gaps$/)
    await page.getByRole('button', { name: '退出' }).click()
    await page.getByLabel('账号', { exact: true }).waitFor()
  }))

test('a village director goes from the to-do list to a child and confirms the record', () =>
  at('village', async (page) => {
    await visit({ page }, server, '/console/todo')
    await page.getByRole('table', { name: '待办事项' }).locator('td a[href*="/children/"]').first().click()
    await page.getByRole('button', { name: '核对过，没有变化' }).click()
    await page.getByRole('button', { name: '确认没有变化' }).click()
    await page.getByText('已记下：今天核对过，没有变化').waitFor()
    await page.getByRole('link', { name: '变动历史' }).click()
    await page.getByText('确认无变化').first().waitFor()
  }))

test('a mother comes home: the label goes, and the record of yesterday still says why', () =>
  at('village', async (page) => {
    await visit({ page }, server, `/console/children/${made.gap}?tab=family`)
    await page.getByRole('button', { name: /回来了.*吴芳/ }).click()
    await page.getByRole('button', { name: '保存' }).click()
    await page.getByText('已登记', { exact: true }).waitFor()
    await page.getByRole('link', { name: '变动历史' }).click()
    await page.getByText('家庭情况变化').waitFor()
    await page.getByText('判定不再属于').waitFor()
  }))

test('numbers are shown for a purpose, and only then', () =>
  at('village', async (page) => {
    await visit({ page }, server, `/console/children/${made.covered}`)
    await page.getByRole('button', { name: '看完整号码' }).click()
    assert.equal(await page.getByText('15400100001').count(), 0)
    await page.getByLabel('因为什么工作需要看').fill('通知家长开会')
    await page.getByRole('button', { name: '查看', exact: true }).click()
    await page.getByText('15400100001').waitFor()
  }))

test('an agreement is drafted from the list of gaps; what was typed survives a reload', () =>
  at('village', async (page) => {
    await visit({ page }, server, `/console/agreements?new=${made.third}`)
    await page.getByRole('radio', { name: '家里名单以外的人' }).check()
    await page.getByLabel('姓名').fill('周大婶')
    await page.reload()
    await page.getByText('上次填到一半的内容已恢复').waitFor()
    assert.equal(await page.getByLabel('姓名').inputValue(), '周大婶')
    await page.getByLabel('性别').selectOption({ label: '女' })
    await page.getByLabel('出生日期').fill('1975-03-04')
    await page.getByLabel('关系类型').selectOption({ label: '朋友、邻居' })
    await page.getByRole('button', { name: '起草', exact: true }).click()
    await page.getByRole('heading', { name: /^委托照护协议 / }).waitFor()
    await page.getByRole('button', { name: '写明调查情况' }).waitFor()
  }))

test('the evidence of an agreement is checked on the screen', () =>
  at('village', async (page) => {
    await visit({ page }, server, `/console/agreements/${made.agreement}`)
    await page.getByRole('button', { name: '存证' }).click()
    await page.getByText(/核验通过/).waitFor()
    await page.getByRole('button', { name: '协议文本' }).click()
    await page.getByText('欧阳小雨').first().waitFor()
  }))

test('a session that ends over a half-filled form is signed in again, and the form is sent', () =>
  at('coordinator', async (page) => {
    await visit({ page }, server, '/console/volunteers')
    await page.getByRole('button', { name: '登记申请' }).click()
    await page.getByLabel('姓名').fill('吴热心')
    await page.getByLabel('性别').selectOption({ label: '男' })
    await page.getByLabel('出生日期').fill('1990-01-02')
    await page.getByLabel('手机').fill('15400100088')
    await page.getByLabel('住在').selectOption({ label: '石板村' })
    // The office computer was left over lunch; the session has gone meanwhile.
    await page.evaluate(() => localStorage.setItem('xiangban.tokens', JSON.stringify({ access: 'gone', refresh: 'gone' })))
    await page.getByRole('button', { name: '登记', exact: true }).click()
    const again = page.getByRole('dialog', { name: '登录已过期，请重新登录' })
    await again.getByLabel('账号', { exact: true }).fill('coordinator')
    await again.getByLabel('密码').fill(PASSWORD)
    await again.getByLabel('动态口令').fill(server.totp('coordinator'))
    await again.getByRole('button', { name: '登录', exact: true }).click()
    await page.getByText('已登记申请').waitFor()
    await page.getByLabel('状态').selectOption({ label: '已申请' })
    await page.getByRole('link', { name: '吴热心' }).waitFor()
  }))

test('a volunteer is found for a child with reasons, and the family agrees', () =>
  at('village', async (page) => {
    await visit({ page }, server, `/console/children/${made.third}?tab=check-ins`)
    await page.getByRole('button', { name: '找志愿者' }).click()
    await page.getByRole('radio', { name: /何志愿/ }).check()
    await page.getByText('就在同一个村').first().waitFor()
    await page.getByRole('button', { name: '提出结对' }).click()
    await page.getByText('待家人同意').waitFor()
    await visit({ page }, server, '/console/pairings')
    await page.getByRole('row', { name: /诸葛思思/ }).getByRole('button', { name: '家里同意' }).click()
    await page.getByRole('button', { name: '确定' }).click()
    await page.getByRole('row', { name: /诸葛思思/ }).getByText('结对中').waitFor()
  }))

test('the police accept a report; the reporter stays unknown until somebody says why', () =>
  at('police', async (page) => {
    await visit({ page }, server, `/console/reports/${made.report}`)
    await page.getByRole('button', { name: '受理', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: '受理' }).click()
    await page.getByText('已受理').first().waitFor()
    await page.getByRole('button', { name: '看报告人' }).click()
    await page.getByLabel('为什么要看').fill('需要核实孩子现在的位置')
    await page.getByRole('button', { name: '查看', exact: true }).click()
    await page.getByRole('heading', { name: '报告人', exact: true }).waitFor()
  }))

test('a supervisor sees coverage by village and goes from a tile to its ledger', () =>
  at('township', async (page) => {
    await visit({ page }, server, '/console/coverage')
    await page.getByRole('button', { name: '核对情况图' }).click()
    await page.locator('.chart canvas').waitFor()
    await page.getByRole('button', { name: '村图' }).click()
    await page.locator('.tiles').getByRole('link', { name: '石板村' }).click()
    await page.getByRole('heading', { name: '儿童台账' }).waitFor()
    await page.getByRole('link', { name: '欧阳小雨' }).waitFor()
  }))

test('the keyboard alone reaches the content, opens a dialog and leaves it', () =>
  at('village', async (page) => {
    await visit({ page }, server, `/console/children/${made.covered}`)
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement.textContent), '跳到正文')
    await page.getByRole('button', { name: '看完整号码' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    assert.ok(await page.evaluate(() => document.querySelector('dialog').contains(document.activeElement)))
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal(await page.evaluate(() => document.activeElement.textContent), '看完整号码')
  }))

test('without a network the page says so, and reads again when asked', () =>
  at('village', async (page, browser) => {
    await visit({ page }, server, '/console/ledger')
    await browser.context.setOffline(true)
    await page.getByLabel('只看 90 天没核对的').check()
    await page.getByText('连不上服务器').waitFor()
    await browser.context.setOffline(false)
    await page.getByRole('button', { name: '再试一次' }).click()
    await page.getByRole('table', { name: '儿童台账' }).or(page.getByText('没有符合条件的孩子')).waitFor()
    assert.equal(await page.getByText('连不上服务器').count(), 0)
  }))

test('a village hands its own sheet in: one row is put right, and the ledger has both children', () =>
  at('village', async (page) => {
    await visit({ page }, server, '/console/imports')
    const sheet = '姓名,性别,出生日期,父亲姓名,父亲电话\n令狐小满,女,2017.5.20,令狐冲山,15400100031\n令狐小雪,女,去年冬天,令狐冲山,15400100031\n'
    await page.getByLabel('表格文件').setInputFiles({ name: '石板村台账.csv', mimeType: 'text/csv', buffer: Buffer.from(sheet) })
    await page.getByRole('button', { name: '先看一遍，不写入' }).click()
    await page.getByText('还没有写入台账').waitFor()
    await page.getByRole('row', { name: /令狐小雪/ }).getByRole('button', { name: '改这一行' }).click()
    await page.getByLabel(/出生日期/).fill('2018.12.1')
    await page.getByRole('button', { name: '改好了，再试一次' }).click()
    await page.getByRole('row', { name: /令狐小雪/ }).getByText('新增').waitFor()
    await page.getByRole('button', { name: '写入台账' }).click()
    await page.getByRole('dialog').getByRole('button', { name: '写入', exact: true }).click()
    await page.getByText('已写入台账').waitFor()
    await page.getByRole('link', { name: '令狐小雪' }).click()
    await page.getByRole('heading', { name: '令狐小雪' }).waitFor()
  }))

test('a message that nothing could carry is looked into and settled', () =>
  at('township', async (page) => {
    await visit({ page }, server, '/console/messages')
    await page.getByLabel('状态').selectOption({ label: '发不出去' })
    await page.getByLabel('只看要人定的').check()
    const rows = page.getByRole('table', { name: '消息' }).getByRole('row')
    await rows.nth(1).getByRole('link').click()
    await page.waitForURL(/messages\/\d+/)
    const id = Number(page.url().match(/messages\/(\d+)/)[1])
    await page.getByRole('button', { name: '定下怎么处理' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('怎么处理').selectOption({ label: '已用别的办法告诉本人' })
    await dialog.getByLabel('说明').fill('上门告诉了本人')
    await dialog.getByRole('button', { name: '定下', exact: true }).click()
    await page.getByText('已记下怎么处理的').waitFor()
    await page.getByText('上门告诉了本人').waitFor()
    assert.equal(await page.getByRole('button', { name: '定下怎么处理' }).count(), 0)
    const settled = await caller(server.address, server.token('township'))('GET', `/messages/${id}`)
    assert.ok(settled.settled_at)
  }))

test('other words for a message are tried: what they cost, and what may not be said', () =>
  at('township', async (page) => {
    await visit({ page }, server, '/console/settings')
    await page.getByText('父母每隔几天要和孩子联系一次').waitFor()
    await page.getByRole('button', { name: '提醒阶梯' }).click()
    await page.getByLabel('哪一种事').selectOption('contact_child')
    await page.getByText('过期 3 天').waitFor()
    await page.getByRole('button', { name: '消息用语' }).click()
    await page.getByLabel('哪一条消息').selectOption('duty/contact_child/owed')
    await page.getByText('【相伴】王女士，这周该和孩子通个话了').waitFor()
    await page.getByText('1 条计费').waitFor()
    await page.getByLabel('说什么', { exact: true }).fill('{{ child }}想您了（{{ when }}）。')
    await page.getByText('【相伴】王女士，孩子想您了（今天到期）。').waitFor()
    await page.getByText('what = "{{ child }}想您了').waitFor()
    await page.getByLabel('说什么', { exact: true }).fill('低保户{{ child }}，请看 http://a.cn')
    await page.getByText('这样写不能发').waitFor()
    await page.getByText('短信里有别处的链接').waitFor()
    await page.getByLabel('说什么', { exact: true }).fill('{% raw %}')
    await page.getByText('只能写文字和').first().waitFor()
    await page.getByRole('button', { name: '改回现在用的' }).click()
    await page.getByText('【相伴】王女士，这周该和孩子通个话了').waitFor()
  }))
