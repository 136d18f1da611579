// Makes one page out of the built mini-program and the host that stands in for WeChat.
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { TmplGroup } from 'glass-easel-template-compiler'

const HERE = dirname(fileURLToPath(import.meta.url))
const ROOT = join(HERE, '..', 'dist', 'build', 'mp-weixin')

/** The page as HTML; `start` is the address of the first page. */
export async function hostPage(start) {
  const entries = await readdir(ROOT, { recursive: true, withFileTypes: true })
  const files = entries.filter((one) => one.isFile()).map((one) => relative(ROOT, join(one.parentPath, one.name)))
  const text = async (file) => readFile(join(ROOT, file), 'utf8')
  const ending = (end) => files.filter((file) => file.endsWith(end))
  const bare = (file) => file.replace(/\.\w+$/, '')

  const group = new TmplGroup()
  // The open engine knows `bind:tap` only; WeChat also takes `bindtap`, which the framework writes.
  for (const file of ending('.wxml')) group.addTmpl(bare(file), (await text(file)).replace(/\s(bind|catch)(?=[A-Za-z]+=)/g, ' $1:'))
  const configs = {}
  for (const file of ending('.json').filter((one) => !one.startsWith('project'))) configs[bare(file)] = JSON.parse(await text(file))
  const scripts = []
  for (const file of ending('.js')) {
    scripts.push(`${JSON.stringify(bare(file))}: function (require, module, exports) {\n${await text(file)}\n}`)
  }
  const styles = []
  for (const file of ending('.wxss')) styles.push((await text(file)).replace(/@import[^;]*;/g, '').replace(/(^|[\s,}])page(?=[\s,{])/g, '$1body'))
  const host = await build({ entryPoints: [join(HERE, 'host', 'host.js')], bundle: true, format: 'iife', write: false, logLevel: 'silent' })

  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>view, page, scroll-view { display: block } ${styles.join('\n')}</style></head><body>
<script>window.startAt = ${JSON.stringify(start)}; window.built = { app: ${JSON.stringify(configs.app)}, configs: ${JSON.stringify(configs)},
templates: ${group.getTmplGenObjectGroups()}, scripts: {${scripts.join(',\n').replaceAll('</script', '<\\/script')}} }</script>
<script>${host.outputFiles[0].text.replaceAll('</script', '<\\/script')}</script></body></html>`
}
