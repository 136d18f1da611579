// What a phone has to load: the first page over the wire, and the whole mini-program.
import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { openBrowser } from '../support/browser.mjs'
import { startServer } from '../support/server.mjs'
import { at } from './steps.mjs'

const FIRST_PAGE_BYTES = 150_000
const PROGRAM_BYTES = 2 * 1024 * 1024
let server

before(async () => (server = await startServer()))
after(() => server?.stop())

for (const [name, page] of [['the first page', 'home/home'], ['the page of a link', 'link/link?t=over']]) {
  test(`${name} is at most 150 kB over the wire`, async (context) => {
    const browser = await openBrowser(server.address)
    try {
      const session = await browser.context.newCDPSession(browser.page)
      let bytes = 0
      let files = 0
      session.on('Network.loadingFinished', ({ encodedDataLength }) => {
        bytes += encodedDataLength
        files += 1
      })
      await session.send('Network.enable')
      await browser.page.goto(at(server.address, page))
      await browser.page.waitForLoadState('networkidle')
      context.diagnostic(`${bytes} bytes in ${files} files`)
      assert(files > 2 && bytes <= FIRST_PAGE_BYTES, `${bytes} bytes in ${files} files`)
    } finally {
      await browser.close()
    }
  })
}

test('the mini-program is under 2 MiB', async (context) => {
  const folder = new URL('../../phone/dist/build/mp-weixin/', import.meta.url)
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const sizes = await Promise.all(names.map(async (entry) => (await stat(`${entry.parentPath}/${entry.name}`)).size))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  context.diagnostic(`${bytes} bytes in ${sizes.length} files`)
  assert(bytes < PROGRAM_BYTES)
})
