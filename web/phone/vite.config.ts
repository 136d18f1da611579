import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import uniPlugin from '@dcloudio/vite-plugin-uni'
import { defineConfig, type Plugin } from 'vite'

// The package is CommonJS whose default export arrives wrapped or not, depending on who loads the configuration.
const uni = ((uniPlugin as unknown as { default?: typeof uniPlugin }).default ?? uniPlugin) as typeof uniPlugin

/** No visitor's address goes to another origin: pictures that the framework's styles fetch elsewhere are blanked. */
function ownOriginOnly(): Plugin {
  const elsewhere = /url\((['"]?)https?:\/\/[^)]*\)/g
  return {
    name: 'own-origin-only',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type === 'asset' && part.fileName.endsWith('.css')) {
          part.source = String(part.source).replace(elsewhere, 'url("data:,")')
        }
      }
    },
  }
}

/** The browser keeps the pages, so that a volunteer without signal can open them: the worker is told every file. */
function pagesWithoutSignal(): Plugin {
  return {
    name: 'pages-without-signal',
    enforce: 'post',
    generateBundle(_, bundle) {
      const built = Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name))
      const pictures = readdirSync(resolve(__dirname, 'src/static')).map((name) => `static/${name}`)
      const files = ['./', ...built.sort(), ...pictures.sort()]
      const version = createHash('sha256').update(files.join('\n')).digest('hex').slice(0, 12)
      const worker = readFileSync(resolve(__dirname, 'src/without-signal.js'), 'utf8')
      this.emitFile({
        type: 'asset',
        fileName: 'without-signal.js',
        source: worker.replace('__VERSION__', version).replace('__FILES__', JSON.stringify(files)),
      })
    },
  }
}

/** In the mini-program the root of a page is `page`. */
function rootOfMiniProgram(): Plugin {
  return {
    name: 'root-of-mini-program',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type === 'asset' && part.fileName.endsWith('.wxss')) part.source = String(part.source).replace(/:root/g, 'page')
      }
    },
  }
}

export default defineConfig({
  plugins: [uni(), ownOriginOnly(), rootOfMiniProgram(), ...(process.env.UNI_PLATFORM === 'h5' ? [pagesWithoutSignal()] : [])],
  resolve: { alias: { '@shared': resolve(__dirname, '../shared') } },
  build: { target: 'es2017', reportCompressedSize: false },
})
