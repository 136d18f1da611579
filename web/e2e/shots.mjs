// `make shots`: a picture of every page of the console at desk and phone size, into web/e2e/shots (not committed).
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { DESK, NARROW, desk, enter, visit } from './console/steps.mjs'
import { pages } from './console/pages.mjs'
import { prepare } from './console/scene.mjs'
import { startServer } from './support/server.mjs'

const only = process.argv[2]
const folder = fileURLToPath(new URL('shots', import.meta.url))
await mkdir(folder, { recursive: true })
const server = await startServer()
try {
  const made = await prepare(server)
  for (const [size, options] of [['desk', DESK], ['phone', NARROW]]) {
    const browser = await desk(server, options)
    let login
    for (const [name, as, path] of pages(made)) {
      if (only && !name.startsWith(only)) continue
      if (as && as !== login) await enter(browser, server, (login = as))
      await visit(browser, server, path)
      await browser.page.screenshot({ path: `${folder}/console-${name}-${size}.png`, fullPage: true })
    }
    await browser.close()
  }
} finally {
  await server.stop()
}
