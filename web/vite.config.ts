import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const api = process.env.CONCERTMASTER_URL ?? 'http://127.0.0.1:8000'
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

export default defineConfig({
  plugins: [react()],
  base: '/',
  resolve: { alias: { '~': path('./src') } },
  build: {
    outDir: path('../src/concertmaster/static'),
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } },
    },
  },
  server: {
    host: '127.0.0.1',
    // The server checks Host and Origin, so both are rewritten to its own address.
    proxy: {
      '/api': {
        target: api,
        changeOrigin: true,
        ws: true,
        headers: { origin: api },
      },
    },
  },
})
