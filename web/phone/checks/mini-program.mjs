// The mini-program's package as WeChat would read it: every template, style, script and JSON parses, every component is
// there, every page named exists, nothing is fetched from elsewhere, and the package is small enough.
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse as parseScript } from 'acorn'
import { TmplGroup } from 'glass-easel-template-compiler'
import postcss from 'postcss'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'build', 'mp-weixin')
const BYTES_AT_MOST = 2 * 1024 * 1024
/** `console.warn` texts of the framework name its manual; nothing is fetched from there. */
const NAMED_ONLY = /https?:\/\/(?:127\.0\.0\.1|localhost|vuejs\.org|v3\.vuejs\.org|uniapp\.dcloud\.(?:io|net\.cn)|github\.com|www\.w3\.org)/
const SERIOUS = 3

const faults = []
const entries = await readdir(ROOT, { recursive: true, withFileTypes: true })
const files = entries.filter((one) => one.isFile()).map((one) => relative(ROOT, join(one.parentPath, one.name)).replaceAll('\\', '/'))
const have = new Set(files)
let bytes = 0

const templates = new TmplGroup()
for (const file of files) {
  const content = await readFile(join(ROOT, file))
  bytes += content.length
  const text = content.toString('utf8')
  try {
    if (file.endsWith('.wxml')) template(file, text)
    else if (file.endsWith('.wxss')) postcss.parse(text, { from: file })
    else if (file.endsWith('.js')) script(file, text)
    else if (file.endsWith('.json')) described(file, JSON.parse(text))
  } catch (error) {
    faults.push(`${file}: ${error.message}`)
  }
}
for (const file of files.filter((one) => one.endsWith('.wxml'))) {
  for (const wanted of templates.getDirectDependencies(file.replace(/\.wxml$/, ''))) {
    if (!have.has(`${wanted}.wxml`)) faults.push(`${file}: includes ${wanted}, which is not there`)
  }
}
if (bytes > BYTES_AT_MOST) faults.push(`the package has ${bytes} bytes; ${BYTES_AT_MOST} are allowed`)

for (const fault of faults) console.error(fault)
const count = (end) => files.filter((file) => file.endsWith(end)).length
console.log(`mini-program: ${count('.wxml')} templates, ${count('.wxss')} styles, ${count('.js')} scripts, ${bytes} bytes, ${faults.length} faults`)
process.exitCode = faults.length ? 1 : 0

function template(file, text) {
  const found = templates.addTmpl(file.replace(/\.wxml$/, ''), text)
  for (const one of found ?? []) if ((one.level ?? SERIOUS) >= SERIOUS) faults.push(`${file}: ${one.message ?? JSON.stringify(one)}`)
  for (const tag of text.matchAll(/<[a-z][\w-]*\s[^>]*>/g)) {
    const names = [...tag[0].replace(/"[^"]*"/g, '""').matchAll(/\s([\w:-]+)=/g)].map((one) => one[1])
    const twice = names.find((name, at) => names.indexOf(name) !== at)
    if (twice) faults.push(`${file}: ${twice} stands twice on one element`)
  }
}

function script(file, text) {
  parseScript(text, { ecmaVersion: 2018, sourceType: 'script' })
  for (const [address] of text.matchAll(/https?:\/\/[\w.-]+/g)) {
    if (!NAMED_ONLY.test(address)) faults.push(`${file}: names ${address}`)
  }
}

function described(file, json) {
  for (const page of json.pages ?? []) {
    if (!['.js', '.json', '.wxml'].every((end) => have.has(page + end))) faults.push(`${file}: page ${page} is incomplete`)
  }
  for (const [name, path] of Object.entries(json.usingComponents ?? {})) {
    const target = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(file), path)
    if (!have.has(`${target}.json`)) faults.push(`${file}: component ${name} is not at ${target}`)
  }
}
