// A picture of every page of the phone, as it comes and in the elder edition, into shots/phone/.
import { mkdir } from 'node:fs/promises'
import { openBrowser } from '../support/browser.mjs'
import { startServer } from '../support/server.mjs'
import { STRANGER, everybody } from './pages.mjs'
import { at, signIn } from './steps.mjs'
import { agreementToSign, carer, family, obligationOf, volunteer } from './world.mjs'

const FOLDER = new URL('../shots/phone/', import.meta.url)
await mkdir(FOLDER, { recursive: true })
const server = await startServer()
try {
  const home = await family(server)
  const agreement = await agreementToSign(home)
  const person = await volunteer(server, home)
  const obligation = await obligationOf(home)
  const cares = await carer(home)
  const all = { stranger: { number: null, pages: STRANGER }, ...everybody({ home, agreement, person, obligation, cares }) }
  for (const [who, { number, pages }] of Object.entries(all)) {
    const browser = await openBrowser(server.address)
    const { page } = browser
    if (number) await signIn(page, server.address, number)
    for (const elder of [false, true]) {
      await page.goto(at(server.address, 'home/home'))
      await page.evaluate((on) => localStorage.setItem('x.look', JSON.stringify({ elder: on, size: on ? 1.4 : 1 })), elder)
      for (const path of pages) {
        await page.goto(at(server.address, path))
        await page.reload()
        await page.waitForLoadState('networkidle')
        const name = `${who}-${path.replace(/\?.*/, '').replace('/', '-')}${elder ? '-elder' : ''}.png`
        await page.screenshot({ path: new URL(name, FOLDER).pathname, fullPage: true })
      }
    }
    await browser.close()
  }
} finally {
  await server.stop()
}
