import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const dist = fileURLToPath(new URL('dist', import.meta.url))

export default defineConfig({
  base: '/console/',
  logLevel: 'warn',
  plugins: [vue()],
  resolve: { alias: { '@shared': fileURLToPath(new URL('../shared', import.meta.url)) } },
  build: { outDir: dist, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 700 },
  // `npm run dev` beside a server started with `make run`.
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
})
