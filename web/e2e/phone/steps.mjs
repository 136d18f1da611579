// What people do on the phone's pages.
import assert from 'node:assert/strict'
import { phones } from '../support/server.mjs'

export const at = (address, page) => `${address}/m/#/pages/${page}`
export const button = (page, name) => page.getByRole('button', { name, exact: true })

/** Types into the field with this label. */
export async function type(page, label, text) {
  await page.getByLabel(label, { exact: true }).fill(text)
}

/** Signs in with the code that arrives on the sandbox's phone. */
export async function signIn(page, address, number) {
  await page.goto(at(address, 'sign-in/sign-in'))
  await giveNumberAndCode(page, address, number)
  await page.getByText('，您好').waitFor()
}

/** Fills in the page for signing in. */
export async function giveNumberAndCode(page, address, number) {
  const post = phones(address)
  const before = await post.newest(number)
  await type(page, '手机号', number)
  await button(page, '给我的手机发验证码').tap()
  const { text } = await post.waitFor(number, /\d{6}/, 15_000, before)
  await type(page, '验证码（6位数字）', text.match(/\d{6}/)[0])
  await button(page, '登录').tap()
}

/** Writes on the pad with a finger, two strokes. */
export async function write(page) {
  const canvas = page.locator('canvas').first()
  await canvas.waitFor()
  // The pad takes a moment to learn its size.
  await page.waitForTimeout(400)
  const box = await canvas.boundingBox()
  assert(box)
  const session = await page.context().newCDPSession(page)
  for (const [from, drop] of [[0.2, 0.3], [0.5, 0.5]]) {
    const points = Array.from({ length: 12 }, (_, step) => ({
      x: box.x + box.width * (from + step * 0.025),
      y: box.y + box.height * (0.3 + (drop * step) / 12),
    }))
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [points[0]] })
    for (const point of points.slice(1)) {
      await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [point] })
      await page.waitForTimeout(25)
    }
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  }
}
